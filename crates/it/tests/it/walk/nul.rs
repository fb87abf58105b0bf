//! NUL in each text of each call. PostgreSQL cannot hold it, and nobody types it: it is refused in words or kept away from the store,
//! and never a fault of ours.

use std::sync::Arc;

use bytes::Bytes;
use front::{Kind, RouteEntry};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{ROUTES_AT_ONCE, name};
use crate::openapi::Document;
use crate::town::samples::{self, Ctx};
use crate::town::{Answer, Call, Town};

/// What pages and CalDAV may be asked for; the API says it of itself.
const ASKED_OF_PAGES: &[&str] = &[
    "after", "at", "before", "calendar", "date", "day", "filter", "from", "key", "kind", "next", "person",
    "provider", "q", "query", "search", "segment", "state", "status", "stream", "text", "to", "view", "who",
    "words", "zone",
];
/// Fields of a message that are put there one by one; those of another type are refused before they are read.
const FIELDS_MAX: u32 = 15;
/// A schema may name itself.
const DEPTH_MAX: u32 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn nul_in_a_text_is_refused_or_harmless() {
    let town = Town::open().await;
    let document = Arc::new(Document::of(&town));
    let at_once = Arc::new(Semaphore::new(ROUTES_AT_ONCE));
    let mut walking = JoinSet::new();
    for route in town.front.table().to_vec() {
        let (town, document, at_once) = (town.clone(), Arc::clone(&document), Arc::clone(&at_once));
        walking.spawn(async move {
            let _turn = at_once.acquire().await.unwrap();
            walk(&town, &document, &route).await
        });
    }
    let (mut walked, mut wrong) = (0, Vec::new());
    while let Some(done) = walking.join_next().await {
        let (calls, complaints) = done.unwrap();
        walked += calls;
        wrong.extend(complaints);
    }
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{} of {walked} calls:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(walked > 1_000, "only {walked} calls");
}

/// Calls one route with each spoiled call, and says which were a fault.
async fn walk(town: &Town, document: &Document, route: &RouteEntry) -> (usize, Vec<String>) {
    let Some(sample) = samples::of(route) else {
        return (0, Vec::new());
    };
    let anew = async || {
        let (caller, owner) = town.whoever_may(route).await;
        let town = town.clone();
        let call = (sample.call)(Ctx { town, owner }).await;
        (caller, spoiled(document, route, &call))
    };
    let (mut caller, mut all) = anew().await;
    let (count, mut wrong) = (all.len(), Vec::new());
    for at in 0..count {
        let (what, call) = all[at].clone();
        let answer = town.call(route, &caller, call).await;
        if is_fault(route.kind, &answer) {
            let said = format!("{} {}", answer.status, answer.text());
            wrong.push(format!("{} with NUL in {what}: {said}", name(route)));
        } else if answer.status < 400 {
            // What it was about may be used up, or the caller signed out.
            (caller, all) = anew().await;
        }
    }
    (count, wrong)
}

fn is_fault(kind: Kind, answer: &Answer) -> bool {
    match kind {
        Kind::Grpc => answer
            .headers
            .values()
            .chain(answer.trailers.values())
            .any(|value| {
                let said = value.to_str().unwrap_or_default();
                said.contains("went%20wrong") || said.contains("went wrong")
            }),
        _ => answer.status == 500,
    }
}

/// The call with NUL in one of its texts, each by its place.
fn spoiled(document: &Document, route: &RouteEntry, call: &Call) -> Vec<(String, Call)> {
    let mut all = Vec::new();
    for at in 0..call.path.len() {
        let mut spoiled = call.clone();
        spoiled.path[at].push_str("%00");
        all.push((format!("part {at} of the path"), spoiled));
    }
    let operation = document.operation(route);
    let declared = operation["parameters"].as_array().into_iter().flatten();
    let declared = declared
        .map(|parameter| document.resolve(parameter))
        .filter(|parameter| parameter["in"] == "query")
        .filter_map(|parameter| parameter["name"].as_str());
    let names: Vec<&str> = match route.kind {
        Kind::Api => declared.collect(),
        Kind::Page | Kind::Dav => ASKED_OF_PAGES.to_vec(),
        Kind::Grpc | Kind::Probe => Vec::new(),
    };
    for name in names {
        let query = call.query.trim_start_matches('?').split('&');
        let others = query.filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name));
        let spoiling = format!("{name}=a%00b");
        let spoiled = Call {
            query: format!(
                "?{}",
                others.chain([spoiling.as_str()]).collect::<Vec<_>>().join("&")
            ),
            ..call.clone()
        };
        all.push((format!("?{name}"), spoiled));
    }
    all.extend(
        bodies(document, operation, route.kind, call)
            .into_iter()
            .map(|(what, body)| {
                let spoiled = Call { body, ..call.clone() };
                (what, spoiled)
            }),
    );
    all
}

