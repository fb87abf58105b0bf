//! The routes of a service, and the table of all of them.
//!
//! There is no way to add a route without [`Access`]: each method here takes it, puts the gate before the handler,
//! writes it into the OpenAPI document, and notes it in the table that the walk test reads. Mistakes in the table
//! itself (the same route twice) are collected and refuse the start.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter};
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, header};
use tonic::server::NamedService;
use tower::Service;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::UtoipaMethodRouter;

use crate::gate::{Gate, Place};
use crate::{Access, Code, Problem, openapi};

/// What a route is for; decides how problems are told there and which headers answers get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JSON for programs; stands in the OpenAPI document.
    Api,
    /// For browsers.
    Page,
    Grpc,
    /// WebDAV and CalDAV: for calendars of phones and desks. Not in the OpenAPI document, which cannot say PROPFIND.
    Dav,
    /// For those who run the server: answers while requests are shed.
    Probe,
}

/// One route as it was declared.
#[derive(Clone, Debug)]
pub struct RouteEntry {
    pub service: &'static str,
    pub method: Method,
    /// With parameters in braces: `/api/v1/people/{id}`.
    pub path: String,
    pub access: Access,
    pub kind: Kind,
    pub operation_id: Option<String>,
}

/// The routes of one service (`S` is its handlers' state), or of all after [`Routes::with_state`] and [`Routes::merge`].
pub struct Routes<S = ()> {
    service: &'static str,
    pub(crate) router: Router<S>,
    pub(crate) openapi: OpenApi,
    pub(crate) table: Vec<RouteEntry>,
    pub(crate) grpc_services: Vec<&'static str>,
    pub(crate) descriptors: Vec<&'static [u8]>,
    /// Whose bodies may be whole files.
    pub(crate) files: Declared,
    /// That pages of other origins may call.
    pub(crate) elsewhere: Declared,
    pub(crate) allowed: Vec<Allowed>,
    pub(crate) faults: Vec<String>,
}

/// What a path of WebDAV says in `Allow`, once all routes are known.
#[derive(Clone, Debug)]
pub(crate) struct Allowed {
    path: String,
    methods: Arc<OnceLock<HeaderValue>>,
}

/// Routes of which something was declared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared(Vec<(Method, String)>);

