//! What segments know of people who come and go by Kafka.

use std::path::Path;

use kernel::{Id, PersonId};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use testkit::house::{self, House};

use super::broker::{Broker, until};
use super::users::{TOKEN, Users};

struct Scene {
    broker: Broker,
    users: Users,
    created: String,
    deleted: String,
    house: House,
    key: String,
    folder: TempDir,
}

impl Scene {
    async fn open(partitions: i32) -> Scene {
        let users = Users::start().await;
        let asked = format!("users_url = \"{}\"\nusers_token = \"{TOKEN}\"\n", users.url);
        Scene::that_asks(users, &asked, partitions).await
    }

    /// `asked` is the configuration of a users service, which need not be this one.
    async fn that_asks(users: Users, asked: &str, partitions: i32) -> Scene {
        let broker = Broker::start();
        let (created, deleted) = (broker.topic("create-user"), broker.topic("delete-user"));
        for topic in [&created, &deleted] {
            broker.make(topic, partitions).await;
        }
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[intake]\nbrokers = [\"{}\"]\ngroup = \"{}\"\ntopics = [\"{created}\", \"{deleted}\"]\n{asked}",
            broker.address.replace(',', "\", \""),
            broker.group(),
        );
        std::fs::write(folder.path().join("townhall.toml"), config).unwrap();
        let house = House::open(folder.path(), &[]).unwrap();
        Scene {
            key: key(folder.path(), "segments:read"),
            broker,
            users,
            created,
            deleted,
            house,
            folder,
        }
    }

    /// After it was killed.
    async fn open_again(&mut self) {
        self.broker.until_killed_are_gone().await;
        self.house = House::open(self.folder.path(), &[]).unwrap();
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let asked = reqwest::Client::new()
            .get(format!("{}{path}", self.house.base))
            .header("x-api-key", &self.key);
        asked.send().await.unwrap()
    }

    async fn knows(&self, person: PersonId) -> bool {
        let answer = self.get(&format!("/api/v1/people/{person}/segments")).await;
        match answer.status() {
            StatusCode::OK => true,
            StatusCode::NOT_FOUND => false,
            status => panic!("{status}"),
        }
    }

    async fn meter(&self, name: &str) -> f64 {
        let all = self.get("/metrics").await.text().await.unwrap();
        let lines = all
            .lines()
            .filter(|line| line.starts_with(name) && line.contains([' ']));
        lines
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum()
    }

    async fn came(&self, person: PersonId) {
        self.users.has(person);
        self.say(&self.created, person).await;
    }

    async fn went(&self, person: PersonId) {
        self.users.loses(person);
        self.say(&self.deleted, person).await;
    }

    async fn say(&self, topic: &str, person: PersonId) {
        self.broker.say(topic, 0, person.to_string().as_bytes()).await;
    }

    async fn until_known(&self, person: PersonId) {
        until("the person is known", async || self.knows(person).await).await;
    }

    /// The group is done with so many messages of the topic's first partition.
    async fn until_done(&self, topic: &str, messages: i64) {
        until("the offset is committed", async || {
            self.broker.committed(topic, 0) == Some(messages)
        })
        .await;
    }
}

/// A key that a service of this house gets.
fn key(folder: &Path, scope: &str) -> String {
    let create = ["admin", "keys", "create", "asks", "--scope", scope, "--json"];
    let made = house::run(folder, &create).unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    made["key"].as_str().unwrap().to_owned()
}

