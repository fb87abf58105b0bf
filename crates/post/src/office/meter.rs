//! What is counted of letters on their way.

use kernel::Moment;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, histogram};

use super::record::Decided;
use crate::letters::{Letter, State};
use crate::writing::Desks;

pub(crate) fn describe() {
    describe_counter!(
        "townhall_post_letters_total",
        "Steps of letters, by kind, provider and the state they led to."
    );
    describe_histogram!(
        "townhall_post_due_to_handed_over_seconds",
        "From the instant a letter was due for the first time to its hand-over."
    );
    describe_counter!("townhall_post_refusals_total", "Refusals, by provider and class.");
    describe_gauge!(
        "townhall_post_breaker_open",
        "Whether a provider is left alone because it was in trouble."
    );
    describe_gauge!(
        "townhall_post_letters",
        "Letters that somebody still has to look after, by kind and state."
    );
    describe_gauge!(
        "townhall_post_oldest_seconds",
        "Age of the oldest letter that is due, by lane."
    );
    describe_gauge!(
        "townhall_post_stream_held",
        "Whether a stream stands still because servers refused it for policy."
    );
    describe_gauge!(
        "townhall_post_book_difference",
        "Letters by which the book and the rows differ; anything but 0 is a fault of ours."
    );
}

/// Steps that are written down now. Most of a batch are alike, and asking for a counter costs more than counting.
pub(super) fn kept(desks: &Desks, decided: &[Decided]) {
    let mut alike: Vec<(i64, &str, State, u64)> = Vec::new();
    for one in decided.iter().filter(|one| !one.change.steps.is_empty()) {
        let step = (one.kind, one.change.provider.as_str(), one.change.next.state);
        let known = alike
            .iter_mut()
            .find(|(kind, provider, state, _)| (*kind, *provider, *state) == step);
        match known {
            Some((.., count)) => *count += 1,
            None => alike.push((step.0, step.1, step.2, 1)),
        }
    }
    for (kind, provider, state, count) in alike {
        counter!(
            "townhall_post_letters_total",
            "kind" => desks.name_of(kind),
            "provider" => provider.to_owned(),
            "state" => state.name()
        )
        .increment(count);
    }
}

pub(super) fn handed_over(desks: &Desks, letter: &Letter, at: Moment) {
    let since = letter.not_before.max(letter.asked);
    let millis = u32::try_from(at.micros_since(since).max(0) / 1000).unwrap_or(u32::MAX);
    histogram!(
        "townhall_post_due_to_handed_over_seconds",
        "kind" => desks.name_of(letter.kind),
        "provider" => letter.provider.clone()
    )
    .record(f64::from(millis) / 1000.0);
}
