//! The last days of a segment: how many joined and left, drawn and in words.

use std::time::Duration;

use askama::Template;
use front::Problem;
use front::frame::Frame;

use super::said;
use crate::days::{Day, DaysWanted};
use crate::service::{Refused, Segments};

/// A page does not wait for longer: days of a segment of which very much changed are left out.
const WAITS: Duration = Duration::from_secs(2);
/// How high a bar is drawn, and how far the next one is.
const HIGH: u64 = 31;
const STEP: usize = 10;

#[derive(Template)]
#[template(path = "days.html")]
pub struct Chart {
    label: String,
    width: usize,
    bars: Vec<Bar>,
}

impl askama::filters::HtmlSafe for Chart {}

struct Bar {
    x: usize,
    joined: u64,
    left: u64,
}

/// A day on which something happened.
pub struct Row {
    pub date: String,
    pub said: String,
}

pub struct Days {
    pub chart: Chart,
    pub said: String,
    /// The latest first.
    pub rows: Vec<Row>,
}

/// `None` when counting takes longer than a page may.
pub async fn days(frame: &Frame, segments: &Segments, key: &str) -> Result<Option<Days>, Problem> {
    let zone = frame.tongue().zone().iana_name().unwrap_or("UTC");
    let wanted = DaysWanted {
        zone: zone.to_owned(),
        ..DaysWanted::default()
    };
    match tokio::time::timeout(WAITS, segments.days(key, &wanted)).await {
        Ok(Ok(days)) => Ok(Some(drawn(frame, &days))),
        Err(_) | Ok(Err(Refused::Reason(_))) => Ok(None),
        Ok(Err(why)) => Err(why.into()),
    }
}

fn drawn(frame: &Frame, days: &[Day]) -> Days {
    let highest = days
        .iter()
        .map(|day| day.joined.max(day.left))
        .max()
        .unwrap_or_default();
    // What happened at all is seen.
    let scaled = |count: u64| match count {
        0 => 0,
        count => (count.saturating_mul(HIGH) / highest.max(1)).max(1),
    };
    let bars = days.iter().enumerate().map(|(at, day)| Bar {
        x: at * STEP + 1,
        joined: scaled(day.joined),
        left: scaled(day.left),
    });
    let (joined, left) = days.iter().fold((0, 0), |(joined, left), day| {
        (joined + day.joined, left + day.left)
    });
    let said = counts(frame, joined, left);
    let rows = days.iter().rev().filter(|day| day.joined + day.left > 0);
    let row = |day: &Day| Row {
        date: frame.tongue().date(day.begins),
        said: counts(frame, day.joined, day.left),
    };
    Days {
        chart: Chart {
            label: said.clone(),
            width: days.len() * STEP,
            bars: bars.collect(),
        },
        rows: rows.map(row).collect(),
        said,
    }
}

fn counts(frame: &Frame, joined: u64, left: u64) -> String {
    frame
        .say("days-said")
        .with("joined", said::grouped(frame, joined))
        .with("left", said::grouped(frame, left))
        .to_string()
}
