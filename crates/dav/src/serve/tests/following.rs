//! sync-collection: whoever follows the tokens hears of everything, once.

use super::*;
use crate::library::Rights;

impl House {
    async fn sync(&self, path: &str, token: &str, more: &str) -> Reply {
        let inside = format!("<D:sync-token>{token}</D:sync-token>{more}<D:prop><D:getetag/></D:prop>");
        self.report(&format!("{HOME}{path}"), "D:sync-collection", &inside)
            .await
    }
}

const ONE: &str = "<D:sync-level>1</D:sync-level>";

#[tokio::test]
async fn a_reader_hears_of_what_came_changed_and_went() {
    let house = House::lived_in().await;
    house.events(&[("a", 5), ("b", 6), ("c", 7)]).await;
    house.ask("DELETE", &format!("{HOME}home/c.ics"), &[], "").await;
    let first = house.sync("home/", "", ONE).await;
    assert_eq!(
        first.hrefs(),
        ["home/a.ics", "home/b.ics"],
        "what went before is not told"
    );
    let nothing = house.sync("home/", &first.token(), ONE).await;
    assert_eq!((nothing.hrefs().len(), nothing.token()), (0, first.token()));
    house.ask("DELETE", &format!("{HOME}home/a.ics"), &[], "").await;
    house.events(&[("d", 8)]).await;
    let next = house.sync("home/", &first.token(), ONE).await;
    assert_eq!(next.hrefs(), ["home/a.ics", "home/d.ics"]);
    assert_eq!(next.status_of("home/a.ics"), "HTTP/1.1 404 Not Found");
    assert_eq!(next.text("home/d.ics", "getetag"), "\"01010101-6\"");
    let ctag = house
        .propfind(&format!("{HOME}home/"), "0", "<D:sync-token/>")
        .await;
    assert_eq!(ctag.text("home/", "sync-token"), next.token());
}

#[tokio::test]
async fn a_limit_loses_nobody() {
    let house = House::lived_in().await;
    let days: Vec<(String, u8)> = (1..=9).map(|day| (format!("e{day}"), day)).collect();
    let days: Vec<(&str, u8)> = days.iter().map(|(name, day)| (name.as_str(), *day)).collect();
    house.events(&days).await;
    let (mut token, mut heard, mut rounds) = (String::new(), Vec::new(), 0);
    loop {
        let limit = format!("{ONE}<D:limit><D:nresults>4</D:nresults></D:limit>");
        let reply = house.sync("home/", &token, &limit).await;
        let mut hrefs = reply.hrefs();
        let more = hrefs.last().is_some_and(|last| last == "home/");
        if more {
            assert_eq!(reply.status_of("home/"), "HTTP/1.1 507 Insufficient Storage");
            let error = reply.response("home/").child(DAV, "error").unwrap().clone();
            assert_eq!(inside(&error), ["number-of-matches-within-limits"]);
            hrefs.pop();
        }
        assert!(hrefs.len() <= 4);
        heard.extend(hrefs);
        token = reply.token();
        rounds += 1;
        if !more {
            break;
        }
    }
    heard.sort();
    heard.dedup();
    assert_eq!((heard.len(), rounds), (9, 3));
}

#[tokio::test]
async fn a_first_reading_in_parts_needs_no_deletions_of_before_and_hears_of_those_since() {
    let house = House::lived_in().await;
    house.events(&[("a", 5), ("b", 6), ("c", 7), ("d", 8)]).await;
    house.ask("DELETE", &format!("{HOME}home/c.ics"), &[], "").await;
    house.shelf.forget("home", 5);
    let limit = format!("{ONE}<D:limit><D:nresults>2</D:nresults></D:limit>");
    let first = house.sync("home/", "", &limit).await;
    assert_eq!(first.hrefs(), ["home/a.ics", "home/b.ics", "home/"]);
    house.ask("DELETE", &format!("{HOME}home/a.ics"), &[], "").await;
    let second = house.sync("home/", &first.token(), &limit).await;
    assert_eq!(second.hrefs(), ["home/d.ics", "home/a.ics"]);
    assert_eq!(second.status_of("home/a.ics"), "HTTP/1.1 404 Not Found");
    let third = house.sync("home/", &second.token(), &limit).await;
    assert_eq!(third.hrefs().len(), 0);
}

