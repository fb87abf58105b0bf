//! Whether the server is alive, whether it can serve and why not, and what it counted.
//!
//! Alive means that it answers at all: whoever watches restarts it otherwise. Ready means that a request would
//! succeed: whoever balances load sends requests elsewhere otherwise. A lost database must not restart the program, so
//! the two are kept apart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::future::{BoxFuture, join_all};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use parking_lot::Mutex;
use serde::Serialize;

use crate::limits::CHECK_SECONDS_MAX;
use crate::{Access, Kind, Metrics, Routes};

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// The named checks behind `/readyz`.
#[derive(Clone, Default)]
pub struct Readiness {
    checks: Vec<(String, Check)>,
    leaving: Arc<AtomicBool>,
    /// What the last look saw. Probes are answered while requests are shed, so they must not cost as much as one.
    seen: Arc<Mutex<Option<Seen>>>,
}

/// When somebody looked, and what they saw.
type Seen = (Instant, Vec<Checked>);

/// How long a look is good for.
const GOOD_FOR: Duration = Duration::from_millis(500);

/// How one check went. A reason is shown to everybody, so it names no address and no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    pub name: String,
    pub ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Readiness {
    pub fn new() -> Readiness {
        Readiness::default()
    }

    /// Adds a check that says in a sentence why the server cannot serve.
    pub fn check<F, Fut>(mut self, name: impl Into<String>, check: F) -> Readiness
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks
            .push((name.into(), Arc::new(move || Box::pin(check()))));
        self
    }

    /// From now on the server is not ready: it finishes what it accepted and leaves.
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// What the checks say, or said a moment ago.
    pub async fn look(&self) -> Vec<Checked> {
        let seen = self.seen.lock().clone();
        let fresh = seen.filter(|(when, _)| when.elapsed() < GOOD_FOR);
        let mut looked = match fresh {
            Some((_, looked)) => looked,
            None => {
                let looked = self.run().await;
                *self.seen.lock() = Some((Instant::now(), looked.clone()));
                looked
            }
        };
        let leaving = self.leaving.load(Ordering::Relaxed);
        looked.push(Checked {
            name: "server".to_owned(),
            ok: !leaving,
            reason: leaving.then(|| "shutting down".to_owned()),
        });
        looked
    }

    /// Runs all checks at once, each within its time.
    async fn run(&self) -> Vec<Checked> {
        let limit = Duration::from_secs(CHECK_SECONDS_MAX);
        join_all(self.checks.iter().map(|(name, check)| async move {
            let went = tokio::time::timeout(limit, check()).await;
            let reason = went
                .unwrap_or_else(|_| Err(format!("no answer within {CHECK_SECONDS_MAX} seconds")))
                .err();
            Checked {
                name: name.clone(),
                ok: reason.is_none(),
                reason,
            }
        }))
        .await
    }
}

/// What the probes read.
#[derive(Clone)]
pub(crate) struct Probes {
    pub readiness: Readiness,
    pub metrics: Option<Metrics>,
}

pub(crate) fn routes(probes: Probes, metrics: Access) -> Routes {
    Routes::new("front")
        .plain(Access::PUBLIC, Kind::Probe, Method::GET, "/healthz", healthz)
        .plain(Access::PUBLIC, Kind::Probe, Method::GET, "/readyz", readyz)
        .plain(metrics, Kind::Probe, Method::GET, "/metrics", show_metrics)
        .with_state(probes)
}

async fn healthz() -> &'static str {
    "alive\n"
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    checks: Vec<Checked>,
}

async fn readyz(State(probes): State<Probes>) -> Response {
    let checks = probes.readiness.look().await;
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, axum::Json(Ready { ready, checks })).into_response()
}

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const OPENMETRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// OpenMetrics for those who ask for it, as Prometheus does; else the text format that is easier to read.
async fn show_metrics(State(probes): State<Probes>, headers: HeaderMap) -> Response {
    let Some(metrics) = probes.metrics else {
        return crate::Problem::not_found()
            .detail("Nothing is counted here.")
            .into_response();
    };
    metrics.upkeep();
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    if accept.contains("application/openmetrics-text") {
        (
            [(header::CONTENT_TYPE, OPENMETRICS)],
            metrics.render_openmetrics(),
        )
            .into_response()
    } else {
        ([(header::CONTENT_TYPE, TEXT)], metrics.render()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn readiness_names_what_is_missing() {
        let readiness = Readiness::new()
            .check("database", async || Ok(()))
            .check("queue", async || Err("is full".to_owned()));
        let looked = readiness.look().await;
        let said: Vec<_> = looked
            .iter()
            .map(|c| (c.name.as_str(), c.reason.as_deref()))
            .collect();
        assert_eq!(
            said,
            [("database", None), ("queue", Some("is full")), ("server", None)]
        );
        readiness.leave();
        assert_eq!(readiness.look().await[2].reason.as_deref(), Some("shutting down"));
    }
}
