//! The OpenAPI document: what handlers say of themselves, completed by what the front knows of every route, so that
//! no handler has to repeat it and none can say otherwise: who may call, and which problems can come back.

use http::{Method, StatusCode};
use serde_json::json;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem, Paths};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, Info, Object, OpenApi, Ref, RefOr, Response, ResponseBuilder, extensions::ExtensionsBuilder,
};

use crate::{Access, Code, People, cookies};

const TOKEN: &str = "token";
const KEY: &str = "key";
const COOKIE: &str = "cookie";
const APP_PASSWORD: &str = "app_password";

/// The operations of a path with their methods.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, item.get.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
        (Method::HEAD, item.head.as_mut()),
        (Method::OPTIONS, item.options.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
}

/// Adds who may call an operation, and the problems that its shape allows.
pub(crate) fn complete(
    operation: &mut Operation,
    service: &str,
    path: &str,
    method: &Method,
    access: Access,
) {
    operation.tags.get_or_insert_with(|| vec![service.to_owned()]);
    operation.security = Some(requirements(access));
    let extensions = operation.extensions.get_or_insert_with(Default::default);
    extensions.merge(ExtensionsBuilder::new().add("x-access", access.to_json()).build());
    // A problem that a handler names needs its status only: the body of all problems is the same.
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            response.content = problem_response(StatusCode::BAD_REQUEST).content;
        }
    }
    for status in problem_statuses(operation, path, method, access) {
        let key = status.as_str().to_owned();
        operation
            .responses
            .responses
            .entry(key)
            .or_insert_with(|| RefOr::T(problem_response(status)));
    }
}

fn requirements(access: Access) -> Vec<SecurityRequirement> {
    let none: [&str; 0] = [];
    let mut ways = Vec::new();
    if !access.needs_credentials() {
        ways.push(SecurityRequirement::default());
    }
    if !matches!(access.people(), People::Public | People::Nobody) {
        ways.push(SecurityRequirement::new(TOKEN, none));
        ways.push(SecurityRequirement::new(COOKIE, none));
        if access.takes_basic() {
            ways.push(SecurityRequirement::new(APP_PASSWORD, none));
        }
    }
    if access.key_scope().is_some() {
        ways.push(SecurityRequirement::new(KEY, none));
    }
    ways
}

/// Which problems an operation can answer with, by its shape.
fn problem_statuses(operation: &Operation, path: &str, method: &Method, access: Access) -> Vec<StatusCode> {
    let mut statuses = vec![
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    if access.looks_at_credentials() {
        statuses.push(StatusCode::UNAUTHORIZED);
        statuses.push(StatusCode::FORBIDDEN);
    }
    if path.contains('{') {
        statuses.push(StatusCode::NOT_FOUND);
    }
    if operation.request_body.is_some() {
        statuses.extend([
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }
    for parameter in operation.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        match parameter.parameter_in {
            ParameterIn::Query => statuses.extend([
                StatusCode::BAD_REQUEST,
                StatusCode::URI_TOO_LONG,
                StatusCode::UNPROCESSABLE_ENTITY,
            ]),
            ParameterIn::Header if parameter.name.eq_ignore_ascii_case("if-match") => {
                statuses.extend([StatusCode::PRECONDITION_FAILED, StatusCode::PRECONDITION_REQUIRED]);
            }
            _ => {}
        }
    }
    if !method.is_safe() {
        statuses.push(StatusCode::CONFLICT);
    }
    statuses
}

fn problem_response(status: StatusCode) -> Response {
    let codes = Code::ALL.iter().filter(|code| code.status() == status);
    let names = codes.map(|code| format!("`{}`", code.name())).collect::<Vec<_>>();
    ResponseBuilder::new()
        .description(format!("Problem: {}", names.join(", ")))
        .content(
            "application/problem+json",
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build(),
        )
        .build()
}

/// Adds the operations and schemas of a route.
pub(crate) fn add(document: &mut OpenApi, schemas: Vec<(String, RefOr<Schema>)>, paths: Paths) {
    document
        .components
        .get_or_insert_with(Components::new)
        .schemas
        .extend(schemas);
    for (path, item) in paths.paths {
        match document.paths.paths.get_mut(&path) {
            Some(there) => there.merge_operations(item),
            None => {
                document.paths.paths.insert(path, item);
            }
        }
    }
}

/// What would be told wrongly if both were one document: schemas that share a name and are not the same.
pub(crate) fn collisions(mine: &OpenApi, other: &OpenApi) -> Vec<String> {
    let (Some(mine), Some(other)) = (&mine.components, &other.components) else {
        return Vec::new();
    };
    let both = other.schemas.iter().filter_map(|(name, schema)| {
        let differs = mine.schemas.get(name).is_some_and(|known| known != schema);
        differs.then(|| format!("two schemas are named {name}"))
    });
    both.collect()
}

/// Adds what all operations share: the title, the ways to sign in, and the problem with its codes.
pub(crate) fn finish(document: &mut OpenApi, version: &str) {
    let mut info = Info::new("Townhall", version);
    info.description = Some(
        "People, what is due, and who must hear of it. Each operation says in `x-access` who may call it; \
         everything that goes wrong is a Problem (RFC 9457) with one of a closed list of codes."
            .to_owned(),
    );
    document.info = info;
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.insert("Problem".to_owned(), problem_schema());
    let http = |scheme, text: &str| {
        let mut http = Http::new(scheme);
        http.description = Some(text.to_owned());
        SecurityScheme::Http(http)
    };
    let key = |value| SecurityScheme::ApiKey(value);
    for (name, scheme) in [
        (
            TOKEN,
            http(HttpAuthScheme::Bearer, "The access token of a sign-in."),
        ),
        (
            APP_PASSWORD,
            http(HttpAuthScheme::Basic, "The e-mail and an app password."),
        ),
        (
            KEY,
            key(ApiKey::Header(ApiKeyValue::with_description(
                "X-Api-Key",
                "The API key of a service.",
            ))),
        ),
        (
            COOKIE,
            key(ApiKey::Cookie(ApiKeyValue::with_description(
                cookies::ACCESS,
                "A browser that signed in here. Changes must come from our own pages.",
            ))),
        ),
    ] {
        components
            .security_schemes
            .insert(name.to_owned(), RefOr::T(scheme));
    }
}

fn problem_schema() -> RefOr<Schema> {
    let codes = Code::ALL.iter().map(|code| code.name()).collect::<Vec<_>>();
    let meanings = Code::ALL
        .iter()
        .map(|code| {
            format!(
                "- `{}` ({}): {}",
                code.name(),
                code.status().as_u16(),
                code.meaning()
            )
        })
        .collect::<Vec<_>>()
        .join("\n");
    let schema = json!({
        "type": "object",
        "description": format!("What went wrong (RFC 9457).\n\n{meanings}"),
        "required": ["type", "status", "code", "title", "request_id"],
        "properties": {
            "type": {"type": "string", "description": "Where the code is explained."},
            "status": {"type": "integer", "format": "int32"},
            "code": {"type": "string", "enum": codes},
            "title": {"type": "string"},
            "detail": {"type": "string", "description": "What is special about this occurrence."},
            "retry_after_seconds": {"type": "integer", "format": "int32"},
            "request_id": {"type": "string", "description": "Tell it to whoever runs this server."},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "code", "message"],
                    "properties": {
                        "field": {"type": "string"},
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                    },
                },
            },
        },
    });
    serde_json::from_value(schema).unwrap_or_else(|_| RefOr::T(Schema::Object(Object::new())))
}
