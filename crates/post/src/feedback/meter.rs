//! What is counted of what was heard.

use metrics::{counter, describe_counter};

use super::types::Source;

pub(super) fn describe() {
    describe_counter!(
        "townhall_post_feedback_total",
        "What was heard of letters, by who said it and what came of it: what it was, or why it was ignored."
    );
}

/// `what`: what was said, or why nothing came of it.
pub(super) fn heard(source: Source, what: &'static str) {
    many(source, what, 1);
}

pub(super) fn many(source: Source, what: &'static str, times: usize) {
    counter!("townhall_post_feedback_total", "source" => source.name(), "what" => what)
        .increment(u64::try_from(times).unwrap_or(u64::MAX));
}
