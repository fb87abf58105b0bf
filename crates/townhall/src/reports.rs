//! Sentry and OpenTelemetry: each is a feature of the build and a key of the configuration, and is absent unless
//! both are there. What they send is what is logged: errors as events to Sentry, spans as traces to the collector.

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::config::Config;

/// Keeps the connections to the outside; dropped at the end, it sends what is still waiting.
#[derive(Default)]
#[must_use = "reports stop when this is dropped"]
pub struct Reports {
    #[cfg(feature = "sentry")]
    _sentry: Option<sentry::ClientInitGuard>,
    #[cfg(feature = "otel")]
    _traces: Option<traces::Sending>,
}

type Layers<S> = Vec<Box<dyn Layer<S> + Send + Sync>>;

#[cfg_attr(
    not(any(feature = "sentry", feature = "otel")),
    expect(unused, reason = "nothing to report to")
)]
pub(crate) fn layers<S>(config: &Config) -> anyhow::Result<(Layers<S>, Reports)>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let mut layers: Layers<S> = Vec::new();
    let mut reports = Reports::default();
    #[cfg(feature = "sentry")]
    if !config.sentry.dsn.reveal().is_empty() {
        let (layer, guard) = errors::start(config)?;
        layers.push(layer);
        reports._sentry = Some(guard);
    }
    #[cfg(feature = "otel")]
    if !config.opentelemetry.endpoint.is_empty() {
        let (layer, sending) = traces::start(config)?;
        layers.push(layer);
        reports._traces = Some(sending);
    }
    Ok((layers, reports))
}

#[cfg(feature = "sentry")]
mod errors {
    use std::time::Duration;

    use super::*;

    /// At the end of the program, waiting errors get this long to leave.
    const FAREWELL: Duration = Duration::from_secs(2);

    pub(super) fn start<S>(
        config: &Config,
    ) -> anyhow::Result<(Box<dyn Layer<S> + Send + Sync>, sentry::ClientInitGuard)>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let dsn = config.sentry.dsn.reveal().parse::<sentry::types::Dsn>();
        let dsn = dsn.map_err(|e| anyhow::anyhow!("sentry.dsn: {e}; copy it from the project's settings"))?;
        let mut options = sentry::ClientOptions::new()
            .release(concat!("townhall@", env!("CARGO_PKG_VERSION")))
            .environment(config.sentry.environment.clone())
            .send_default_pii(false)
            .shutdown_timeout(FAREWELL);
        options.dsn = Some(dsn);
        let guard = sentry::init(options);
        Ok((sentry::integrations::tracing::layer().boxed(), guard))
    }
}

#[cfg(feature = "otel")]
mod traces {
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};

    use super::*;

    /// Sends the last spans when it is dropped.
    pub(super) struct Sending(SdkTracerProvider);

    impl Drop for Sending {
        fn drop(&mut self) {
            if let Err(e) = self.0.shutdown() {
                tracing::warn!(error = %e, "the last traces could not be sent");
            }
        }
    }

    pub(super) fn start<S>(config: &Config) -> anyhow::Result<(Box<dyn Layer<S> + Send + Sync>, Sending)>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let settings = &config.opentelemetry;
        let endpoint = format!("{}/v1/traces", settings.endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(endpoint)
            .build();
        let exporter = exporter.map_err(|e| anyhow::anyhow!("opentelemetry.endpoint: {e}"))?;
        let share = f64::from(settings.sample_percent) / 100.0;
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
            .with_resource(Resource::builder().with_service_name("townhall").build())
            .with_batch_exporter(exporter)
            .build();
        let tracer = provider.tracer("townhall");
        // Only spans of this program: the exporter's own client would otherwise trace itself for ever.
        let ours = tracing_subscriber::filter::filter_fn(|about| {
            ["townhall", "front", "bell", "post", "registry", "store"]
                .iter()
                .any(|name| about.target().split("::").next() == Some(name))
        });
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_filter(ours);
        Ok((layer.boxed(), Sending(provider)))
    }
}