#[tokio::test]
async fn a_token_of_something_else_or_of_long_ago_is_refused() {
    let house = House::lived_in().await;
    house.ask("MKCALENDAR", &format!("{HOME}work/"), &[], "").await;
    house.events(&[("a", 5), ("b", 6)]).await;
    let of_work = house.sync("work/", "", ONE).await.token();
    let of_home = house.sync("", "", ONE).await.token();
    let mine = house.sync("home/", "", ONE).await.token();
    let later = mine.replace(":2", ":3");
    for token in ["x", "http://elsewhere.example/1", &of_work, &of_home, &later] {
        let refused = house.sync("home/", token, ONE).await;
        assert_eq!(
            refused.condition(),
            (403, "valid-sync-token".to_owned()),
            "{token}"
        );
    }
    assert_eq!(house.sync("", &mine, ONE).await.condition().1, "valid-sync-token");
    house.shelf.forget("home", 3);
    assert_eq!(
        house.sync("home/", &mine, ONE).await.condition().1,
        "valid-sync-token"
    );
}

#[tokio::test]
async fn all_calendars_are_followed_with_one_token() {
    let house = House::lived_in().await;
    house.ask("MKCALENDAR", &format!("{HOME}work/"), &[], "").await;
    house.events(&[("a", 5), ("b", 6)]).await;
    let first = house.sync("", "", ONE).await;
    assert_eq!(first.hrefs(), ["home/", "work/"]);
    assert_eq!(house.sync("", &first.token(), ONE).await.hrefs().len(), 0);
    let deep = "<D:sync-level>infinite</D:sync-level>";
    let all = house.sync("", "", deep).await;
    assert_eq!(all.hrefs(), ["home/", "home/a.ics", "home/b.ics", "work/"]);
    house.events(&[("c", 7)]).await;
    house.ask("DELETE", &format!("{HOME}work/"), &[], "").await;
    let next = house.sync("", &all.token(), deep).await;
    assert_eq!(next.hrefs(), ["work/", "home/", "home/c.ics"]);
    assert_eq!(next.status_of("work/"), "HTTP/1.1 404 Not Found");
    let limited = format!("{deep}<D:limit><D:nresults>2</D:nresults></D:limit>");
    let (mut token, mut heard) = (String::new(), Vec::new());
    for _ in 0..5 {
        let reply = house.sync("", &token, &limited).await;
        heard.extend(reply.hrefs());
        token = reply.token();
    }
    for name in ["home/a.ics", "home/b.ics", "home/c.ics"] {
        assert!(heard.iter().any(|one| one == name), "{name} of {heard:?}");
    }
    assert_eq!(house.sync("", &token, deep).await.hrefs().len(), 0);
}

#[tokio::test]
async fn whoever_may_do_more_or_less_than_before_reads_everything_anew() {
    let house = House::lived_in().await;
    house.events(&[("a", 5)]).await;
    let path = format!("{HOME}home/a.ics");
    let reader = Rights {
        write: false,
        manage: false,
        ..Rights::ALL
    };
    let deep = "<D:sync-level>infinite</D:sync-level>";
    for (before, after) in [(reader, Rights::ALL), (Rights::ALL, reader)] {
        house.shelf.allow("home", before);
        let first = house.sync("home/", "", ONE).await;
        let tag = first.text("home/a.ics", "getetag");
        let all = house.sync("", "", deep).await;
        assert_eq!(house.sync("home/", &first.token(), ONE).await.hrefs().len(), 0);
        assert_eq!(house.sync("", &all.token(), deep).await.hrefs().len(), 0);
        let known = [("if-none-match", tag.as_str())];
        assert_eq!(house.ask("GET", &path, &known, "").await.status, 304);
        house.shelf.allow("home", after);
        let refused = house.sync("home/", &first.token(), ONE).await;
        assert_eq!(refused.condition().1, "valid-sync-token");
        let anew = house.sync("", &all.token(), deep).await;
        assert_eq!(anew.hrefs(), ["home/", "home/a.ics"]);
        assert_eq!(house.ask("GET", &path, &known, "").await.status, 200);
        if after.write {
            let seen = [("if-match", tag.as_str()), ("content-type", "text/calendar")];
            let text = event("a", "DTSTART:20260106T120000Z\r\n");
            assert_eq!(house.ask("PUT", &path, &seen, &text).await.status, 412);
        }
    }
}
