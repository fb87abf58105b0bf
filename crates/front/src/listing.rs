//! Lists that are read page by page.

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::{Cursor, Page, PageSize};
use serde::{Deserialize, Serialize};

use crate::{Code, Problem, Query};

/// Which part of a list a caller wants. Every list takes it.
#[derive(Clone, Debug)]
pub struct Paging {
    pub after: Option<Cursor>,
    pub size: PageSize,
}

/// The query parameters of a list, for `params(PagingIn)` in its OpenAPI.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PagingIn {
    /// Where the page starts: `next` of the page before. Without it, the list starts at its beginning.
    #[param(max_length = 1366)]
    cursor: Option<String>,
    /// How many entries at most: 50 if not given. What is less than 1 or more than 500 is taken as that.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64)]
    limit: Option<u32>,
}

impl TryFrom<PagingIn> for Paging {
    type Error = Problem;

    fn try_from(given: PagingIn) -> Result<Paging, Problem> {
        let after = match given.cursor.as_deref() {
            None | Some("") => None,
            Some(text) => Some(Cursor::decode(text).map_err(bad_cursor)?),
        };
        Ok(Paging {
            after,
            size: PageSize::clamped(given.limit),
        })
    }
}

/// The problem of a cursor that is not one of this list: also for a service that cannot read the key in it.
pub fn bad_cursor(error: kernel::BadCursor) -> Problem {
    Problem::new(Code::Malformed).field("cursor", "cursor", error.to_string())
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Paging, Problem> {
        let Query(given) = Query::<PagingIn>::from_request_parts(parts, state).await?;
        Paging::try_from(given)
    }
}

/// Some entries of a list, and where the next ones start.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Listing<T> {
    pub items: Vec<T>,
    /// Send it as `cursor` to get the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Listing<T> {
    /// A page of the domain's values in the words of the wire.
    pub fn of<D>(page: Page<D>, out: impl FnMut(D) -> T) -> Listing<T> {
        let next = page.next.as_ref().map(Cursor::encode);
        Listing {
            items: page.items.into_iter().map(out).collect(),
            next,
        }
    }
}

impl<T> From<Page<T>> for Listing<T> {
    fn from(page: Page<T>) -> Listing<T> {
        Listing::of(page, |item| item)
    }
}

impl<T: Serialize> axum::response::IntoResponse for Listing<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_starts_where_the_last_one_ended() {
        let paging = |cursor: Option<&str>, limit| {
            Paging::try_from(PagingIn {
                cursor: cursor.map(str::to_owned),
                limit,
            })
        };
        let first = Page {
            items: vec![1, 2],
            next: Some(Cursor::new(b"2")),
        };
        let listing = Listing::of(first, |n| n * 10);
        assert_eq!(listing.items, [10, 20]);
        assert_eq!(
            paging(listing.next.as_deref(), Some(2)).unwrap().after,
            Some(Cursor::new(b"2"))
        );
        assert_eq!(paging(None, Some(9999)).unwrap().size.rows(), 500);
        assert_eq!(paging(Some("%"), None).unwrap_err().code(), Code::Malformed);
    }
}
