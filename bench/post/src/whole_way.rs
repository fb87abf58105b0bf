//! The whole way of a letter: asked for, written from current data, handed over by SMTP and recorded as handed over, by the
//! workers of the house on the embedded store. Beside it, in turn and against the same `smtp-sink`, `smtp-source -d`
//! with letters of the same size, which writes nothing and records nothing.

use std::time::{Duration, Instant};

use anyhow::ensure;
use bell::Shift;
use kernel::{Clock, PersonId};
use post::{Ask, To as Reader};
use serde_json::{Value, json};
use store::{StoreError, params, sql};
use testkit::postfix::SmtpSink;
use tokio::sync::watch;

use crate::cpu;
use crate::hand_over::smtp_source;
use crate::house::{House, REMINDER, To};

const ROUNDS: u32 = 3;
/// Connections of `smtp-source`: with these it is the fastest.
const PEER_CONNECTIONS: usize = 32;
const PATIENCE: Duration = Duration::from_secs(600);

/// What one run took.
#[derive(Clone, Copy, Default)]
struct Took {
    asking: Duration,
    asking_cpu: Duration,
    sending: Duration,
    sending_cpu: Duration,
}

pub async fn beside_smtp_source(concurrency: u32, quick: bool) -> anyhow::Result<Vec<Value>> {
    let letters: u32 = if quick { 5_000 } else { 30_000 };
    let sink = SmtpSink::start()?;
    let port = sink.port();
    let (mut sum, mut theirs, mut bytes) = (Took::default(), 0.0, 0);
    for _ in 0..ROUNDS {
        let (took, size) = run(To { port, concurrency }, letters).await?;
        bytes = size;
        sum = Took {
            asking: sum.asking + took.asking,
            asking_cpu: sum.asking_cpu + took.asking_cpu,
            sending: sum.sending + took.sending,
            sending_cpu: sum.sending_cpu + took.sending_cpu,
        };
        theirs += smtp_source(&sink, PEER_CONNECTIONS, letters, bytes)? / f64::from(ROUNDS);
    }
    let all = f64::from(letters) * f64::from(ROUNDS);
    let ours = all / sum.sending.as_secs_f64();
    let micros = cpu::micros_each(sum.sending_cpu, all);
    let asking = cpu::micros_each(sum.asking_cpu, all);
    let rate = json!({
        "bench": "post", "case": format!("whole way, concurrency {concurrency}"),
        "ours": ours.round(), "peer": theirs.round(), "peer_name": format!("smtp-source -d, {PEER_CONNECTIONS} connections"),
        "ratio": (ours / theirs * 100.0).round() / 100.0, "target": 0.5, "unit": "letters per second, from asked for to recorded",
        "with_asking": (all / (sum.sending + sum.asking).as_secs_f64()).round(),
        "letter_bytes": bytes, "letters": letters, "our_cpu_micros_a_letter": micros,
    });
    let taken = json!({
        "bench": "post", "case": format!("processor of the whole way, concurrency {concurrency}"),
        "ours": micros, "target": 60, "unit": "microseconds of our process a letter, without DKIM",
        "asking_besides": asking,
    });
    Ok(vec![rate, taken])
}

async fn run(to: To, letters: u32) -> anyhow::Result<(Took, usize)> {
    let house = House::open(Clock::system(), to).await?;
    let people = house.let_in(usize::try_from(letters)?, |_| "mx.example").await?;
    let bytes = match people.first() {
        Some(first) => house.letter_bytes(&REMINDER, *first).await?,
        None => 0,
    };
    let (began, before) = (Instant::now(), cpu::own()?);
    let now = house.clock.now();
    let ask = |person: &PersonId| {
        let key = format!("event-7/{person}/1");
        Ask::new(&REMINDER, Reader::Person(*person), key, now).telling(r#"{"event":"7"}"#)
    };
    house.ask(people.iter().map(ask)).await?;
    let (asking, asking_cpu) = (began.elapsed(), cpu::own()?.saturating_sub(before));

    let (began, before) = (Instant::now(), cpu::own()?);
    let (shutdown, told) = watch::channel(false);
    let shift = Shift::open(&house.store, &house.clock, house.post.tasks(), told);
    let is_done = || {
        house
            .post
            .providers()
            .iter()
            .map(|line| line.handed_over)
            .sum::<u64>()
            >= u64::from(letters)
    };
    while !is_done() && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    shutdown.send_replace(true);
    shift.ended().await;
    house.post.close().await;
    let (sending, sending_cpu) = (began.elapsed(), cpu::own()?.saturating_sub(before));

    let recorded = recorded(&house).await?;
    ensure!(
        recorded == i64::from(letters),
        "{recorded} of {letters} letters are recorded as handed over"
    );
    ensure!(
        house.post.audit(2).await?.is_empty(),
        "the book differs from the letters"
    );
    house.store.close().await;
    let took = Took {
        asking,
        asking_cpu,
        sending,
        sending_cpu,
    };
    Ok((took, bytes))
}

async fn recorded(house: &House) -> anyhow::Result<i64> {
    let counts = house
        .store
        .read_each::<_, StoreError>(|tx| {
            let handed_over = sql!("SELECT count(*) FROM letters WHERE state = 4");
            tx.query_one(handed_over, params![], |row| row.get::<i64>(0))
        })
        .await?;
    Ok(counts.into_iter().sum())
}
