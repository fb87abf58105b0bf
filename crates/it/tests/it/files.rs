//! Links to files, followed through the open house.

use std::net::TcpListener;
use std::path::Path;

use archive::Name;
use axum::body::Bytes;
use http::Method;

use crate::town::{Actor, Answer, Call, PATIENCE, Town};

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

/// A file of the alphabet, and the address of a link to it for a minute.
async fn alphabet(town: &Town, path: &str) -> String {
    let name = Name::until(path, town.clock.now().plus_seconds(600)).unwrap();
    let body = futures_util::stream::iter([Ok::<_, String>(Bytes::from_static(LETTERS.as_bytes()))]);
    town.archive().put(&name, body).await.unwrap();
    let link = town.archive().link(&name, "Отчёт.csv", 60).unwrap().url;
    link.strip_prefix(town.base()).unwrap().to_owned()
}

async fn get(town: &Town, address: &str, call: Call) -> Answer {
    town.page(Method::GET, address, &Actor::default(), call).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_gives_its_file_to_whoever_has_it() {
    let town = Town::open_for_real().await;
    let address = alphabet(&town, "reports/1.csv").await;
    let answer = get(&town, &address, Call::default()).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, LETTERS));
    for (name, value) in [
        ("content-type", "text/csv; charset=utf-8"),
        (
            "content-disposition",
            "attachment; filename=\"_____.csv\"; filename*=UTF-8''%D0%9E%D1%82%D1%87%D1%91%D1%82.csv",
        ),
        ("content-length", "26"),
        ("cache-control", "private, no-store"),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
    let head = town
        .page(Method::HEAD, &address, &Actor::default(), Call::default())
        .await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.headers["content-length"], "26");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_broke_off_goes_on_where_it_was() {
    let town = Town::open_for_real().await;
    let address = alphabet(&town, "reports/1.csv").await;
    for (asked, status, expected) in [
        ("bytes=20-", 206, "uvwxyz"),
        ("bytes=0-0", 206, "a"),
        ("bytes=24-99", 206, "yz"),
        ("bytes=26-", 200, LETTERS),
        ("bytes=9-3", 200, LETTERS),
        ("bytes=-3", 200, LETTERS),
        ("lines=1-2", 200, LETTERS),
    ] {
        let answer = get(&town, &address, Call::default().header("range", asked)).await;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (status, expected),
            "{asked}"
        );
        if status == 206 {
            let range = answer.headers["content-range"].to_str().unwrap();
            assert!(range.ends_with("/26"), "{range}");
            assert_eq!(answer.headers["content-length"], expected.len().to_string());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_link_leads_nowhere_and_one_that_is_over_says_so() {
    let town = Town::open_for_real().await;
    let address = alphabet(&town, "reports/1.csv").await;
    let browser = |language| {
        Call::default()
            .header("accept", "text/html")
            .header("accept-language", language)
    };
    for forged in [
        &address[..address.len() - 1],
        &format!("{address}A"),
        "/files/",
        "/files/%00",
        "/files/AAAA",
    ] {
        let answer = get(&town, forged, Call::default()).await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (404, &"not_found".into()),
            "{forged}"
        );
    }
    town.clock.advance_seconds(60);
    let answer = get(&town, &address, Call::default()).await;
    assert_eq!((answer.status, &answer.json()["code"]), (410, &"gone".into()));
    let words = answer.json()["detail"].to_string();
    assert!(words.contains("Ask for a new one"), "{words}");
    for (language, expected) in [("en", "This link is over"), ("ru", "Ссылка больше не действует")]
    {
        let page = get(&town, &address, browser(language)).await;
        let page = String::from_utf8_lossy(&page.body).into_owned();
        assert!(page.contains(expected), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_deleted_is_not_there_for_its_links() {
    let town = Town::open_for_real().await;
    let address = alphabet(&town, "reports/1.csv").await;
    let name = Name::until("reports/1.csv", town.clock.now().plus_seconds(600)).unwrap();
    town.archive().delete(&name).await.unwrap();
    let answer = get(&town, &address, Call::default()).await;
    assert_eq!(answer.status, 404, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_house_sweeps_what_has_ended() {
    let town = Town::open_for_real().await;
    alphabet(&town, "reports/1.csv").await;
    let ending = town.data().join("files/until");
    assert_eq!(std::fs::read_dir(&ending).unwrap().count(), 1);
    town.clock.advance_seconds(1200);
    let began = std::time::Instant::now();
    while std::fs::read_dir(&ending).unwrap().next().is_some() {
        assert!(began.elapsed() < PATIENCE, "the file is not swept");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// What `townhall check` prints, and its exit code.
fn check(folder: &Path) -> (String, Option<i32>) {
    let done = testkit::house::run(folder, &["check"]).unwrap();
    (String::from_utf8(done.stdout).unwrap(), done.status.code())
}

#[test]
fn check_tells_whether_files_can_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    std::fs::create_dir(&files).unwrap();
    let set = |text: String| std::fs::write(folder.path().join("townhall.toml"), text).unwrap();
    set(format!("[archive]\nfolder = {files:?}\n"));
    let (good, code) = check(folder.path());
    assert!(good.contains("can be written to and read from"), "{good}");
    assert_eq!(code, Some(0));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    set(format!(
        "[archive]\nkind = \"s3\"\nendpoint = \"http://{address}\"\nbucket = \"town-files\"\naccess_key = \"AKIA\"\n\
         secret_key = \"sesame sesame\"\n"
    ));
    let (bad, code) = check(folder.path());
    let expected =
        format!("BAD   archive: bucket town-files at http://{address}: the archive is out of reach");
    assert!(bad.contains(&expected), "{bad}");
    assert!(
        bad.contains("archive.endpoint") && !bad.contains("sesame"),
        "{bad}"
    );
    assert_eq!(code, Some(1));
}
