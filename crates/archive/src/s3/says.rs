//! Reading what S3 says: a few elements of its XML, whose values are keys of ours, numbers and instants.

use std::ops::Range;

use http::{HeaderMap, header};

/// What stands in each element of this name.
pub(super) fn all<'a>(xml: &'a str, tag: &str) -> Vec<&'a str> {
    let (opening, closing) = (format!("<{tag}>"), format!("</{tag}>"));
    let parts = xml.split(opening.as_str()).skip(1);
    parts
        .filter_map(|part| Some(part.split_once(closing.as_str())?.0))
        .collect()
}

/// What stands in the first one.
pub(super) fn first<'a>(xml: &'a str, tag: &str) -> Option<&'a str> {
    all(xml, tag).into_iter().next()
}

/// Whether a value is written otherwise than it is. None of ours is.
pub(super) fn is_escaped(value: &str) -> bool {
    value.contains('&')
}

/// How many bytes a file has, and which of them an answer brings.
pub(super) fn part(headers: &HeaderMap) -> Option<(u64, Range<u64>)> {
    let said = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(range) = said(header::CONTENT_RANGE) else {
        let bytes = said(header::CONTENT_LENGTH)?.parse().ok()?;
        return Some((bytes, 0..bytes));
    };
    let (part, bytes) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = part.split_once('-')?;
    let last: u64 = last.parse().ok()?;
    Some((bytes.parse().ok()?, first.parse().ok()?..last.checked_add(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_element_by_element() {
        let xml =
            "<R><Prefix>a/</Prefix><Contents><Key>a/b.txt</Key></Contents><Contents><Key>a/c.txt</Key></R>";
        assert_eq!(all(xml, "Key"), ["a/b.txt", "a/c.txt"]);
        assert_eq!(first(xml, "Prefix"), Some("a/"));
        assert_eq!(first("<Code>Slow", "Code"), None);
    }

    #[test]
    fn an_answer_says_which_bytes_it_brings() {
        let headers =
            |name, value: &'static str| HeaderMap::from_iter([(name, http::HeaderValue::from_static(value))]);
        let range = headers(header::CONTENT_RANGE, "bytes 5-9/20");
        assert_eq!(part(&range), Some((20, 5..10)));
        assert_eq!(part(&headers(header::CONTENT_LENGTH, "7")), Some((7, 0..7)));
        assert_eq!(part(&headers(header::CONTENT_RANGE, "bytes */20")), None);
    }
}
