//! The few files that pages need, compiled in and served under addresses that contain a hash of their bytes. A file
//! that changes gets a new address, so browsers may keep what they have for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const ASSETS: [Asset; 3] = [
    Asset {
        name: "house.css",
        kind: "text/css; charset=utf-8",
        bytes: include_bytes!("../../assets/house.css"),
    },
    Asset {
        name: "house.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/house.js"),
    },
    Asset {
        name: "mark.svg",
        kind: "image/svg+xml",
        bytes: include_bytes!("../../assets/mark.svg"),
    },
];

/// How the route of [`asset`] is written.
pub const ASSET_ROUTE: &str = "/assets/{hash}/{name}";

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// One hash over all of them: they change together with the program.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut sum = Sha256::new();
    for asset in &ASSETS {
        sum.update(asset.bytes);
    }
    sum.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
});

/// Where a page finds the file.
pub fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *HASH)
}

/// Serves one of the files. An address with another hash belongs to another version of the program: 404, lest a
/// browser keep the wrong bytes for ever.
pub async fn asset(Path((hash, name)): Path<(String, String)>) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name && hash == *HASH) {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
                (header::CACHE_CONTROL, FOR_EVER),
            ],
            asset.bytes,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(address: &str) -> Response {
        let mut parts = address
            .trim_start_matches("/assets/")
            .splitn(2, '/')
            .map(str::to_owned);
        asset(Path((parts.next().unwrap(), parts.next().unwrap()))).await
    }

    #[tokio::test]
    async fn a_file_is_kept_for_ever_at_its_address_and_nowhere_else() {
        let found = answer(&address("house.css")).await;
        assert_eq!(found.status(), StatusCode::OK);
        assert_eq!(found.headers()[header::CACHE_CONTROL], FOR_EVER);
        assert_eq!(
            answer("/assets/0000/house.css").await.status(),
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            answer(&address("house.html")).await.status(),
            StatusCode::NOT_FOUND
        );
    }
}
