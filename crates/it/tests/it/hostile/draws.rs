//! Draws and reports under kill -9: two processes on two PostgreSQL servers, one of which is killed while it draws, and
//! whichever makes reports.
//!
//! A draw is seen by everybody with exactly as many people as it says, or by nobody: what was acknowledged is seen, and
//! what was cut off has nobody in. A report that somebody asked for is made by whoever is left, each line once.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::house::House;

use super::load::{Api, until};
use super::segments::{Town, create, people, town};

const PEOPLE: usize = 120;
/// Drawn of them.
const DRAWN: usize = 60;
/// When the process is killed, counted from the request: before it is read, while it is written down, and after.
const KILLED_AFTER_MILLIS: [u64; 4] = [2, 9, 25, 60];

/// Asked for under a name: whether it was drawn, or `None` when nobody knows.
async fn draw(api: &Api, key: &str, name: &str) -> Option<(StatusCode, Value)> {
    let request = api
        .request(Method::POST, &format!("/api/v1/segments/{key}/draws"))
        .header("idempotency-key", name)
        .json(&json!({"share": 50}));
    let answer = request.send().await.ok()?;
    let status = answer.status();
    Some((status, answer.json().await.ok()?))
}

/// Everybody who is in a segment, as one process says.
async fn members(api: &Api, key: &str) -> Option<BTreeSet<String>> {
    let request = api
        .request(Method::GET, &format!("/api/v1/segments/{key}/people"))
        .header("accept", "application/x-ndjson");
    let answer = request.send().await.ok()?;
    if answer.status() != StatusCode::OK {
        return None;
    }
    let text = answer.text().await.ok()?;
    Some(text.lines().map(str::to_owned).collect())
}

/// The state of each draw of a segment, and how many it drew.
async fn draws(api: &Api, key: &str) -> Option<Vec<(String, u64)>> {
    let path = format!("/api/v1/segments/{key}/draws");
    let (status, found, _) = api.call(Method::GET, &path, None, None).await?;
    assert_eq!(status, 200, "{found}");
    let items = found["items"].as_array()?.iter();
    let told = items.map(|draw| {
        let state = draw["state"].as_str().unwrap().to_owned();
        (state, draw["drawn"].as_u64().unwrap())
    });
    Some(told.collect())
}

/// The draw that was cut off, or not: the same for both processes, and never a part of it.
async fn is_whole(houses: [&Api; 2], key: &str, acknowledged: bool) -> bool {
    let seen = until("both processes say the same of a draw", async || {
        let [one, two] = houses;
        let known = (draws(one, key).await?, members(one, key).await?);
        let others = (draws(two, key).await?, members(two, key).await?);
        (known == others).then_some(known)
    })
    .await;
    let (told, members) = seen;
    match told.as_slice() {
        [(state, drawn)] if state == "visible" => {
            assert_eq!(*drawn, u64::try_from(DRAWN).unwrap());
            assert_eq!(members.len(), DRAWN, "{key}");
            true
        }
        [] => {
            assert!(!acknowledged && members.is_empty(), "{key}");
            false
        }
        [(state, _)] => {
            assert_eq!(state, "drawing");
            assert!(
                !acknowledged && members.is_empty(),
                "{key}: half of a draw is seen"
            );
            false
        }
        several => panic!("{key} was drawn more than once: {several:?}"),
    }
}

/// The answer to somebody who asks the other process under the same name: what was drawn, once, or that nobody knows yet.
async fn asked_again(api: &Api, key: &str, name: &str, was_seen: bool) -> bool {
    let (status, told) = until("somebody answers who knows", async || {
        let answer = draw(api, key, name).await?;
        (!answer.0.is_server_error()).then_some(answer)
    })
    .await;
    match status {
        StatusCode::CREATED => {
            assert_eq!(told["drawn"].as_u64(), u64::try_from(DRAWN).ok(), "{told}");
            true
        }
        StatusCode::CONFLICT => {
            assert!(!was_seen, "what is seen was drawn: {told}");
            false
        }
        status => panic!("{status} {told}"),
    }
}