fn person(name: &str) -> PersonId {
    PersonId(Id::named("person", name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_arrive_and_go_whatever_the_order_and_however_often_it_is_said() {
    let scene = Scene::open(2).await;
    let [stays, goes, late] = ["stays", "goes", "late"].map(person);
    for _ in 0..3 {
        scene.came(stays).await;
        scene.came(goes).await;
    }
    // Gone before anybody heard that he came, and the other way round.
    scene.went(late).await;
    scene.went(stays).await;
    scene.came(stays).await;
    scene.went(goes).await;
    scene.say(&scene.created, late).await;
    scene.say(&scene.created, goes).await;
    scene.until_done(&scene.created, 9).await;
    scene.until_done(&scene.deleted, 3).await;
    assert!(scene.knows(stays).await);
    assert!(!scene.knows(goes).await);
    assert!(!scene.knows(late).await);
    until("the lag is told", async || {
        scene.meter("townhall_intake_up").await == 1.0 && scene.meter("townhall_intake_lag").await == 0.0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_laid_aside_with_the_reason_and_holds_nobody_up() {
    let scene = Scene::open(1).await;
    let [odd, other, good] = ["odd", "other", "good"].map(person);
    scene.users.insists(odd, 200, r#"{"created_at": "yesterday"}"#);
    scene.users.has(other);
    scene.broker.say(&scene.created, 0, b"\xff\x00 garbage").await;
    scene.came(other).await;
    scene.say(&scene.created, odd).await;
    scene.broker.say(&scene.created, 0, b"").await;
    scene.came(good).await;
    scene.until_known(other).await;
    scene.until_known(good).await;
    scene.until_done(&scene.created, 5).await;
    assert!(!scene.knows(odd).await);
    let mut dead = scene.broker.dead(&scene.created, 3);
    dead.sort_by_key(|letter| letter.headers["townhall-offset"].clone());
    let told: Vec<_> = dead
        .iter()
        .map(|letter| (letter.value.clone(), letter.headers["townhall-offset"].as_str()))
        .collect();
    let odd = odd.to_string().into_bytes();
    assert_eq!(
        told,
        [(b"\xff\x00 garbage".to_vec(), "0"), (odd, "2"), (Vec::new(), "3")]
    );
    for (letter, reason) in dead.iter().zip(["names nobody", "created_at", "names nobody"]) {
        assert_eq!(letter.headers["townhall-topic"], scene.created);
        assert_eq!(letter.headers["townhall-partition"], "0");
        assert!(letter.headers["townhall-reason"].contains(reason), "{letter:?}");
    }
    until("poison is counted", async || {
        scene
            .get("/metrics")
            .await
            .text()
            .await
            .unwrap()
            .contains("verdict=\"poison\"} 3")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_users_service_is_down_its_partitions_wait_and_then_go_on() {
    let scene = Scene::open(1).await;
    let [before, during, gone] = ["before", "during", "gone"].map(person);
    scene.came(before).await;
    scene.came(gone).await;
    scene.until_known(gone).await;
    scene.until_done(&scene.created, 2).await;
    scene.users.down(true);
    scene.came(during).await;
    scene.went(gone).await;
    until("both partitions wait", async || {
        scene.meter("townhall_intake_paused_partitions").await == 2.0
    })
    .await;
    assert_eq!(
        scene.broker.committed(&scene.created, 0),
        Some(2),
        "what is not done is not committed"
    );
    assert_eq!(scene.broker.committed(&scene.deleted, 0), None);
    assert!(
        scene.knows(gone).await,
        "nobody is taken for gone because nobody answers"
    );
    assert!(!scene.knows(during).await);
    scene.users.down(false);
    scene.until_known(during).await;
    scene.until_done(&scene.created, 3).await;
    scene.until_done(&scene.deleted, 1).await;
    assert!(!scene.knows(gone).await);
    until("nothing waits any more", async || {
        scene.meter("townhall_intake_paused_partitions").await == 0.0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_taken_for_gone_because_a_wrong_address_answers_404() {
    let mut scene = Scene::open(1).await;
    // Before anybody is known, 404 must at least be that of a service.
    let first = person("first");
    scene.users.has(first);
    scene.users.moves(Some((404, "<h1>Not found</h1>")));
    scene.say(&scene.created, first).await;
    until("the message waits", async || {
        scene.meter("townhall_intake_paused_partitions").await == 1.0
    })
    .await;
    scene.users.moves(None);
    scene.until_known(first).await;
    let others = ["second", "third", "fourth"].map(person);
    for other in others {
        scene.came(other).await;
        scene.until_known(other).await;
    }
    // Opened again with an address at which others answer: in JSON, and know nobody.
    scene.house.kill();
    scene.users.moves(Some((404, r#"{"status": 404}"#)));
    scene.open_again().await;
    for one in [first, others[0], others[1]] {
        scene.say(&scene.deleted, one).await;
    }
    until("messages wait", async || {
        scene.meter("townhall_intake_paused_partitions").await == 1.0
    })
    .await;
    for one in [first, others[0], others[1]] {
        assert!(scene.knows(one).await, "nobody lost anything");
    }
    assert_eq!(scene.broker.committed(&scene.deleted, 0), None);
    // 410 is said by nobody who does not mean it.
    scene.users.insists(others[2], 410, "");
    scene.say(&scene.created, others[2]).await;
    until("who is said to be gone is gone", async || {
        !scene.knows(others[2]).await
    })
    .await;
    // The right address: one of them is gone, which another one proves.
    scene.users.loses(first);
    scene.users.moves(None);
    scene.until_done(&scene.deleted, 3).await;
    assert!(!scene.knows(first).await);
    assert!(scene.knows(others[0]).await && scene.knows(others[1]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_whom_the_users_service_cannot_answer_for_keeps_back_nobody_else() {
    let scene = Scene::open(1).await;
    let [first, ill, well] = ["first", "ill", "well"].map(person);
    scene.came(first).await;
    scene.users.insists(ill, 500, "oh");
    scene.say(&scene.created, ill).await;
    until("it is asked for in vain", async || scene.users.asked(ill) > 0).await;
    scene.came(well).await;
    scene.until_known(well).await;
    scene.until_done(&scene.created, 1).await;
    assert!(!scene.knows(ill).await);
    scene.users.insists(ill, 404, "");
    scene.until_done(&scene.created, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_house_can_be_the_users_service_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let source = House::open(folder.path(), &[]).unwrap();
    let (reads, writes) = (
        key(folder.path(), "people:read"),
        key(folder.path(), "people:write"),
    );
    let people = format!("{}/api/v1/people", source.base);
    let call = |method: Method, path: &str| {
        let client = reqwest::Client::new();
        client
            .request(method, format!("{people}{path}"))
            .header("x-api-key", &writes)
    };
    let made = call(Method::POST, "")
        .json(&serde_json::json!({"name": "Anna", "language": "ru", "attributes": {"plan": "gold"}}))
        .send();
    let made: Value = made.await.unwrap().json().await.unwrap();
    let anna: PersonId = made["id"].as_str().unwrap().parse().unwrap();

    let asked =
        format!("users_url = \"{people}/{{id}}\"\nusers_header = \"x-api-key\"\nusers_token = \"{reads}\"\n");
    let scene = Scene::that_asks(Users::start().await, &asked, 1).await;
    scene.say(&scene.created, person("nobody")).await;
    scene.say(&scene.created, anna).await;
    scene.until_known(anna).await;
    let deleted = call(Method::DELETE, &format!("/{anna}")).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    scene.say(&scene.deleted, anna).await;
    scene.until_done(&scene.deleted, 1).await;
    assert!(!scene.knows(anna).await);
    let checked = house::run(scene.folder.path(), &["check"]).unwrap();
    let checked = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(
        checked.contains("ok    Kafka: ") && checked.contains("ok    users service: "),
        "{checked}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_deleted_while_being_asked_for_is_gone_in_the_end() {
    let scene = Scene::open(1).await;
    let brief = person("brief");
    scene.users.hold(true);
    scene.came(brief).await;
    until("the users service is asked", async || {
        scene.users.asked(brief) == 1
    })
    .await;
    // The answer that he is there is on its way.
    scene.went(brief).await;
    scene.users.hold(false);
    scene.until_done(&scene.created, 1).await;
    scene.until_done(&scene.deleted, 1).await;
    assert!(!scene.knows(brief).await);
    assert!(scene.users.asked(brief) >= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_that_is_killed_in_the_middle_loses_nobody() {
    const PEOPLE: i64 = 600;
    let mut scene = Scene::open(1).await;
    let people: Vec<PersonId> = (0..PEOPLE).map(|number| person(&number.to_string())).collect();
    for (at, one) in people.iter().enumerate() {
        scene.users.has(*one);
        scene.say(&scene.created, *one).await;
        // Somewhere in the middle; what was taken by then depends on the machine.
        if at == 400 {
            scene.house.kill();
        }
    }
    scene.open_again().await;
    scene.until_done(&scene.created, PEOPLE).await;
    for one in &people {
        assert!(scene.knows(*one).await, "{one}");
    }
    let status = scene.house.terminate().unwrap();
    assert!(status.success(), "it closes in order");
}
