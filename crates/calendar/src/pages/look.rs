//! How calendars look: a style sheet that says where each time of a day stands and which colours there are, and the script.
//!
//! A page may carry no styles of its own, so places are classes: `s90` begins 90 steps after midnight, `n6` takes six of them,
//! `l1-2` is the second lane of two. Colours come by the address, so the sheet is the same for everybody who asks the same.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use front::{Access, InPath2, Problem, Query, Routes};
use http::{HeaderValue, Method, header};
use serde::Deserialize;

use crate::agenda::Shown;
use crate::service::Calendars;
use crate::types::Color;

/// The page shows times to five minutes.
pub(super) const STEP_MINUTES: i64 = 5;
pub(super) const STEPS: i64 = 24 * 60 / STEP_MINUTES;
/// More lanes than these share the place of the last one.
pub(super) const LANES_MAX: usize = 8;
/// Colours of one page.
const COLORS_MAX: usize = 400;

const STYLE: &str = include_str!("../../assets/calendar.css");
const SCRIPT: &str = include_str!("../../assets/calendar.js");

/// How the route of the style sheet and the script is written.
pub const ASSET_ROUTE: &str = "/calendar/assets/{hash}/{name}";

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes.page(Access::PUBLIC, Method::GET, ASSET_ROUTE, asset)
}

/// The sheet with all places.
static PLACES: LazyLock<String> = LazyLock::new(|| {
    let mut sheet = STYLE.to_owned();
    for step in 0..=STEPS {
        let share = percent(step, STEPS);
        let _ = writeln!(
            sheet,
            ".hours .s{step}{{top:{share}%}}.hours .n{step}{{height:{share}%}}"
        );
    }
    for of in 1..=LANES_MAX {
        for at in 0..of {
            let (left, width) = (percent_of(at, of), percent_of(1, of));
            let _ = writeln!(
                sheet,
                ".hours .l{at}-{of}{{left:{left}%;width:calc({width}% - 2px)}}"
            );
        }
    }
    sheet
});

/// Thousandths are finer than what a screen shows.
fn percent(part: i64, of: i64) -> String {
    let thousandths = part * 100_000 / of.max(1);
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

fn percent_of(part: usize, of: usize) -> String {
    percent(
        i64::try_from(part).unwrap_or_default(),
        i64::try_from(of).unwrap_or(1),
    )
}

/// A file that changes gets a new address, so browsers may keep what they have for ever.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let bytes = PLACES.bytes().chain(SCRIPT.bytes());
    // FNV-1a: it has to tell versions apart, and keeps no secret.
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
});

/// Where a page finds the sheet for these colours.
pub(super) fn sheet(colors: &[Color]) -> String {
    let mut named: Vec<String> = colors.iter().map(|color| class(*color)).collect();
    named.sort_unstable();
    named.dedup();
    format!(
        "/calendar/assets/{}/calendar.css?colors={}",
        *HASH,
        named.join(".")
    )
}

/// The same with the colours that single events have of their own.
pub(super) fn sheet_of(mut colors: Vec<Color>, all: &[Shown]) -> String {
    colors.extend(all.iter().filter_map(|one| one.color));
    sheet(&colors)
}

pub(super) fn script() -> String {
    format!("/calendar/assets/{}/calendar.js", *HASH)
}

/// What a colour is called among the classes.
pub(super) fn class(color: Color) -> String {
    color.to_string().trim_start_matches('#').to_owned()
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    colors: String,
}

async fn asset(
    InPath2(hash, name): InPath2<String, String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let (kind, text) = match name.as_str() {
        _ if hash != *HASH => return Err(Problem::not_found()),
        "calendar.css" => ("text/css; charset=utf-8", colored(&wanted.colors)),
        "calendar.js" => ("text/javascript; charset=utf-8", SCRIPT.to_owned()),
        _ => return Err(Problem::not_found()),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, FOR_EVER),
    ];
    Ok((headers, text).into_response())
}

fn colored(colors: &str) -> String {
    let mut sheet = PLACES.clone();
    let colors = colors.split('.').take(COLORS_MAX);
    for color in colors.filter_map(|color| Color::parse(&format!("#{color}")).ok()) {
        let _ = writeln!(sheet, ".c-{}{{--own:{color}}}", class(color));
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_has_every_time_of_a_day_and_the_colours_that_were_asked_for() {
        let sheet = colored("1e88e5.}body{display:none.AA0044");
        assert!(
            sheet.contains(".hours .s144{top:50.000%}") && sheet.contains(".hours .n288{height:100.000%}")
        );
        assert!(sheet.contains(".hours .l1-3{left:33.333%;"));
        assert!(sheet.contains(".c-1e88e5{--own:#1e88e5}") && sheet.contains(".c-aa0044{--own:#aa0044}"));
        assert!(!sheet.contains("}body{"), "nothing but colours");
    }
}
