//! Letters while something dies: the real binary, real SMTP, a sink that counts by Message-ID. None is lost, and none
//! comes twice but those that the house itself says it was unsure of.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use kernel::{Clock, Id, PageSize};
use post::Outsider;
use post::letters::{Filter, Letter, State};
use post::sink::{Script, Sink};
use tempfile::TempDir;
use testkit::house::House;
use testkit::postgres::{Database, Options, Server};
use townhall::config::{Config, Sources};
use townhall::{Opening, Running};

use super::load::until;

/// Letters that each provider may have in its hands.
pub(super) const CONCURRENCY: u32 = 16;
pub(super) const ANYWHERE: &str = "127.0.0.1:0";

/// A folder with a house that writes to these sinks, in this order.
pub(super) struct Town {
    folder: TempDir,
    store: String,
    providers: String,
}

impl Town {
    pub(super) fn new(store: &str, sinks: &[(&str, SocketAddr)]) -> Town {
        let provider = |(at, (name, address)): (usize, &(&str, SocketAddr))| {
            format!(
                "{{ kind = \"smtp\", name = \"{name}\", host = \"{}\", port = {}, tls = \"off\", \
                 order = {}, concurrency = {CONCURRENCY} }},",
                address.ip(),
                address.port(),
                at + 1
            )
        };
        let providers: String = sinks.iter().enumerate().map(provider).collect();
        let town = Town {
            folder: tempfile::tempdir().unwrap(),
            store: store.to_owned(),
            providers,
        };
        town.write(1);
        town
    }

    /// All processes of the house together give each provider so many letters a second.
    fn limited_to(self, rate_per_second: u32) -> Town {
        let limit = format!(", rate_per_second = {rate_per_second} }}");
        let town = Town {
            providers: self.providers.replace(" }", &limit),
            ..self
        };
        town.write(1);
        town
    }

