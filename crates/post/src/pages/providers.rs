//! The providers for administrators: how each of them is, as this process knows it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Frame, When, shown};

use crate::Post;
use crate::words::WORDS;

#[derive(Template)]
#[template(path = "providers.html")]
struct ProvidersPage {
    frame: Frame,
    providers: Vec<ProviderRow>,
}

struct ProviderRow {
    name: String,
    well: bool,
    breaker: String,
    open_until: Option<When>,
    limits: String,
    counts: String,
    trouble: Option<(When, String)>,
}

pub async fn list(State(post): State<Post>, frame: Frame) -> Response {
    let frame = frame.over(&WORDS);
    let rows = post.providers().into_iter().map(|line| ProviderRow {
        well: line.breaker == "closed",
        breaker: frame
            .say_of("breaker", line.breaker)
            .unwrap_or_else(|| line.breaker.to_owned()),
        open_until: line.open_until.map(|until| frame.when(until)),
        limits: frame
            .say("providers-limits")
            .with("order", line.order)
            .with("weight", line.weight)
            .with("concurrency", line.concurrency)
            .with("rate", line.rate_per_second)
            .to_string(),
        counts: frame
            .say("providers-counts")
            .with("out", line.out)
            .with("handed", line.handed_over)
            .with("refused", line.refused)
            .with("unsure", line.unsure)
            .to_string(),
        trouble: line.last_trouble.map(|(at, words)| (frame.when(at), words)),
        name: line.name,
    });
    shown(&ProvidersPage {
        providers: rows.collect(),
        frame,
    })
}
