//! Segments under kill -9: two processes on two PostgreSQL servers, one of which is killed and started again while people are
//! put in and out by both and rules are changed by both.
//!
//! Afterwards each process answers what was acknowledged, each change has just one line of history, and every rule is the
//! same version on both servers: it was changed everywhere or nowhere.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::house::House;
use testkit::postgres::{self, Database};
use tokio::task::JoinSet;

use super::load::{Api, PATIENCE, key_for, until};

const PEOPLE: usize = 24;
const RULES: usize = 3;
const KILLS: u64 = 5;
/// Nobody's rule: only who is put in by hand is in.
const BY_HAND: &str = "BY_HAND";

/// Where the writers find a house: one of two, and the second changes its address when it was killed.
struct Houses {
    steady: Api,
    doomed: std::sync::Mutex<Api>,
    turn: AtomicU64,
    stop: AtomicBool,
}

impl Houses {
    fn any(&self) -> Api {
        if self.turn.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            self.steady.clone()
        } else {
            self.doomed.lock().unwrap().clone()
        }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Puts one person in and out, in turn. What nobody answered is asked again until somebody does, so it counts once.
async fn turn_about(houses: Arc<Houses>, person: String) -> u64 {
    let mut done = 0;
    while !houses.is_over() {
        let change = if done % 2 == 0 {
            json!({ "add": [{ "key": BY_HAND }] })
        } else {
            json!({ "remove": [BY_HAND] })
        };
        let path = format!("/api/v1/people/{person}/segments");
        let deadline = Instant::now() + PATIENCE;
        loop {
            match houses.any().call(Method::PATCH, &path, None, Some(&change)).await {
                Some((200, ..)) => break,
                // Nobody there, not learned yet by a house that was just opened, or too many at once.
                None | Some((404 | 500.., ..)) => {}
                Some((status, body, _)) => panic!("{status} {body}"),
            }
            assert!(Instant::now() < deadline, "nobody takes the change of {person}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        done += 1;
    }
    done
}

/// Changes one rule again and again: how often that was acknowledged, and how often nobody knows.
async fn change_rule(houses: Arc<Houses>, rule: String) -> (i64, i64) {
    let (mut kept, mut unknown) = (0, 0);
    let path = format!("/api/v1/segments/{rule}");
    while !houses.is_over() {
        let house = houses.any();
        let Some((200, _, Some(tag))) = house.call(Method::GET, &path, None, None).await else {
            continue;
        };
        let change = json!({ "rollout": { "share": (kept + unknown) % 100 } });
        match house.call(Method::PATCH, &path, Some(&tag), Some(&change)).await {
            Some((200, ..)) => kept += 1,
            // Changed by the other meanwhile, or busy: nothing was done.
            Some((412 | 503 | 429, ..)) => {}
            Some((status @ 400..500, body, _)) => panic!("{status} {body}"),
            None | Some(_) => unknown += 1,
        }
    }
    (kept, unknown)
}

pub struct Town {
    folder: tempfile::TempDir,
    databases: [Database; 2],
    key: String,
}

pub async fn town() -> Town {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = postgres::shared().unwrap();
    let databases = [one.create_database().unwrap(), two.create_database().unwrap()];
    let servers: Vec<String> = ["one", "two"]
        .iter()
        .zip(&databases)
        .map(|(name, database)| format!("{{ name = \"{name}\", url = \"{}\" }}", database.url()))
        .collect();
    let text = format!(
        "[store]\nengine = \"postgres\"\nservers = [{}]\n",
        servers.join(", ")
    );
    std::fs::write(folder.path().join("townhall.toml"), text).unwrap();
    let scopes = ["people:read", "people:write", "segments:read", "segments:write"];
    let key = key_for(folder.path(), &scopes).await;
    Town {
        folder,
        databases,
        key,
    }
}

impl Town {
    pub fn open(&self) -> (House, Api) {
        let house = House::open(self.folder.path(), &[]).unwrap();
        let api = Api::new(&house.base, &self.key);
        (house, api)
    }

    /// The same on both servers, and nothing half done.
    async fn rules_agree(&self) {
        let prepared = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()";
        until("no prepared transaction is left", async || {
            let left = self
                .databases
                .iter()
                .map(|one| one.query(prepared).unwrap().len());
            (left.sum::<usize>() == 0).then_some(())
        })
        .await;
        for question in [
            "SELECT segment_key || version || definition FROM segments ORDER BY number",
            "SELECT number || '/' || version || definition FROM segment_versions ORDER BY number, version",
        ] {
            let [one, two] = self.databases.each_ref().map(|one| one.query(question).unwrap());
            assert_eq!(one, two, "{question}");
        }
    }
}

/// People of the town, known to segments.
pub async fn people(api: &Api, count: usize) -> Vec<String> {
    let mut people = Vec::new();
    for number in 0..count {
        let person =
            json!({ "email": format!("p{number}@load.example"), "name": format!("Person {number}") });
        let made = api
            .call(Method::POST, "/api/v1/people", None, Some(&person))
            .await
            .unwrap();
        assert_eq!(made.0, 201, "{}", made.1);
        people.push(made.1["id"].as_str().unwrap().to_owned());
    }
    for person in &people {
        let path = format!("/api/v1/people/{person}/segments");
        until("segments hear of somebody", async || {
            let (status, ..) = api.call(Method::GET, &path, None, None).await?;
            (status == 200).then_some(())
        })
        .await;
    }
    people
}

pub async fn create(api: &Api, key: &str) {
    let draft = json!({ "key": key, "title": key });
    let (status, body, _) = api
        .call(Method::POST, "/api/v1/segments", None, Some(&draft))
        .await
        .unwrap();
    assert_eq!(status, 201, "{body}");
}

/// Whether somebody is in by hand, as a house says, and all of its lines.
async fn stands(api: &Api, person: &str) -> Option<(bool, Vec<Value>)> {
    let path = format!("/api/v1/people/{person}/segments");
    let (status, found, _) = api.call(Method::GET, &path, None, None).await?;
    let is_in = found["segments"]
        .as_array()?
        .iter()
        .any(|one| one["key"] == BY_HAND);
    let path = format!("/api/v1/people/{person}/segment-history");
    let (_, history, _) = api.call(Method::GET, &path, None, None).await?;
    let lines = history["items"]
        .as_array()?
        .iter()
        .filter(|line| line["key"] == BY_HAND);
    (status == 200).then(|| (is_in, lines.cloned().collect()))
}

async fn is_as_acknowledged(api: &Api, person: &str, done: u64) {
    let expected = done % 2 == 1;
    until("a house follows what was acknowledged", async || {
        let (is_in, lines) = stands(api, person).await?;
        (is_in == expected && lines.len() == usize::try_from(done).unwrap()).then_some(())
    })
    .await;
    let (_, lines) = stands(api, person).await.unwrap();
    let operations: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["operation"].as_str())
        .collect();
    let turns = ["joined", "left"].into_iter().cycle().take(operations.len());
    assert_eq!(operations, turns.collect::<Vec<_>>(), "in and out, in turn");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_houses_of_which_one_is_killed_lose_no_membership_and_no_line_and_change_rules_everywhere() {
    let town = town().await;
    let (mut steady, api) = town.open();
    let (mut doomed, other) = town.open();
    create(&api, BY_HAND).await;
    let rules: Vec<String> = (0..RULES).map(|number| format!("RULE_{number}")).collect();
    for rule in &rules {
        create(&api, rule).await;
    }
    let people = people(&api, PEOPLE).await;
    let houses = Arc::new(Houses {
        steady: api.clone(),
        doomed: std::sync::Mutex::new(other),
        turn: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    });
    let mut writers = JoinSet::new();
    for (at, person) in people.iter().cloned().enumerate() {
        let houses = Arc::clone(&houses);
        writers.spawn(async move { (at, turn_about(houses, person).await) });
    }
    let mut editors = JoinSet::new();
    for (at, rule) in rules.iter().cloned().enumerate() {
        let houses = Arc::clone(&houses);
        editors.spawn(async move { (at, change_rule(houses, rule).await) });
    }
    for round in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(400 + round * 170)).await;
        doomed.kill();
        let (house, other) = town.open();
        doomed = house;
        *houses.doomed.lock().unwrap() = other;
    }
    houses.stop.store(true, Ordering::Relaxed);
    let finish = async {
        let done = writers.join_all().await;
        (done, editors.join_all().await)
    };
    let (done, edits) = tokio::time::timeout(PATIENCE, finish).await.unwrap();
    let other = houses.doomed.lock().unwrap().clone();
    for house in [&api, &other] {
        for (at, done) in &done {
            is_as_acknowledged(house, &people[*at], *done).await;
        }
    }
    assert!(
        done.iter().map(|(_, done)| done).sum::<u64>() > 100,
        "there was a load"
    );
    town.rules_agree().await;
    for (at, (kept, unknown)) in edits {
        let path = format!("/api/v1/segments/{}", rules[at]);
        let (_, rule, _) = api.call(Method::GET, &path, None, None).await.unwrap();
        let version = rule["version"].as_i64().unwrap();
        assert!(kept > 0, "rules were changed");
        assert!(
            (1 + kept..=1 + kept + unknown).contains(&version),
            "{kept} and {unknown}: {version}"
        );
    }
    let open: BTreeSet<bool> = [&mut steady, &mut doomed]
        .map(|house| house.terminate().unwrap().success())
        .into();
    assert_eq!(open, BTreeSet::from([true]), "both close as they should");
}
