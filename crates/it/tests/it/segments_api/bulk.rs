//! Files of people: as long as they like, and none of it done when a row is bad.

use axum::body::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use super::Desk;

/// With rows as long as these that is more than a request may have elsewhere (1 MB by default).
const ROWS: usize = 2_000;
const ROW_BYTES: usize = 1_000;

/// A body that comes in pieces and does not say how long it will be.
fn pieces(rows: usize, row: &str) -> reqwest::Body {
    let piece = row.repeat(100);
    let pieces =
        (0..rows / 100).map(move |_| Ok::<_, std::io::Error>(Frame::data(Bytes::from(piece.clone()))));
    reqwest::Body::wrap(StreamBody::new(stream::iter(pieces)))
}

async fn send(desk: &Desk, kind: &str, accept: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = Client::new()
        .post(format!("{}/api/v1/segments/A/people", desk.base))
        .header("x-api-key", desk.key())
        .header("content-type", kind)
        .header("accept", accept);
    request.body(body).send().await.unwrap()
}

async fn list(desk: &Desk, accept: &str) -> String {
    let request = Client::new()
        .get(format!("{}/api/v1/segments/A/people", desk.base))
        .header("x-api-key", desk.key())
        .header("accept", accept);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], accept);
    answer.text().await.unwrap()
}

async fn desk() -> (Desk, String) {
    let desk = Desk::open().await;
    let person = desk.somebody().await;
    desk.post("/api/v1/segments", json!({"key": "A", "title": "A"}))
        .await;
    (desk, person)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_longer_than_a_request_may_be_elsewhere_is_done_row_by_row() {
    let (desk, person) = desk().await;
    let line = format!("{:ROW_BYTES$}\n", json!({"person": person}).to_string());
    assert!(line.len() * ROWS > 1024 * 1024);
    let lines = "application/x-ndjson";
    let answer = send(&desk, lines, lines, pieces(ROWS, &line)).await;
    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::OK, &lines.parse().unwrap())
    );
    let told = answer.text().await.unwrap();
    assert_eq!(told.lines().count(), ROWS + 1);
    let first: Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    assert_eq!(first, json!({"row": 1, "person": person, "outcome": "added"}));
    let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(last, json!({"added": 1, "removed": 0, "unchanged": ROWS - 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_exported_can_be_sent_back() {
    let (desk, person) = desk().await;
    let csv = format!("person,until\n{person},\n");
    let answer = send(&desk, "text/csv", "application/json", csv).await;
    let told: Value = answer.json().await.unwrap();
    let row = json!({"row": 1, "person": person, "outcome": "added"});
    assert_eq!(
        told,
        json!({"rows": [row], "added": 1, "removed": 0, "unchanged": 0})
    );
    let csv = list(&desk, "text/csv").await;
    assert_eq!(csv, format!("person\n{person}\n"));
    let lines = list(&desk, "application/x-ndjson").await;
    assert_eq!(lines, format!("{}\n", json!({"person": person})));
    for (kind, body) in [("text/csv", csv), ("application/x-ndjson", lines)] {
        let told: Value = send(&desk, kind, "*/*", body).await.json().await.unwrap();
        assert_eq!(told["unchanged"], 1, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_row_at_the_end_of_a_long_file_and_none_is_done() {
    let (desk, person) = desk().await;
    let good = format!("{:ROW_BYTES$}\n", format!("{person},")).repeat(ROWS);
    let csv = format!("person,until\n{good}7,\n{person},2001-01-01T00:00:00Z\n");
    let answer = send(&desk, "text/csv", "application/json", csv).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let told: Value = answer.json().await.unwrap();
    let fields: Vec<&str> = told["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    let expected = [
        format!("rows[{}].person", ROWS + 1),
        format!("rows[{}].until", ROWS + 2),
    ];
    assert_eq!(fields, expected);
    assert_eq!(list(&desk, "text/csv").await, "person\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_nothing_but_bad_rows_is_given_up_early() {
    let (desk, _) = desk().await;
    let lines = "application/x-ndjson";
    let answer = send(&desk, lines, lines, pieces(ROWS, "{\"person\": 7}\n")).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["errors"].as_array().unwrap().len(), 100);
    // A line without an end is refused before it fills the memory.
    let answer = send(&desk, lines, lines, "x".repeat(200_000)).await;
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["code"], "malformed", "{told}");
}
