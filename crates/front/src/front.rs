//! All routes put together into something that answers requests.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use bytes::Bytes;
use http::Request;
use tonic_health::server::HealthReporter;
use tower_http::CompressionLevel;
use tower_http::compression::Compression;

use crate::answer::{Answering, WorthCompressing};
use crate::boundary::{Boundary, Origin};
use crate::elsewhere::Elsewhere;
use crate::frame::{self, Nav};
use crate::gate::Inside;
use crate::meter::{RouteMeter, ServerMeter};
use crate::probes::{Probes, Readiness};
use crate::{Access, Gatekeeper, Limits, Metrics, Problem, RouteEntry, Routes, docs, openapi, probes};

/// What the front is told by the program that it is part of.
#[derive(Clone)]
pub struct Setup {
    pub gatekeeper: Arc<dyn Gatekeeper>,
    pub limits: Limits,
    pub readiness: Readiness,
    /// What `/metrics` shows; without it there is nothing to see there.
    pub metrics: Option<Metrics>,
    /// Who may see `/metrics`.
    pub metrics_access: Access,
    /// Where the header of each page leads.
    pub nav: Nav,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Origins whose pages may call what was declared for pages of other origins, as browsers say them.
    pub origins: Vec<String>,
    /// The outside speaks https, by our TLS or a proxy's.
    pub https: bool,
    /// The version that the OpenAPI document names.
    pub version: String,
}

impl Setup {
    pub fn new(gatekeeper: Arc<dyn Gatekeeper>) -> Setup {
        Setup {
            gatekeeper,
            limits: Limits::default(),
            readiness: Readiness::new(),
            metrics: None,
            metrics_access: Access::PUBLIC,
            nav: Nav::default(),
            trusted_proxies: Vec::new(),
            origins: Vec::new(),
            https: false,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The route table contradicts itself.
#[derive(Debug, thiserror::Error)]
#[error("the routes cannot be put together: {}", .0.join("; "))]
pub struct BadRoutes(Vec<String>);

/// Everything that is served, ready to answer.
#[derive(Clone)]
pub struct Front(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub boundary: Boundary,
    pub readiness: Readiness,
    pub metrics: Option<Metrics>,
    pub health: HealthReporter,
    pub grpc_services: Vec<&'static str>,
    table: Vec<RouteEntry>,
    document: Bytes,
}

impl Front {
    /// Puts the routes of all services together with the front's own.
    pub fn build(routes: Routes, setup: Setup) -> Result<Front, BadRoutes> {
        let (health, routes) = with_grpc(routes.merge(docs::api()))?;
        let mut routes = routes;
        openapi::finish(&mut routes.openapi, &setup.version);
        let document = routes
            .openapi
            .to_json()
            .map_err(|error| BadRoutes(vec![error.to_string()]))?;
        let document = Bytes::from(document);
        let probes = Probes {
            readiness: setup.readiness.clone(),
            metrics: setup.metrics.clone(),
        };
        let routes = routes
            .merge(docs::browse(document.clone()))
            .merge(probes::routes(probes, setup.metrics_access))
            .merge(frame::routes(setup.https));
        if !routes.faults.is_empty() {
            return Err(BadRoutes(routes.faults));
        }
        routes.tell_allowed();
        let router: Router = routes
            .router
            .fallback(|| async { Problem::not_found() })
            // The boundary bounds every body; a second bound inside would only be another number.
            .layer(DefaultBodyLimit::disable());
        Ok(Front(Arc::new(Inner {
            boundary: Boundary {
                compressing: compressing(router.clone()),
                plain: router,
                inside: Arc::new(Inside {
                    gatekeeper: setup.gatekeeper,
                    nav: setup.nav.clone(),
                }),
                answering: Answering {
                    nav: setup.nav,
                    https: setup.https,
                    nowhere: RouteMeter::new(),
                },
                limits: setup.limits,
                files: routes.files,
                elsewhere: Elsewhere {
                    origins: setup.origins,
                    routes: routes.elsewhere,
                },
                trusted_proxies: setup.trusted_proxies,
                meter: ServerMeter::new(),
                in_flight: AtomicUsize::new(0),
            },
            readiness: setup.readiness,
            metrics: setup.metrics,
            health,
            grpc_services: routes.grpc_services,
            table: routes.table,
            document,
        })))
    }

    /// Every route that is served.
    pub fn table(&self) -> &[RouteEntry] {
        &self.0.table
    }

    /// The OpenAPI document as JSON.
    pub fn openapi(&self) -> &str {
        std::str::from_utf8(&self.0.document).unwrap_or_default()
    }

    /// Answers one request as the server would, for whoever is in the same process.
    pub async fn answer(&self, request: Request<Body>, address: IpAddr) -> Response {
        let origin = Origin {
            address,
            lobby: false,
        };
        self.0.boundary.answer(request, origin).await
    }
}

fn compressing(router: Router) -> Compression<Router, WorthCompressing> {
    Compression::new(router)
        .br(true)
        .gzip(true)
        // Brotli's own default takes milliseconds for a page; four is near gzip's cost and better.
        .quality(CompressionLevel::Precise(4))
        .compress_when(WorthCompressing)
}

/// Adds health and reflection, which every gRPC client expects.
fn with_grpc(routes: Routes) -> Result<(HealthReporter, Routes), BadRoutes> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let bad = |error: tonic_reflection::server::Error| BadRoutes(vec![format!("reflection: {error}")]);
    let configured = || {
        let builder = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
        let descriptors = routes.descriptors.iter();
        descriptors.fold(builder, |builder, set| {
            builder.register_encoded_file_descriptor_set(set)
        })
    };
    let v1 = configured().build_v1().map_err(bad)?;
    let v1alpha = configured().build_v1alpha().map_err(bad)?;
    let open = |method: &'static str| [(method, Access::PUBLIC)];
    let ours = Routes::new("front")
        .grpc(
            &health,
            &[("Check", Access::PUBLIC), ("Watch", Access::PUBLIC)],
            None,
        )
        .grpc(&v1, &open("ServerReflectionInfo"), None)
        .grpc(&v1alpha, &open("ServerReflectionInfo"), None);
    Ok((reporter, routes.merge(ours)))
}