fn bodies(document: &Document, operation: &Value, kind: Kind, call: &Call) -> Vec<(String, Bytes)> {
    if kind == Kind::Grpc {
        let messages = messages(call.body.get(5..).unwrap_or_default());
        return messages
            .into_iter()
            .map(|(what, message)| (what, Call::message(&message).body))
            .collect();
    }
    let kind = call
        .headers
        .get("content-type")
        .map(|kind| kind.to_str().unwrap());
    match kind {
        Some("application/json") => {
            let given: Value = serde_json::from_slice(&call.body).unwrap();
            let content = &document.resolve(&operation["requestBody"])["content"];
            let mut all = Vec::new();
            spoil(
                document,
                &content["application/json"]["schema"],
                &given,
                ("", 0),
                &mut all,
            );
            let all = all.into_iter();
            all.map(|(what, body)| (what, body.to_string().into())).collect()
        }
        Some("application/x-www-form-urlencoded") => {
            let body = String::from_utf8(call.body.to_vec()).unwrap();
            let pairs: Vec<&str> = body.split('&').filter(|pair| !pair.is_empty()).collect();
            let spoil = |at: usize| {
                let mut pairs: Vec<String> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
                pairs[at].push_str("%00");
                (pairs[at].clone(), pairs.join("&").into())
            };
            (0..pairs.len()).map(spoil).collect()
        }
        // A file or a calendar: at the end of its first line and behind everything.
        _ if call.body.is_empty() => Vec::new(),
        _ => {
            let text = call.body.to_vec();
            let line = text.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            [line.unwrap_or(text.len()), text.len()]
                .map(|at| {
                    let mut spoiled = text.clone();
                    spoiled.insert(at, 0);
                    (format!("byte {at} of the body"), spoiled.into())
                })
                .to_vec()
        }
    }
}

/// Each value with NUL in one text of it, also in those that it may have and does not.
fn spoil(
    document: &Document,
    schema: &Value,
    given: &Value,
    (place, depth): (&str, u32),
    all: &mut Vec<(String, Value)>,
) {
    let schema = meant(document, schema);
    if depth > DEPTH_MAX {
        return;
    }
    let mut inner = Vec::new();
    match given {
        Value::String(text) => all.push((place.to_owned(), json!(format!("{text}\0")))),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                spoil(
                    document,
                    &schema["items"],
                    item,
                    (&format!("{place}[{at}]"), depth + 1),
                    &mut inner,
                );
                all.extend(inner.drain(..).map(|(what, item)| {
                    let mut items = items.clone();
                    items[at] = item;
                    (what, items.into())
                }));
            }
        }
        Value::Object(fields) => {
            let declared = schema["properties"].as_object();
            let names = declared.into_iter().flat_map(Map::keys).chain(fields.keys());
            for name in names.collect::<std::collections::BTreeSet<_>>() {
                let of = &schema["properties"][name.as_str()];
                let given = fields.get(name).filter(|given| !given.is_null()).cloned();
                let given = given.unwrap_or_else(|| least(document, of));
                spoil(
                    document,
                    of,
                    &given,
                    (&format!("{place}.{name}"), depth + 1),
                    &mut inner,
                );
                all.extend(inner.drain(..).map(|(what, field)| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), field);
                    (what, fields.into())
                }));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a schema says where it leads elsewhere or lets something be left out.
fn meant<'a>(document: &'a Document, schema: &'a Value) -> &'a Value {
    let schema = document.resolve(schema);
    let ways = ["oneOf", "anyOf", "allOf"]
        .iter()
        .find_map(|way| schema[way].as_array());
    let way = ways.into_iter().flatten().find(|way| way["type"] != "null");
    way.map_or(schema, |way| document.resolve(way))
}

/// Something of this schema in which texts can be put.
fn least(document: &Document, schema: &Value) -> Value {
    let schema = meant(document, schema);
    let is = |kind: &str| match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    };
    match () {
        () if is("string") => json!("a"),
        () if is("array") => json!([least(document, &schema["items"])]),
        () if is("object") => json!({}),
        () => Value::Null,
    }
}

/// Each message with NUL in one of its fields: in those that are there, and in others as if they were texts.
fn messages(message: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = |field: u32| {
        let mut more = message.to_vec();
        prost::encoding::string::encode(field, &"a\0b".to_owned(), &mut more);
        (format!("field {field}"), more)
    };
    (1..=FIELDS_MAX).map(text).collect()
}
