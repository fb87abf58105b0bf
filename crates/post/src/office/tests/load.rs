//! Bulk under load: what goes to many does not hold up what somebody waits for.

use super::*;
use crate::providers::smtp::{Security, Smtp, SmtpOptions};
use crate::sink::{Script, Sink};

/// Letters that are asked for in one transaction.
const AT_ONCE: u32 = 500;
/// How far the clock is put forward: by less than leases last, so that workers stay at work.
const SECONDS: i64 = 8;

/// A town whose one provider is a sink, at the beginning of a minute.
async fn town_with(script: &str) -> (Town, Sink) {
    let house = stores::sqlite().await.unwrap();
    let second = house.clock.now().as_seconds().rem_euclid(60);
    house.clock.advance_seconds(60 - second);
    let (script, listen) = (Script::parse(script).unwrap(), "127.0.0.1:0".parse().unwrap());
    let sink = Sink::open(script, listen, house.clock.clone()).await.unwrap();
    let smtp = Smtp::new(SmtpOptions {
        security: Security::Off,
        connections: 2,
        ..SmtpOptions::new("sink", "127.0.0.1", sink.address().port())
    });
    let line = Line {
        concurrency: 8,
        ..Line::new(Arc::new(smtp.unwrap()))
    };
    (Town::of(house, vec![line]).await, sink)
}

impl Town {
    /// Asks for letters that go to many, all in the window from now on.
    async fn ask_many(&self, letters: u32, window_seconds: i64) {
        let now = self.house.clock.now();
        let until = now.plus_seconds(window_seconds);
        for first in (0..letters).step_by(usize::try_from(AT_ONCE).unwrap()) {
            let shard = self.house.store.everywhere().remove(0);
            let asked = shard.write::<_, StoreError>(move |tx| {
                for number in first..(first + AT_ONCE).min(letters) {
                    let wanted = Ask::new(&DIGEST, to(number), number.to_be_bytes(), now);
                    ask(tx, &wanted.wanted_until(until), now)?;
                }
                Ok(())
            });
            asked.await.unwrap();
        }
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_somebody_waits_for_overtakes_thousands_that_go_to_many() {
    const BULK: u32 = 5_000;
    // A hundred letters a second at most, while thousands are to leave in this minute.
    let (mut town, sink) = town_with("rules = [{ at = \"dot\", wait_ms = 20 }]").await;
    town.ask_many(BULK, 60).await;
    until("the first of many", || sink.counts().kept > 3).await;
    town.house.clock.advance_seconds(SECONDS);
    until("many under way", || sink.counts().kept > 20).await;
    let prompt = town.ask(&RESET, BULK + 1, "{}").await;
    town.once(prompt, |letter| letter.state == State::HandedOver)
        .await;
    let before = sink.counts().kept;
    assert!(
        before < u64::from(BULK) / 10,
        "{before} of those that go to many were before it"
    );
    town.close().await;
}