async fn ask_report(api: &Api, key: &str) -> String {
    let month = kernel::Clock::system().now().to_string()[..7].to_owned();
    let wanted = json!({"month": month, "segment": key});
    let asked = until("somebody takes the request for a report", async || {
        let path = "/api/v1/segment-reports";
        let (status, told, _) = api.call(Method::POST, path, None, Some(&wanted)).await?;
        (status == 202).then_some(told)
    })
    .await;
    asked["id"].as_str().unwrap().to_owned()
}

/// The lines of a report, once it is made.
async fn report(api: &Api, id: &str) -> Vec<String> {
    let path = format!("/api/v1/segment-reports/{id}");
    let made = until("the report is made", async || {
        let (_, told, _) = api.call(Method::GET, &path, None, None).await?;
        assert_ne!(told["state"], "failed", "{told}");
        (told["state"] == "made").then_some(told)
    })
    .await;
    let link = made["link"].as_str().unwrap();
    // The link leads to the house, and each process of it has the file.
    let path = link.split_once("://").unwrap().1;
    let path = &path[path.find('/').unwrap()..];
    let answer = api.request(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{link}");
    let text = answer.text().await.unwrap();
    let lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
    assert_eq!(made["lines"].as_u64(), u64::try_from(lines.len()).ok());
    lines
}

/// One round: the segment is drawn by a process that dies after so long, and a report of another one is made meanwhile.
async fn killed_while_drawing(
    town: &Town,
    steady: &Api,
    doomed: (House, Api),
    key: &str,
    after: Duration,
    before: Option<&str>,
) -> ((House, Api), bool, Option<String>) {
    let (mut house, api) = doomed;
    let report = match before {
        Some(before) => Some(ask_report(&api, before).await),
        None => None,
    };
    let asked = {
        let (api, key) = (api.clone(), key.to_owned());
        tokio::spawn(async move { draw(&api, &key, &key).await })
    };
    tokio::time::sleep(after).await;
    house.kill();
    let acknowledged = matches!(asked.await.unwrap(), Some((StatusCode::CREATED, _)));
    let (house, api) = town.open();
    let was_seen = is_whole([steady, &api], key, acknowledged).await;
    let is_drawn = asked_again(steady, key, key, was_seen).await;
    assert_eq!(is_whole([steady, &api], key, is_drawn).await, is_drawn);
    ((house, api), is_drawn, report)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draw_is_seen_whole_or_not_at_all_and_a_report_is_made_whoever_is_killed() {
    let town = town().await;
    let (mut steady, api) = town.open();
    let mut doomed = town.open();
    for person in people(&api, PEOPLE).await {
        let path = format!("/api/v1/people/{person}/segments");
        until("the other process hears of everybody", async || {
            (doomed.1.get_status(&path).await == 200).then_some(())
        })
        .await;
    }
    let mut drawn: Option<String> = None;
    let mut reports = Vec::new();
    for (round, after) in KILLED_AFTER_MILLIS.into_iter().enumerate() {
        let key = format!("DRAWN_{round}");
        create(&api, &key).await;
        let after = Duration::from_millis(after);
        let done = killed_while_drawing(&town, &api, doomed, &key, after, drawn.as_deref()).await;
        let (again, is_drawn, report) = done;
        doomed = again;
        reports.extend(report);
        if is_drawn {
            drawn = Some(key);
        }
    }
    // One that nobody disturbs, so that there is something to report on.
    create(&api, "LAST").await;
    let (status, told) = draw(&doomed.1, "LAST", "LAST").await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{told}");
    reports.push(ask_report(&doomed.1, "LAST").await);
    doomed.0.kill();
    let (mut house, other) = town.open();
    assert!(is_whole([&api, &other], "LAST", true).await);
    for id in reports {
        let lines = report(&api, &id).await;
        let once: BTreeSet<&String> = lines.iter().collect();
        assert_eq!((lines.len(), once.len()), (DRAWN, DRAWN), "each joining once");
        assert!(lines.iter().all(|line| line.contains(";joined;")), "{lines:?}");
    }
    for house in [&mut steady, &mut house] {
        assert!(house.terminate().unwrap().success(), "it closes as it should");
    }
}
