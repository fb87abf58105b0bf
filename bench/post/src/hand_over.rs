//! Hand-over alone: our client and `smtp-source -d`, in turn, against one `smtp-sink`, with as many connections and
//! letters of the same size.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures_util::StreamExt as _;
use futures_util::stream;
use kernel::Id;
use post::providers::smtp::{Security, Smtp, SmtpOptions};
use post::providers::{Provider as _, Ready, Verdict};
use serde_json::{Value, json};
use testkit::postfix::{SmtpSink, program};

use crate::cpu;

/// Both sides are measured in turn this often, because a machine is fast in one second and slow in the next.
const ROUNDS: u32 = 5;
/// Of the message, headers and all: a short letter.
const LETTER_BYTES: usize = 4_000;
/// Letters asked for at once for each connection: one is given, one is announced, one waits.
const AHEAD: usize = 3;

pub async fn beside_smtp_source(connections: usize, quick: bool) -> anyhow::Result<Value> {
    let letters: u32 = if quick { 5_000 } else { 40_000 };
    let sink = SmtpSink::start()?;
    let (mut ours, mut peer, mut taken) = (0.0, 0.0, Duration::ZERO);
    for _ in 0..ROUNDS {
        let before = cpu::own()?;
        ours += by_us(&sink, connections, letters).await?;
        taken += cpu::own()?.saturating_sub(before);
        peer += smtp_source(&sink, connections, letters, LETTER_BYTES)?;
    }
    let rounds = f64::from(ROUNDS);
    Ok(json!({
        "bench": "post", "case": format!("hand-over alone, {connections} connections"),
        "ours": (ours / rounds).round(), "peer": (peer / rounds).round(), "peer_name": "smtp-source -d",
        "ratio": (ours / peer * 100.0).round() / 100.0, "unit": "letters per second",
        "our_cpu_micros_a_letter": cpu::micros_each(taken, rounds * f64::from(letters)),
    }))
}

async fn by_us(sink: &SmtpSink, connections: usize, letters: u32) -> anyhow::Result<f64> {
    let smtp = Smtp::new(SmtpOptions {
        security: Security::Off,
        connections,
        ..SmtpOptions::new("sink", "127.0.0.1", sink.port())
    })?;
    let ready = letter();
    let start = Instant::now();
    let lost = stream::iter(0..letters)
        .map(|_| smtp.hand_over(ready.clone()))
        .buffer_unordered(connections * AHEAD)
        .filter(|verdict| {
            let lost = !matches!(verdict, Verdict::HandedOver { .. });
            async move { lost }
        })
        .count()
        .await;
    if lost > 0 {
        bail!("{lost} letters were not handed over");
    }
    Ok(f64::from(letters) / start.elapsed().as_secs_f64())
}

/// How many letters of this size postfix's own generator hands over in a second.
pub fn smtp_source(
    sink: &SmtpSink,
    connections: usize,
    letters: u32,
    letter_bytes: usize,
) -> anyhow::Result<f64> {
    let start = Instant::now();
    let status = Command::new(program("smtp-source")?)
        .arg("-d")
        .args(["-s", &connections.to_string(), "-m", &letters.to_string()])
        .args(["-l", &letter_bytes.to_string()])
        .args(["-f", "house@house.example", "-t", "reader@mx.example"])
        .arg(format!("127.0.0.1:{}", sink.port()))
        .stdin(Stdio::null())
        .status()
        .context("smtp-source")?;
    if !status.success() {
        bail!("smtp-source failed: {status}");
    }
    Ok(f64::from(letters) / start.elapsed().as_secs_f64())
}

fn letter() -> Ready {
    let mut mime = b"From: house@house.example\r\nTo: reader@mx.example\r\nSubject: Monday\r\n\r\n".to_vec();
    while mime.len() < LETTER_BYTES {
        mime.extend_from_slice(
            b"What happens in your city this week, and whom you have to thank for it.\r\n",
        );
    }
    Ready {
        letter: Id::named("letter", "bench"),
        kind: "bench.letter",
        message_id: String::from("bench@house.example"),
        from: String::from("house@house.example"),
        to: String::from("reader@mx.example"),
        mime: Arc::from(mime),
    }
}
