//! The frame's own routes: its files, and the choice of a theme.

use std::collections::HashMap;

use axum::response::{IntoResponse, Redirect, Response};
use http::{Method, header};

use super::{ASSET_ROUTE, Theme, asset, keep_theme, local_path};
use crate::{Access, Form, Routes};

/// `secure`: whether cookies are for encrypted connections only.
pub fn routes(secure: bool) -> Routes {
    let choose_theme = move |Form(form): Form<HashMap<String, String>>| async move { themed(&form, secure) };
    Routes::new("front")
        .page(Access::PUBLIC, Method::GET, ASSET_ROUTE, asset)
        .page(Access::PUBLIC, Method::POST, "/theme", choose_theme)
}

/// Back to the page, in another light. What is not a theme is as the system says.
fn themed(form: &HashMap<String, String>, secure: bool) -> Response {
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let theme = value("theme").parse::<Theme>().unwrap_or_default();
    let back = Redirect::to(&local_path(value("next")));
    ([(header::SET_COOKIE, keep_theme(theme, secure))], back).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_kept_on_the_device_and_leads_back_to_the_page() {
        let form = HashMap::from([
            ("theme".to_owned(), "dark".to_owned()),
            ("next".to_owned(), "/people".to_owned()),
        ]);
        let answer = themed(&form, true);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(
            cookie.starts_with("townhall_theme=dark; ") && cookie.ends_with("; Secure"),
            "{cookie}"
        );
        assert_eq!(answer.headers()[header::LOCATION], "/people");
    }
}
