//! The published keys (RFC 7517): other systems verify our tokens with them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use front::{Access, Routes, routes};
use serde::Serialize;

use super::SigningKey;
use crate::Registry;

/// Shorter than the time for which a key verifies after it stopped signing, so that nobody is surprised by a rotation.
const CACHE: &str = "public, max-age=60";

#[derive(Serialize, utoipa::ToSchema)]
pub struct KeySet {
    keys: Vec<VerifyingKeyOut>,
}

/// An Ed25519 key as RFC 8037 writes it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct VerifyingKeyOut {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    kid: String,
    x: String,
}

impl From<SigningKey> for VerifyingKeyOut {
    fn from(key: SigningKey) -> VerifyingKeyOut {
        VerifyingKeyOut {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            usage: "sig",
            kid: key.id.to_string(),
            x: URL_SAFE_NO_PAD.encode(key.public),
        }
    }
}

pub fn routes() -> Routes<Arc<Registry>> {
    Routes::new("registry").api(Access::PUBLIC, routes!(published_keys))
}

/// The public keys of access tokens
///
/// As a JSON Web Key Set. Keys are replaced from time to time; ask again when a token names one that is not here.
#[utoipa::path(get, path = "/.well-known/jwks.json", responses((status = OK, body = KeySet)))]
async fn published_keys(State(registry): State<Arc<Registry>>) -> impl IntoResponse {
    let keys = registry
        .published_keys()
        .into_iter()
        .map(VerifyingKeyOut::from)
        .collect();
    (
        [(axum::http::header::CACHE_CONTROL, CACHE)],
        axum::Json(KeySet { keys }),
    )
}
