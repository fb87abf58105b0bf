//! What the front counts, and how it is read.
//!
//! Labels are route templates, never addresses, so that their number is bounded by the route table. Handles are kept
//! with each route: counting a request costs a few atomic additions.

use std::sync::OnceLock;
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use parking_lot::RwLock;

/// Seconds at which durations are counted: from a read in memory to a request that runs into its time limit.
const SECONDS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    30.0,
];

/// The metrics of this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Starts counting. The first call decides; later ones, as in tests with several servers, get the same.
    pub fn install() -> Result<Metrics, String> {
        static INSTALLED: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
        let installed = INSTALLED.get_or_init(|| {
            let builder = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
                .map_err(|error| error.to_string())?;
            let handle = builder.install_recorder().map_err(|error| error.to_string())?;
            describe();
            Ok(handle)
        });
        installed.clone().map(Metrics)
    }

    /// In the text format of Prometheus.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// As OpenMetrics 1.0 has it: a counter's family is named without `_total`, and the text says where it ends.
    pub fn render_openmetrics(&self) -> String {
        open_metrics(&self.render())
    }

    /// Folds samples into histograms; without it they pile up between two scrapes.
    pub(crate) fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

fn open_metrics(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.lines().filter(|line| !line.is_empty()) {
        let comment = line.strip_prefix("# TYPE ").map(|rest| ("# TYPE ", rest));
        let comment = comment.or_else(|| line.strip_prefix("# HELP ").map(|rest| ("# HELP ", rest)));
        match comment.and_then(|(kind, rest)| Some((kind, rest.split_once(' ')?))) {
            Some((kind, (name, rest))) => {
                let family = name.strip_suffix("_total").unwrap_or(name);
                out.extend([kind, family, " ", rest, "\n"]);
            }
            None => out.extend([line, "\n"]),
        }
    }
    out.push_str("# EOF\n");
    out
}

fn describe() {
    describe_counter!(
        "townhall_http_requests_total",
        "Requests answered, by route, method and status"
    );
    describe_histogram!(
        "townhall_http_request_seconds",
        "Time from the headers of a request to its answer"
    );
    describe_counter!(
        "townhall_http_requests_shed_total",
        "Requests refused because the server was full"
    );
    describe_counter!("townhall_http_panics_total", "Handlers that panicked");
    describe_counter!(
        "townhall_limit_reached_total",
        "How often a limit was reached, by limit"
    );
    describe_gauge!("townhall_http_requests_in_flight", "Requests being answered");
    describe_gauge!("townhall_http_connections", "Open connections");
}

/// Counts that a limit was reached.
pub(crate) fn limit_reached(limit: &'static str) {
    counter!("townhall_limit_reached_total", "limit" => limit).increment(1);
}

/// What is counted of the server as a whole.
pub(crate) struct ServerMeter {
    pub shed: Counter,
    pub panics: Counter,
    pub in_flight: Gauge,
    pub connections: Gauge,
}

impl ServerMeter {
    pub fn new() -> ServerMeter {
        ServerMeter {
            shed: counter!("townhall_http_requests_shed_total"),
            panics: counter!("townhall_http_panics_total"),
            in_flight: gauge!("townhall_http_requests_in_flight"),
            connections: gauge!("townhall_http_connections"),
        }
    }
}

/// What is counted of one route.
pub(crate) struct RouteMeter {
    seconds: OnceLock<Histogram>,
    answers: RwLock<Vec<(Method, StatusCode, Counter)>>,
}

impl RouteMeter {
    pub const fn new() -> RouteMeter {
        RouteMeter {
            seconds: OnceLock::new(),
            answers: RwLock::new(Vec::new()),
        }
    }

    pub fn count(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        let histogram = || histogram!("townhall_http_request_seconds", "route" => route.to_owned());
        self.seconds.get_or_init(histogram).record(took.as_secs_f64());
        let same = |(m, s, _): &&(Method, StatusCode, Counter)| *s == status && m == method;
        if let Some((_, _, counter)) = self.answers.read().iter().find(same) {
            counter.increment(1);
            return;
        }
        // A method of somebody's own invention must not become a label.
        let known = matches!(
            method.as_str(),
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS"
        );
        let label = if known {
            method.as_str().to_owned()
        } else {
            "other".to_owned()
        };
        let counter = counter!(
            "townhall_http_requests_total",
            "route" => route.to_owned(), "method" => label, "status" => status.as_str().to_owned()
        );
        counter.increment(1);
        if known {
            self.answers.write().push((method.clone(), status, counter));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openmetrics_names_counters_as_it_wants_them_and_ends() {
        let text =
            "# HELP a_total How many\n# TYPE a_total counter\na_total{x=\"1\"} 2\n\n# TYPE b gauge\nb 3\n";
        assert_eq!(
            open_metrics(text),
            "# HELP a How many\n# TYPE a counter\na_total{x=\"1\"} 2\n# TYPE b gauge\nb 3\n# EOF\n"
        );
    }
}
