//! The two cookies of a browser session, and how cookies are read and written.
//!
//! Both are `HttpOnly` (no script reads them) and `SameSite=Lax` (no other site posts with them; a link from a letter
//! still finds its reader signed in). `Secure` is set when the outside speaks https.

use http::{HeaderMap, HeaderValue, header};

/// The access token.
pub const ACCESS: &str = "townhall_access";
/// The refresh token.
pub const REFRESH: &str = "townhall_refresh";

/// The value of a cookie, if the request brought it.
pub fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

/// A `Set-Cookie` that keeps `value` for `seconds`. The value must be of characters that cookies allow, as tokens are.
pub fn set(name: &str, value: &str, seconds: i64, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::try_from(format!(
        "{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    ))
    .unwrap_or(HeaderValue::from_static("invalid=; Max-Age=0"))
}

/// A `Set-Cookie` that makes the browser forget it.
pub fn forget(name: &str, secure: bool) -> HeaderValue {
    set(name, "", 0, secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=1; townhall_access=x.y.z"),
        );
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("theme=dark; townhall_refresh="),
        );
        assert_eq!(get(&headers, ACCESS), Some("x.y.z"));
        assert_eq!(get(&headers, "theme"), Some("dark"));
        assert_eq!(get(&headers, REFRESH), None, "an empty cookie is none");
    }

    #[test]
    fn a_cookie_is_closed_to_scripts_and_other_sites() {
        assert_eq!(
            set(ACCESS, "x", 900, true),
            "townhall_access=x; Path=/; Max-Age=900; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            forget(ACCESS, false),
            "townhall_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }
}