impl Declared {
    pub fn has(&self, method: &Method, path: &str) -> bool {
        let fits = |known: &str| {
            let (mut known, mut given) = (known.split('/'), path.split('/'));
            loop {
                match (known.next(), given.next()) {
                    (None, None) => return true,
                    (Some(known), Some(given)) if known == given || known.starts_with('{') => {}
                    _ => return false,
                }
            }
        };
        let mut routes = self.0.iter();
        routes.any(|(known, path)| known == method && fits(path))
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub fn new(service: &'static str) -> Routes<S> {
        Routes {
            service,
            router: Router::new(),
            openapi: OpenApi::default(),
            table: Vec::new(),
            grpc_services: Vec::new(),
            descriptors: Vec::new(),
            files: Declared::default(),
            elsewhere: Declared::default(),
            allowed: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Adds handlers of one path that were written with `#[utoipa::path]`:
    /// `.api(Access::SIGNED_IN, routes!(profile, change_profile))`.
    pub fn api(mut self, access: Access, (schemas, mut paths, handlers): UtoipaMethodRouter<S>) -> Routes<S> {
        if paths.paths.len() > 1 {
            let names = paths.paths.keys().map(String::as_str).collect::<Vec<_>>();
            self.faults.push(format!(
                "one call of `api` declares several paths: {}",
                names.join(", ")
            ));
        }
        let mut declared = None;
        for (path, item) in &mut paths.paths {
            for (method, operation) in openapi::operations(item) {
                openapi::complete(operation, self.service, path, &method, access);
                let operation_id = operation.operation_id.clone();
                self.note(method, path, access, Kind::Api, operation_id);
            }
            declared = Some(path.clone());
        }
        let Some(path) = declared else {
            self.faults.push("`api` was called without a handler".to_owned());
            return self;
        };
        self.mount(&path, access, Kind::Api, handlers);
        openapi::add(&mut self.openapi, schemas, paths);
        self
    }

    /// The same, of handlers that read their body with [`Pieces`](crate::Pieces): it may have as many bytes as
    /// [`Limits::file_bytes_max`](crate::Limits::file_bytes_max) says, and take as long as it keeps coming.
    pub fn api_of_files(mut self, access: Access, routes: UtoipaMethodRouter<S>) -> Routes<S> {
        let before = self.table.len();
        self = self.api(access, routes);
        let new = self.table.iter().skip(before);
        self.files
            .0
            .extend(new.map(|entry| (entry.method.clone(), entry.path.clone())));
        self
    }

    /// The same as [`api`](Routes::api), of handlers that pages of other origins may call, when
    /// [`Setup::origins`](crate::Setup::origins) names them.
    pub fn api_for_elsewhere(mut self, access: Access, routes: UtoipaMethodRouter<S>) -> Routes<S> {
        let before = self.table.len();
        self = self.api(access, routes);
        let new = self.table.iter().skip(before);
        self.elsewhere
            .0
            .extend(new.map(|entry| (entry.method.clone(), entry.path.clone())));
        self
    }

    /// Adds a page, or what belongs to pages (a form, a style sheet).
    pub fn page<H, T>(self, access: Access, method: Method, path: &str, handler: H) -> Routes<S>
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.plain(access, Kind::Page, method, path, handler)
    }

    /// Adds what is neither a page nor in the OpenAPI document: probes, documents, published keys.
    pub fn plain<H, T>(
        mut self,
        access: Access,
        kind: Kind,
        method: Method,
        path: &str,
        handler: H,
    ) -> Routes<S>
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let Ok(filter) = MethodFilter::try_from(method.clone()) else {
            self.faults
                .push(format!("{path}: no route can have the method {method}"));
            return self;
        };
        self.note(method, path, access, kind, None);
        self.mount(path, access, kind, axum::routing::on(filter, handler));
        self
    }

    /// Adds a path of WebDAV with all of its methods, which the handler tells apart: a router of axum knows those of HTTP only.
    /// Other methods are answered before the gate, as everywhere. A collection is the same without the slash at its end.
    pub fn dav<H, T>(mut self, access: Access, methods: &[Method], path: &str, handler: H) -> Routes<S>
    where
        H: Handler<T, S>,
        T: 'static,
    {
        for method in methods {
            self.note(method.clone(), path, access, Kind::Dav, None);
        }
        if !self.faults.is_empty() {
            return self;
        }
        let place = Arc::new(Place::new(path, access, Kind::Dav));
        let allowed = Allowed {
            path: path.to_owned(),
            methods: Arc::default(),
        };
        let (known, allow) = (Arc::<[Method]>::from(methods), Arc::clone(&allowed.methods));
        let gated = axum::routing::any(handler)
            .layer(tower::layer::layer_fn(move |inner| {
                Gate::new(inner, Arc::clone(&place))
            }))
            .layer(tower::layer::layer_fn(move |inner| Known {
                inner,
                methods: Arc::clone(&known),
                allow: Arc::clone(&allow),
            }));
        self.allowed.push(allowed);
        let router = std::mem::take(&mut self.router).route(path, gated.clone());
        self.router = match path.strip_suffix('/') {
            None | Some("") => router,
            Some(bare) => router.route(bare, gated),
        };
        self
    }

    /// Adds a gRPC service. Each of its methods that is named here is open as said; others do not exist.
    /// `descriptors` is its encoded file descriptor set, for reflection.
    pub fn grpc<G>(
        mut self,
        service: &G,
        methods: &[(&str, Access)],
        descriptors: Option<&'static [u8]>,
    ) -> Routes<S>
    where
        G: Service<Request, Error = Infallible> + NamedService + Clone + Send + Sync + 'static,
        G::Response: IntoResponse + 'static,
        G::Future: Send + 'static,
    {
        for (method, access) in methods {
            let path = format!("/{}/{method}", G::NAME);
            self.note(Method::POST, &path, *access, Kind::Grpc, None);
            self.mount(
                &path,
                *access,
                Kind::Grpc,
                axum::routing::post_service(service.clone()),
            );
        }
        self.grpc_services.push(G::NAME);
        self.descriptors.extend(descriptors);
        self
    }

    fn note(&mut self, method: Method, path: &str, access: Access, kind: Kind, operation_id: Option<String>) {
        if self
            .table
            .iter()
            .any(|entry| entry.method == method && entry.path == path)
        {
            self.faults.push(format!("{method} {path} is declared twice"));
        }
        self.table.push(RouteEntry {
            service: self.service,
            method,
            path: path.to_owned(),
            access,
            kind,
            operation_id,
        });
    }

    /// Puts the handlers behind the gate. `route_layer` leaves the answer to a wrong method outside.
    fn mount(&mut self, path: &str, access: Access, kind: Kind, handlers: MethodRouter<S>) {
        if !self.faults.is_empty() {
            return;
        }
        let place = Arc::new(Place::new(path, access, kind));
        let gated = handlers.route_layer(tower::layer::layer_fn(move |inner| {
            Gate::new(inner, Arc::clone(&place))
        }));
        self.router = std::mem::take(&mut self.router).route(path, gated);
    }

    /// Gives the handlers their state.
    pub fn with_state(self, state: S) -> Routes {
        Routes {
            service: self.service,
            router: self.router.with_state(state),
            openapi: self.openapi,
            table: self.table,
            grpc_services: self.grpc_services,
            descriptors: self.descriptors,
            files: self.files,
            elsewhere: self.elsewhere,
            allowed: self.allowed,
            faults: self.faults,
        }
    }

    /// The routes of both.
    pub fn merge(mut self, other: Routes<S>) -> Routes<S> {
        for entry in &other.table {
            if self
                .table
                .iter()
                .any(|mine| mine.method == entry.method && mine.path == entry.path)
            {
                self.faults
                    .push(format!("{} {} is declared twice", entry.method, entry.path));
            }
        }
        self.faults.extend(other.faults);
        self.faults
            .extend(openapi::collisions(&self.openapi, &other.openapi));
        self.table.extend(other.table);
        self.grpc_services.extend(other.grpc_services);
        self.descriptors.extend(other.descriptors);
        self.files.0.extend(other.files.0);
        self.elsewhere.0.extend(other.elsewhere.0);
        self.allowed.extend(other.allowed);
        self.openapi.merge(other.openapi);
        if self.faults.is_empty() {
            self.router = self.router.merge(other.router);
        }
        self
    }

    /// Tells each path of WebDAV what else is at its place.
    pub(crate) fn tell_allowed(&self) {
        for allowed in &self.allowed {
            let here = self.table.iter().filter(|entry| entry.path == allowed.path);
            let methods: Vec<&str> = here.map(|entry| entry.method.as_str()).collect();
            if let Ok(value) = HeaderValue::try_from(methods.join(", ")) {
                // Told twice it is told the same.
                let _ = allowed.methods.set(value);
            }
        }
    }

    /// Every route, for the walk test and the docs.
    pub fn table(&self) -> &[RouteEntry] {
        &self.table
    }
}

/// Lets pass the methods that a path was declared with.
#[derive(Clone)]
struct Known<S> {
    inner: S,
    methods: Arc<[Method]>,
    allow: Arc<OnceLock<HeaderValue>>,
}

impl<S> Service<Request> for Known<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if self.methods.contains(request.method()) {
            return Box::pin(self.inner.call(request));
        }
        let allow = self.allow.get().cloned();
        let problem = Problem::new(Code::MethodNotAllowed);
        let problem = match allow {
            Some(allow) => problem.header(header::ALLOW, allow),
            None => problem,
        };
        Box::pin(std::future::ready(Ok(problem.into_response())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gatekeeper::tests::Nobody;
    use crate::{Body, ETag, Front, IfMatch, InPath, Problem, Role, Setup, routes};

    #[derive(serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
    struct Thing {
        name: String,
    }

    #[utoipa::path(put, path = "/api/things/{id}", operation_id = "change_thing", request_body = Thing,
        params(("id" = String, Path), ("If-Match" = String, Header)), responses((status = OK, body = Thing)))]
    async fn change(_: InPath<u32>, _: IfMatch, body: Body<Thing>) -> Result<(ETag, Body<Thing>), Problem> {
        Ok((ETag::of(1), body))
    }

