//! Paging by cursor: a page ends with the key of its last row, and the next one starts after it. Rows that come and
//! go between two pages neither repeat nor hide others, and the tenth page costs what the first one did.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::limits;

/// How many rows a caller asked for, within what we allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u16);

impl PageSize {
    /// The default when nothing was asked for; at least one, at most [`limits::PAGE_ROWS_MAX`].
    pub fn clamped(asked: Option<u32>) -> PageSize {
        let rows = asked.map_or(limits::PAGE_ROWS_DEFAULT, |n| {
            u16::try_from(n).unwrap_or(u16::MAX)
        });
        PageSize(rows.clamp(1, limits::PAGE_ROWS_MAX))
    }

    pub fn rows(self) -> usize {
        usize::from(self.0)
    }

    /// What to ask the database for: one more than the page, to know whether there is a next one.
    pub fn rows_and_one(self) -> i64 {
        i64::from(self.0) + 1
    }
}

/// Where the next page starts: the sorting key of the last row seen, opaque to callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this list; start again without it")]
pub struct BadCursor;

impl Cursor {
    pub fn new(key: &[u8]) -> Cursor {
        Cursor(key.to_vec())
    }

    pub fn key(&self) -> &[u8] {
        &self.0
    }

    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    pub fn decode(text: &str) -> Result<Cursor, BadCursor> {
        if text.len() > limits::CURSOR_BYTES_MAX {
            return Err(BadCursor);
        }
        URL_SAFE_NO_PAD.decode(text).map(Cursor).map_err(|_| BadCursor)
    }
}

/// Some rows, and where the next ones start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of rows that were asked for with [`PageSize::rows_and_one`].
    pub fn cut(mut rows: Vec<T>, size: PageSize, key: impl Fn(&T) -> Vec<u8>) -> Page<T> {
        let more = rows.len() > size.rows();
        rows.truncate(size.rows());
        let next = if more {
            rows.last().map(|row| Cursor(key(row)))
        } else {
            None
        };
        Page { items: rows, next }
    }

    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_whether_there_is_a_next_one() {
        let size = PageSize::clamped(Some(2));
        let key = |n: &u8| vec![*n];
        assert_eq!(
            Page::cut(vec![1, 2, 3], size, key),
            Page {
                items: vec![1, 2],
                next: Some(Cursor::new(&[2]))
            }
        );
        assert_eq!(
            Page::cut(vec![1, 2], size, key),
            Page {
                items: vec![1, 2],
                next: None
            }
        );
    }

    #[test]
    fn sizes_and_cursors_from_outside_are_bounded() {
        assert_eq!(PageSize::clamped(Some(0)).rows(), 1);
        assert_eq!(
            PageSize::clamped(Some(1_000_000)).rows(),
            usize::from(limits::PAGE_ROWS_MAX)
        );
        assert_eq!(Cursor::decode("%%%"), Err(BadCursor));
        assert_eq!(
            Cursor::decode(&"A".repeat(limits::CURSOR_BYTES_MAX + 4)),
            Err(BadCursor)
        );
        let cursor = Cursor::new(b"key");
        assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
    }
}
