//! Files that come slowly: a limit of time holds between two pieces, not for the whole.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use testkit::house::{self, House};

const LIMIT_SECONDS: u32 = 3;
/// Often enough that a busy machine keeps the limit, and so many that the whole takes longer than two limits.
const EACH: Duration = Duration::from_millis(100);
const PIECES: usize = 70;

/// A body of so many rows, one after another, that ends or stays away.
fn rows(row: String, count: usize, ends: bool) -> reqwest::Body {
    let pieces = stream::unfold(0, move |at| {
        let row = Bytes::from(row.clone());
        async move {
            if at == count {
                if ends {
                    return None;
                }
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(EACH).await;
            Some((Ok::<_, std::io::Error>(Frame::data(row)), at + 1))
        }
    });
    reqwest::Body::wrap(StreamBody::new(pieces))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_come_for_longer_than_a_request_may_take_as_long_as_it_keeps_coming() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("[server]\nrequest_seconds_max = {LIMIT_SECONDS}\n");
    std::fs::write(folder.path().join("townhall.toml"), config).unwrap();
    let house = House::open(folder.path(), &["--demo"]).unwrap();
    let demo = std::fs::read_to_string(folder.path().join("townhall-data/demo.json")).unwrap();
    let demo: Value = serde_json::from_str(&demo).unwrap();
    let create = [
        "admin",
        "keys",
        "create",
        "slow",
        "--scope",
        "segments:write",
        "--json",
    ];
    let made = house::run(folder.path(), &create).unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let key = made["key"].as_str().unwrap();
    let post = |path: &str| {
        let request = Client::new().post(format!("{}{path}", house.base));
        request.header("x-api-key", key)
    };
    let segment = json!({"key": "SLOW", "title": "Slow"});
    let created = post("/api/v1/segments").json(&segment).send().await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);

    let row = json!({"person": demo["people"][0]["id"]}).to_string() + "\n";
    let send = async |body: reqwest::Body| {
        let request = post("/api/v1/segments/SLOW/people").header("content-type", "application/x-ndjson");
        request.body(body).send().await.unwrap()
    };
    let answer = send(rows(row.clone(), PIECES, true)).await;
    assert_eq!(answer.status(), StatusCode::OK, "it was never silent");
    let answer = send(rows(row, 3, false)).await;
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT, "it fell silent");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "request_timeout");
}
