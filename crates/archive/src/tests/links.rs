//! Links into S3. Those of a folder are followed through the open house, by the integration tests.

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kernel::Secret;

use super::Kit;
use super::servers::{BUCKET, DOMAIN, Plain, options};
use crate::{Addressing, Archive, LINK_SECONDS_MAX, Name, S3Options};

#[tokio::test(flavor = "multi_thread")]
async fn a_link_gives_the_file_under_its_name() {
    for kit in [Kit::s3s().await, Kit::moto().await] {
        let name = kit.ending("reports/1.csv", 3600);
        kit.put(&name, b"a;b").await;
        let link = kit.archive.link(&name, "Отчёт (1).csv", 60).unwrap();
        let plain = Plain::new(&link.url);
        let answer = plain.ask(Method::GET, &link.url).await;
        assert_eq!(answer.status, StatusCode::OK, "{} {}", kit.kind, answer.said());
        assert_eq!(&answer.body[..], b"a;b");
        let said = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(
            said(header::CONTENT_TYPE),
            Some("text/csv; charset=utf-8"),
            "{}",
            kit.kind
        );
        let called = said(header::CONTENT_DISPOSITION).unwrap();
        assert!(
            called.contains("filename*=UTF-8''%D0%9E%D1%82"),
            "{} {called}",
            kit.kind
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_link_and_one_that_is_over_are_refused() {
    let kit = Kit::s3s().await;
    let (mine, other) = (kit.name("mine.txt"), kit.name("other.txt"));
    kit.put(&mine, b"x").await;
    kit.put(&other, b"x").await;
    let link = kit.archive.link(&mine, "mine.txt", 60).unwrap().url;
    let plain = Plain::new(&link);
    for forged in [
        link.replace("mine.txt?", "other.txt?"),
        link.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        forged_signature(&link),
        link.split('?').next().unwrap().to_owned(),
    ] {
        let answer = plain.ask(Method::GET, &forged).await;
        // A signature that is none at all cannot even be read.
        let refused = matches!(answer.status.as_u16(), 400 | 403);
        assert!(refused, "{forged} {}", answer.said());
    }
    let deleting = plain.ask(Method::DELETE, &link).await;
    assert_eq!(deleting.status, StatusCode::FORBIDDEN, "a link only reads");
    // An hour ago, a link for a minute.
    kit.clock.advance_seconds(-3600);
    let over = kit.archive.link(&mine, "mine.txt", 60).unwrap();
    let answer = plain.ask(Method::GET, &over.url).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.said());
}

fn forged_signature(link: &str) -> String {
    let last = if link.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &link[..link.len() - 1])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_with_its_file_and_within_a_week() {
    for kit in [Kit::folder(), Kit::s3s().await] {
        let now = kit.clock.now();
        let until = |name: &Name, seconds| Some(kit.archive.link(name, "x", seconds)?.until);
        assert_eq!(until(&kit.name("a.txt"), 60), Some(now.plus_seconds(60)));
        assert_eq!(
            until(&kit.name("a.txt"), i64::MAX),
            Some(now.plus_seconds(LINK_SECONDS_MAX))
        );
        assert_eq!(until(&kit.ending("a.txt", 30), 60), Some(now.plus_seconds(30)));
        assert_eq!(until(&kit.ending("a.txt", 0), 60), None, "{}", kit.kind);
    }
}

/// Asked as a browser would that knows where the name leads.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_can_stand_in_the_host() {
    let kit = Kit::s3s().await;
    let name = kit.name("hosted.txt");
    kit.put(&name, b"x").await;
    let base = kit.s3s.as_ref().unwrap().base.clone();
    let options = S3Options {
        endpoint: format!("http://{DOMAIN}"),
        addressing: Addressing::Host,
        ..options(&base, BUCKET)
    };
    let hosted = Archive::s3(options, kit.clock.clone()).unwrap();
    let link = hosted.link(&name, "hosted.txt", 60).unwrap().url;
    assert!(
        link.starts_with("http://townhall-files.s3.example/town/hall/kept/hosted.txt?"),
        "{link}"
    );
    for (host, expected) in [
        ("townhall-files.s3.example", StatusCode::OK),
        ("other.s3.example", StatusCode::FORBIDDEN),
    ] {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
        let answer = Plain::new(&base).ask_with(Method::GET, &link, headers).await;
        assert_eq!(answer.status, expected, "{host} {}", answer.said());
    }
}

#[test]
fn links_by_temporary_keys_bear_their_token() {
    let link = |token: &str| {
        let options = S3Options {
            session_token: Secret::new(token),
            ..options("https://s3.example", BUCKET)
        };
        let archive = Archive::s3(options, kernel::Clock::system()).unwrap();
        archive
            .link(&Name::kept("a.txt").unwrap(), "a.txt", 60)
            .unwrap()
            .url
    };
    assert!(
        link("a/token").contains("&X-Amz-Security-Token=a%2Ftoken&"),
        "{}",
        link("a/token")
    );
    assert!(!link("").contains("Token"), "{}", link(""));
}
