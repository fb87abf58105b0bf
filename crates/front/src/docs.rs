//! What the API says about itself: the OpenAPI document, a page to browse it, and the list of problem codes.
//!
//! All of it is served from within: the page loads nothing from another host.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde::Serialize;
use utoipa_swagger_ui::Config;

use crate::{Access, Code, Kind, Problem, Routes, routes};

pub(crate) const OPENAPI: &str = "/api/openapi.json";

/// One code of the closed list.
#[derive(Serialize, utoipa::ToSchema)]
struct CodeOut {
    code: &'static str,
    #[schema(value_type = i32)]
    status: u16,
    title: &'static str,
    meaning: &'static str,
}

/// All codes that a Problem can have
///
/// The list is closed: a program may branch on it.
#[utoipa::path(get, path = "/api/problems", operation_id = "list_problem_codes", tag = "front",
    responses((status = OK, body = Vec<CodeOut>)))]
async fn problems() -> axum::Json<Vec<CodeOut>> {
    let out = |code: &Code| CodeOut {
        code: code.name(),
        status: code.status().as_u16(),
        title: code.title(),
        meaning: code.meaning(),
    };
    axum::Json(Code::ALL.iter().map(out).collect())
}

/// The routes that stand in the document themselves.
pub(crate) fn api() -> Routes {
    Routes::new("front").api(Access::PUBLIC, routes!(problems))
}

#[derive(Clone)]
struct Docs {
    document: Bytes,
    page: Arc<Config<'static>>,
}

/// The routes that show the document.
pub(crate) fn browse(document: Bytes) -> Routes {
    // With its bar on top the page would bring inline styles, and without "none" it would show the document to a
    // validator on another host. So it needs no policy of its own.
    let page = Config::from(OPENAPI)
        .use_base_layout()
        .doc_expansion("none")
        .filter(true)
        .validator_url("none");
    Routes::new("front")
        .plain(Access::PUBLIC, Kind::Api, Method::GET, OPENAPI, openapi)
        .plain(Access::PUBLIC, Kind::Page, Method::GET, "/api/docs", || async {
            Redirect::to("/api/docs/")
        })
        .plain(Access::PUBLIC, Kind::Page, Method::GET, "/api/docs/", index)
        .plain(Access::PUBLIC, Kind::Page, Method::GET, "/api/docs/{file}", file)
        .with_state(Docs {
            document,
            page: Arc::new(page),
        })
}

async fn openapi(State(docs): State<Docs>) -> Response {
    (
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        docs.document,
    )
        .into_response()
}

async fn index(State(docs): State<Docs>) -> Response {
    shown(&docs, "index.html")
}

async fn file(State(docs): State<Docs>, Path(name): Path<String>) -> Response {
    shown(&docs, &name)
}

/// The files change only with the program, and have no hash in their names.
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

fn shown(docs: &Docs, name: &str) -> Response {
    match utoipa_swagger_ui::serve(name, Arc::clone(&docs.page)) {
        Ok(Some(file)) => {
            let kind = HeaderValue::try_from(file.content_type);
            let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
            let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FOR_AN_HOUR)];
            let mut response = (headers, file.bytes.into_owned()).into_response();
            if file.gzpipped {
                response
                    .headers_mut()
                    .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        }
        Ok(None) => Problem::not_found().into_response(),
        Err(error) => Problem::internal(error.to_string()).into_response(),
    }
}