    fn built(routes: Routes) -> Result<Front, String> {
        Front::build(routes, Setup::new(Arc::new(Nobody))).map_err(|error| error.to_string())
    }

    #[test]
    fn a_route_that_is_declared_twice_refuses_the_start() {
        let page = || Routes::new("a").page(Access::PUBLIC, Method::GET, "/x", async || "x");
        let said = built(page().page(Access::SIGNED_IN, Method::GET, "/x", async || "y")).err();
        assert!(said.is_some_and(|said| said.contains("GET /x is declared twice")));
        assert!(built(page().merge(page())).is_err());
        assert!(built(page().page(Access::PUBLIC, Method::POST, "/x", async || "y")).is_ok());
    }

    mod elsewhere {
        /// Shares its name with another.
        #[derive(serde::Deserialize, utoipa::ToSchema)]
        pub struct Thing {
            pub size: u32,
        }
    }

    #[utoipa::path(post, path = "/api/sizes", operation_id = "measure", request_body = elsewhere::Thing,
        responses((status = NO_CONTENT)))]
    async fn measure(Body(thing): Body<elsewhere::Thing>) -> Result<(), Problem> {
        let fits = thing.size > 0;
        fits.then_some(()).ok_or_else(Problem::not_found)
    }

    #[test]
    fn two_things_of_one_name_refuse_the_start() {
        let things = || Routes::new("a").api(Access::PUBLIC, routes!(change));
        let sizes = || Routes::new("b").api(Access::PUBLIC, routes!(measure));
        assert!(built(things()).is_ok() && built(sizes()).is_ok());
        let said = built(things().merge(sizes())).err();
        assert!(said.is_some_and(|said| said.contains("two schemas are named Thing")));
    }

    #[test]
    fn what_the_front_knows_of_a_route_stands_in_its_operation() {
        const ADMIN: &[Role] = &[Role::on("admin", "house")];
        let access = Access::role(ADMIN).or_key("things:write");
        let front = built(Routes::new("things").api(access, routes!(change))).unwrap();
        let document: serde_json::Value = serde_json::from_str(front.openapi()).unwrap();
        let operation = &document["paths"]["/api/things/{id}"]["put"];
        assert_eq!(operation["x-access"], access.to_json());
        assert_eq!(
            operation["security"],
            serde_json::json!([{"token": []}, {"cookie": []}, {"key": []}])
        );
        let answers: Vec<&str> = operation["responses"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let expected = "200 400 401 403 404 408 409 412 413 415 422 428 429 500 503";
        assert_eq!(answers, expected.split(' ').collect::<Vec<_>>());
        let entry = front
            .table()
            .iter()
            .find(|entry| entry.path == "/api/things/{id}")
            .unwrap();
        assert_eq!((&entry.method, entry.access), (&Method::PUT, access));
        assert_eq!(entry.operation_id.as_deref(), Some("change_thing"));
    }

    #[test]
    fn whole_files_are_taken_only_where_that_was_declared() {
        let routes = Routes::<()>::new("things").api_of_files(Access::PUBLIC, routes!(change));
        for (method, path, expected) in [
            (Method::PUT, "/api/things/7", true),
            (Method::POST, "/api/things/7", false),
            (Method::PUT, "/api/things/7/more", false),
            (Method::PUT, "/api/things", false),
        ] {
            assert_eq!(routes.files.has(&method, path), expected, "{method} {path}");
        }
    }

    #[tokio::test]
    async fn a_path_of_webdav_takes_its_own_methods_and_names_all_that_are_there() {
        let propfind = Method::from_bytes(b"PROPFIND").unwrap();
        let dav = Routes::new("dav").dav(
            Access::PUBLIC,
            std::slice::from_ref(&propfind),
            "/x/",
            async || "dav",
        );
        let front = built(dav.page(Access::PUBLIC, Method::GET, "/x/", async || "page")).unwrap();
        let ask = async |method: Method, path: &str| {
            let request = Request::builder().method(method).uri(path);
            let request = request.body(axum::body::Body::empty()).unwrap();
            front.answer(request, std::net::Ipv4Addr::LOCALHOST.into()).await
        };
        for (method, path, status) in [
            (propfind.clone(), "/x/", 200),
            (propfind.clone(), "/x", 200),
            (Method::GET, "/x/", 200),
            (Method::PUT, "/x/", 405),
        ] {
            let answer = ask(method.clone(), path).await;
            assert_eq!(answer.status(), status, "{method} {path}");
        }
        assert_eq!(ask(Method::PUT, "/x/").await.headers()["allow"], "PROPFIND, GET");
    }

    #[test]
    fn the_fronts_own_routes_stand_in_the_table_too() {
        let front = built(Routes::new("things").api(Access::PUBLIC, routes!(change))).unwrap();
        for path in [
            "/healthz",
            "/readyz",
            "/metrics",
            "/api/docs/",
            "/grpc.health.v1.Health/Check",
        ] {
            assert!(front.table().iter().any(|entry| entry.path == path), "{path}");
        }
    }
}