    /// `weight` 0: providers get nothing, so letters that are asked for wait.
    fn write(&self, weight: u32) {
        let providers = self.providers.replace(" }", &format!(", weight = {weight} }}"));
        let text = format!("[store]\n{}\n[post]\nproviders = [{providers}]\n", self.store);
        std::fs::write(self.folder.path().join("townhall.toml"), text).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The house in this process, handing nothing over.
    pub(super) async fn still(&self) -> Running {
        self.write(0);
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let sources = Sources {
            file: Some(self.path().join("townhall.toml")),
            environment: vec![
                setting("TOWNHALL_SERVER__LISTEN", ANYWHERE),
                setting("TOWNHALL_STORE__MIGRATE_ON_START", "true"),
                setting(
                    "TOWNHALL_STORE__DATA",
                    self.path().join("townhall-data").to_str().unwrap(),
                ),
            ],
            flags: Vec::new(),
        };
        let opening = Opening::new(Config::load(&sources).unwrap());
        let running = townhall::open(opening).await.unwrap();
        self.write(1);
        running
    }

    async fn ask(&self, letters: u32) -> Vec<Id> {
        let still = self.still().await;
        let asked = still
            .post
            .try_out(&Outsider::at("reader@sink.example"), letters)
            .await
            .unwrap();
        assert_eq!(asked.len(), usize::try_from(letters).unwrap());
        still.close().await.unwrap();
        asked
    }

    pub(super) fn open(&self) -> House {
        House::open(self.path(), &[]).unwrap()
    }

    /// Every letter as the house tells it, by its Message-ID.
    pub(super) async fn letters(&self) -> BTreeMap<String, Letter> {
        let still = self.still().await;
        let (mut all, mut after) = (BTreeMap::new(), None);
        loop {
            let page = still
                .post
                .letters(Filter::default(), after.as_ref(), PageSize::clamped(Some(500)))
                .await
                .unwrap();
            for letter in page.items {
                all.insert(still.post.message_id(letter.id), letter);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(
            still.post.audit(3).await.unwrap(),
            [],
            "the book agrees with the rows"
        );
        still.close().await.unwrap();
        all
    }
}

pub(super) async fn sink(script: &str, address: &str) -> Sink {
    Sink::open(
        Script::parse(script).unwrap(),
        address.parse().unwrap(),
        Clock::system(),
    )
    .await
    .unwrap()
}

fn was_unsure(letter: &Letter) -> bool {
    letter.story.iter().any(|step| step.state == State::Unsure)
}

/// Nothing lost; what came twice was unsure; no more was unsure than could be on open connections.
pub(super) fn check(letters: &BTreeMap<String, Letter>, sinks: &[&Sink], unsure_max: usize) {
    let times = |id: &str| sinks.iter().map(|sink| sink.times(id)).sum::<u64>();
    let (mut unsure, mut doubled) = (0, 0);
    for (message_id, letter) in letters {
        assert_eq!(letter.state, State::HandedOver, "{letter:?}");
        let came = times(message_id);
        assert!(came >= 1, "lost: {letter:?}");
        assert!(came == 1 || was_unsure(letter), "came {came} times: {letter:?}");
        unsure += usize::from(was_unsure(letter));
        doubled += usize::from(came > 1);
    }
    assert!(
        unsure <= unsure_max,
        "{unsure} were unsure, at most {unsure_max} were under way"
    );
    assert!(doubled <= unsure);
}

pub(super) fn count(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_while_ten_thousand_letters_go_loses_none_and_doubles_only_what_was_unsure() {
    const LETTERS: u32 = 10_000;
    const KILLS: u64 = 3;
    let sink = sink("", ANYWHERE).await;
    let town = Town::new("", &[("sink", sink.address())]);
    town.ask(LETTERS).await;
    for kill in 1..=KILLS {
        let mut house = town.open();
        let enough = kill * u64::from(LETTERS) / (KILLS + 2);
        until("letters go", async || {
            (sink.counts().distinct >= enough).then_some(())
        })
        .await;
        house.kill();
    }
    let mut house = town.open();
    until("all letters came", async || {
        (sink.counts().distinct == u64::from(LETTERS)).then_some(())
    })
    .await;
    settled(&house).await;
    assert!(house.terminate().unwrap().success());
    let letters = town.letters().await;
    assert_eq!(letters.len(), usize::try_from(LETTERS).unwrap());
    check(&letters, &[&sink], count(KILLS * u64::from(CONCURRENCY)));
}

/// Waits until nothing is under way, as the house's own metrics tell it.
pub(super) async fn settled(house: &House) {
    until("every letter has its end", async || {
        let text = metrics(house).await;
        let open = |state: &str| sum(&text, "townhall_post_letters{", &format!("state=\"{state}\""));
        let all = [open("waiting"), open("sending"), open("unsure")];
        all.iter().all(|open| *open == Some(0.0)).then_some(())
    })
    .await;
}

async fn metrics(house: &House) -> String {
    let answer = reqwest::get(format!("{}/metrics", house.base)).await.unwrap();
    answer.text().await.unwrap()
}

/// The sum of a metric over those of its lines that say `with`; `None` when there is none.
fn sum(text: &str, name: &str, with: &str) -> Option<f64> {
    let lines = text
        .lines()
        .filter(|line| line.starts_with(name) && line.contains(with));
    let values: Vec<f64> = lines
        .filter_map(|line| line.rsplit_once(' ')?.1.parse().ok())
        .collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_dies_in_the_middle_is_left_alone_until_it_is_back_and_each_letter_goes_once() {
    const LETTERS: u32 = 3_000;
    let first = sink("", ANYWHERE).await;
    let ill = "[[rules]]\nat = \"rcpt\"\ntimes = 8\nanswer = \"451 4.3.0 not now\"\n";
    let second = sink(ill, ANYWHERE).await;
    let (at, name) = (first.address(), "first");
    let town = Town::new("", &[(name, at), ("second", second.address())]);
    town.ask(LETTERS).await;
    let mut house = town.open();
    until("letters go", async || {
        (first.counts().distinct >= u64::from(LETTERS / 4)).then_some(())
    })
    .await;
    let before = first.close().await;
    let breaker = async |value: f64| {
        until("the breaker", async || {
            let text = metrics(&house).await;
            (sum(&text, "townhall_post_breaker_open", "\"first\"") == Some(value)).then_some(())
        })
        .await;
    };
    breaker(1.0).await;
    until("the other provider takes letters", async || {
        (second.counts().distinct >= 100).then_some(())
    })
    .await;
    let again = sink("", &at.to_string()).await;
    breaker(0.0).await;
    settled(&house).await;
    assert!(house.terminate().unwrap().success());
    let letters = town.letters().await;
    let came = before.distinct + second.counts().distinct + again.counts().distinct;
    let unsure = letters.values().filter(|letter| was_unsure(letter)).count();
    assert!(unsure <= count(u64::from(CONCURRENCY)), "{unsure} were unsure");
    assert!(count(came) + unsure >= letters.len(), "{came} came");
    for (message_id, letter) in &letters {
        assert_eq!(letter.state, State::HandedOver, "{letter:?}");
        let later = second.times(message_id) + again.times(message_id);
        assert!(later <= 1 || was_unsure(letter), "{letter:?}");
    }
    assert!(second.counts().refused.contains_key(&451), "it was ill at first");
}

pub(super) struct Shared {
    pub(super) town: Town,
    _database: Database,
    _server: Server,
}

pub(super) fn on_postgres(sinks: &[(&str, SocketAddr)]) -> Shared {
    let server = Server::start(&Options::default()).unwrap();
    let database = server.address().create_database().unwrap();
    let store = format!(
        "engine = \"postgres\"\nservers = [{{ name = \"one\", url = \"{}\" }}]\n",
        database.url()
    );
    Shared {
        town: Town::new(&store, sinks),
        _database: database,
        _server: server,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_letters_and_one_that_is_killed_is_missed_for_seconds_only() {
    const LETTERS: u32 = 4_000;
    let sink = sink("", ANYWHERE).await;
    let shared = on_postgres(&[("sink", sink.address())]);
    let town = &shared.town;
    town.ask(LETTERS / 4).await;
    let (mut one, mut other) = (town.open(), town.open());
    until("the first letters come", async || {
        (sink.counts().distinct >= u64::from(LETTERS / 4)).then_some(())
    })
    .await;
    let still = town.ask(LETTERS - LETTERS / 4).await;
    assert_eq!(still.len(), usize::try_from(LETTERS - LETTERS / 4).unwrap());
    until("letters go", async || {
        (sink.counts().distinct >= u64::from(LETTERS / 2)).then_some(())
    })
    .await;
    one.kill();
    until("all letters came", async || {
        (sink.counts().distinct == u64::from(LETTERS)).then_some(())
    })
    .await;
    settled(&other).await;
    assert!(other.terminate().unwrap().success());
    let letters = town.letters().await;
    assert_eq!(letters.len(), usize::try_from(LETTERS).unwrap());
    check(&letters, &[&sink], count(u64::from(CONCURRENCY)));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_send_at_once_keep_the_rate_of_a_provider_together() {
    const RATE: u32 = 40;
    const LETTERS: u32 = 15 * RATE;
    let sink = sink("", ANYWHERE).await;
    let shared = on_postgres(&[("sink", sink.address())]);
    let town = shared.town.limited_to(RATE);
    town.ask(LETTERS).await;
    let (mut one, mut other) = (town.open(), town.open());
    until("the first letter comes", async || {
        (sink.counts().distinct > 0).then_some(())
    })
    .await;
    let (began, before) = (Instant::now(), sink.counts().distinct);
    until("letters go", async || {
        (sink.counts().distinct >= u64::from(LETTERS) * 3 / 4).then_some(())
    })
    .await;
    for house in [&one, &other] {
        let text = metrics(house).await;
        let handed_over = sum(&text, "townhall_post_letters_total{", "state=\"handed_over\"");
        let least = f64::from(LETTERS) / 10.0;
        assert!(handed_over >= Some(least), "{handed_over:?} by one of the two");
    }
    assert!(other.terminate().unwrap().success());
    until("all letters came", async || {
        (sink.counts().distinct == u64::from(LETTERS)).then_some(())
    })
    .await;
    let (took, letters) = (began.elapsed().as_secs_f64(), u64::from(LETTERS) - before);
    settled(&one).await;
    assert!(one.terminate().unwrap().success());
    let most = sink.counts().most_in_a_second;
    // The rate is kept where letters leave; on their way to the sink some may lose a few milliseconds.
    let way = u64::from(RATE / 10);
    assert!(most <= u64::from(RATE) + way, "{most} letters in one second");
    let needed = f64::from(u32::try_from(letters).unwrap()) / f64::from(RATE);
    assert!(took >= needed - 1.0, "{letters} letters within {took} s");
    assert!(
        took <= needed * 3.0,
        "{letters} letters took {took} s, and {needed} s would do"
    );
    let letters = town.letters().await;
    assert_eq!(letters.len(), usize::try_from(LETTERS).unwrap());
    check(&letters, &[&sink], 0);
}
