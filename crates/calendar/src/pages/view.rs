//! Looking at calendars: a day, a week, a month, or what comes next.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use front::frame::{Field, Frame, encoded, shown};
use front::{Caller, Form, Problem, Query};
use http::{HeaderMap, HeaderValue, header};
use ical::Participant;
use jiff::ToSpan as _;
use jiff::civil::Date;
use kernel::{Id, Moment, PersonId};

use super::shown::{Day, Layout, Tick, heading, tick, tick_of};
use super::{
    Faults, Guest, HIDDEN, HIDDEN_SECONDS, Typed, WORDS, hides, is_hidden, look, refused, short, typed_in,
};
use crate::agenda::Shown;
use crate::rules::itip::Mine;
use crate::service::Calendars;
use crate::sharing::Held;
use crate::subscriptions::types::Followed;

pub(super) const VIEWS: [(&str, &str, &str); 4] = [
    ("day", "view-day", "d"),
    ("week", "view-week", "w"),
    ("month", "view-month", "m"),
    ("agenda", "view-agenda", "a"),
];
/// Days of the agenda; with a search, of the time around today.
const AGENDA_DAYS: i32 = 30;
const SEARCHED_DAYS: (i32, i32) = (30, 365);
/// What one day of a month's page has room for.
const MONTH_ROWS: usize = 4;

#[derive(Template)]
#[template(path = "calendar.html")]
struct ViewPage {
    frame: Frame,
    view: &'static str,
    date: String,
    heading: String,
    earlier: String,
    later: String,
    today: String,
    views: Vec<Way>,
    days: Vec<Day>,
    ticks: Vec<Tick>,
    calendars: Vec<(String, String)>,
    quick: Field,
    search: String,
    sheet: String,
    script: String,
    undo: Option<Undo>,
    hours: Vec<String>,
    zone: String,
    /// How many invitations wait.
    invitations: i64,
    /// Something of what is followed cannot be asked for now.
    is_partial: bool,
    keys: Vec<Keys>,
}

/// Keys, and what they do.
type Keys = (&'static [&'static str], String);

pub(super) struct Way {
    pub href: String,
    pub called: String,
    pub key: &'static str,
    pub is_here: bool,
}

/// What can be undone from the page: an event as it was after a change.
struct Undo {
    calendar: String,
    event: String,
    change: String,
}

pub async fn view(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    headers: HeaderMap,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    page(&calendars, &caller, frame, &headers, &typed, Faults::new()).await
}

/// The page, also when a quick entry was not understood.
pub(super) async fn page(
    calendars: &Calendars,
    caller: &Caller,
    frame: Frame,
    headers: &HeaderMap,
    typed: &Typed,
    mut faults: Faults,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let guest = Guest::of(calendars, caller)?;
    let held = calendars.held(&guest.visitor).await?;
    let followed = calendars.subscriptions(guest.visitor.id).await?;
    let search = typed_in(typed, "search").to_owned();
    let view = view_of(typed);
    let date = date_of(typed, guest.today());
    let (first, count) = range(view, date, !search.is_empty());
    let visible = held.iter().filter(|one| !is_hidden(headers, &one.calendar));
    let visible: Vec<Held> = visible.cloned().collect();
    let at = |date: Date| Moment::from(guest.zone.start_of(date));
    let span = (at(first), at(first.saturating_add(count.days())));
    let mut all = calendars.agenda(&visible, span, &guest.zone, &search).await?;
    let looked_at: Vec<_> = followed.iter().filter(|one| !hides(headers, one.id())).collect();
    let missing = calendars
        .add_followed(&mut all, &guest.visitor, &looked_at, span, &guest.zone, &search)
        .await?;
    let theirs = theirs(calendars, &held, &all).await?;
    let layout = Layout {
        theirs: &theirs,
        frame: &frame,
        zone: &guest.zone,
        at: guest.at,
        held: &held,
        followed: &followed,
        view,
        public: None,
    };
    let days = fitted(view, date, layout.days(first, count, &all));
    let last = first.saturating_add((count - 1).days());
    let mut colors: Vec<_> = held.iter().map(|one| one.calendar.about.color).collect();
    colors.extend(followed.iter().map(|one| one.subscription.color));
    let was_wrong = !faults.is_empty();
    let shown = shown(&ViewPage {
        heading: heading(&frame, view, first, last),
        earlier: link(view, step(view, date, -1)),
        later: link(view, step(view, date, 1)),
        today: link(view, guest.today()),
        views: VIEWS.iter().map(|way| way_to(&frame, way, view, date)).collect(),
        days,
        ticks: ticks(&frame, headers, &held, &followed),
        calendars: takers(&held),
        quick: Field::text("quick", frame.say("quick"))
            .hint(frame.say("quick-hint"))
            .holding(typed_in(typed, "quick"))
            .wrong(faults.remove("quick")),
        sheet: look::sheet_of(colors, &all),
        script: look::script(),
        undo: undo(typed),
        hours: (0..24).map(|hour| format!("{hour:02}:00")).collect(),
        zone: guest.zone_name.clone(),
        invitations: calendars.count_invitations(guest.visitor.id).await?,
        is_partial: missing.is_some(),
        keys: keys(&frame),
        view,
        date: date.to_string(),
        search,
        frame,
    });
    Ok(if was_wrong { refused(shown) } else { shown })
}

/// Events that somebody else organizes than whoever has them in their calendar.
async fn theirs(calendars: &Calendars, held: &[Held], all: &[Shown]) -> Result<Vec<Id>, Problem> {
    let mut theirs = Vec::new();
    let mut known: HashMap<PersonId, Mine> = HashMap::new();
    for one in all {
        let (Some(organizer), Some(held)) = (
            &one.organizer,
            held.iter().find(|held| held.calendar.id == one.calendar),
        ) else {
            continue;
        };
        let owner = held.calendar.owner;
        let mine = match known.entry(owner) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(empty) => empty.insert(calendars.mine(owner).await?),
        };
        if !mine.is(&Participant::new(organizer.as_str())) {
            theirs.push(one.object);
        }
    }
    Ok(theirs)
}

/// What is found is listed; a view that nobody knows is a week.
fn view_of(typed: &Typed) -> &'static str {
    let is_search = !typed_in(typed, "search").is_empty();
    let asked = if is_search {
        "agenda"
    } else {
        typed_in(typed, "view")
    };
    let known = VIEWS.iter().find(|(name, ..)| *name == asked);
    known.map_or("week", |(name, ..)| *name)
}

/// The day that a page is about. Years that clocks cannot show are today.
pub(super) fn date_of(typed: &Typed, today: Date) -> Date {
    let date = typed_in(typed, "date").parse::<Date>().unwrap_or(today);
    if (1..=8_999).contains(&date.year()) {
        date
    } else {
        today
    }
}

/// Own calendars, and then what is followed.
fn ticks(frame: &Frame, headers: &HeaderMap, held: &[Held], followed: &[Followed]) -> Vec<Tick> {
    let own = held
        .iter()
        .map(|one| tick(&one.calendar, is_hidden(headers, &one.calendar)));
    let followed = followed
        .iter()
        .map(|one| tick_of(frame, one, hides(headers, one.id())));
    own.chain(followed).collect()
}

/// The keys that the script knows.
fn keys(frame: &Frame) -> Vec<Keys> {
    let all: [(&'static [&'static str], &'static str); 9] = [
        (&["j", "→"], "later"),
        (&["k", "←"], "earlier"),
        (&["t"], "today"),
        (&["d", "w", "m", "a"], "keys-views"),
        (&["n"], "event-new"),
        (&["q"], "quick"),
        (&["/"], "search"),
        (&["↑", "↓"], "keys-events"),
        (&["z"], "undo"),
    ];
    all.into_iter()
        .map(|(names, does)| (names, frame.say(does).to_string()))
        .collect()
}

/// Calendars into which one may put events, to choose from.
pub(super) fn takers(held: &[Held]) -> Vec<(String, String)> {
    let takers = held.iter().filter(|one| one.takes_events());
    takers
        .map(|one| (one.calendar.id.to_string(), one.calendar.about.title.to_string()))
        .collect()
}

/// The first day that a view shows, and how many.
pub(super) fn range(view: &str, date: Date, is_search: bool) -> (Date, i32) {
    let monday = |date: Date| date.saturating_sub(i32::from(date.weekday().to_monday_zero_offset()).days());
    match view {
        "day" => (date, 1),
        "month" => (monday(date.first_of_month()), 42),
        "agenda" if is_search => (
            date.saturating_sub(SEARCHED_DAYS.0.days()),
            SEARCHED_DAYS.0 + SEARCHED_DAYS.1,
        ),
        "agenda" => (date, AGENDA_DAYS),
        _ => (monday(date), 7),
    }
}

/// The day that the page before or after is about.
pub(super) fn step(view: &str, date: Date, by: i32) -> Date {
    match view {
        "day" => date.saturating_add(by.days()),
        "month" => date.first_of_month().saturating_add(by.months()),
        "agenda" => date.saturating_add((by * AGENDA_DAYS).days()),
        _ => date.saturating_add((by * 7).days()),
    }
}

pub(super) fn fitted(view: &str, date: Date, mut days: Vec<Day>) -> Vec<Day> {
    match view {
        "agenda" => days.retain(|day| !(day.whole.is_empty() && day.timed.is_empty())),
        "month" => {
            let month = date.strftime("%Y-%m").to_string();
            for day in &mut days {
                day.is_outside = !day.date.starts_with(&month);
                let room = MONTH_ROWS.saturating_sub(day.whole.len());
                day.more = day.timed.len().saturating_sub(room) + day.whole.len().saturating_sub(MONTH_ROWS);
                day.whole.truncate(MONTH_ROWS);
                day.timed.truncate(room);
            }
        }
        _ => {}
    }
    days
}

fn link(view: &str, date: Date) -> String {
    format!("/calendar?view={view}&date={date}")
}

fn way_to(frame: &Frame, way: &(&'static str, &'static str, &'static str), view: &str, date: Date) -> Way {
    let (name, words, key) = *way;
    Way {
        href: link(name, date),
        called: frame.say(words).to_string(),
        key,
        is_here: name == view,
    }
}

fn undo(typed: &Typed) -> Option<Undo> {
    let mut parts = typed_in(typed, "undo").split('.').map(str::to_owned);
    Some(Undo {
        calendar: parts.next().filter(|id| !id.is_empty())?,
        event: parts.next()?,
        change: parts.next()?,
    })
}

/// Which calendars are shown on this device.
pub async fn choose(
    State(calendars): State<Calendars>,
    caller: Caller,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let held = calendars.held(&guest.visitor).await?;
    let followed = calendars.subscriptions(guest.visitor.id).await?;
    let all = held.iter().map(|one| one.calendar.id);
    let hidden = all.chain(followed.iter().map(Followed::id)).map(short);
    let hidden: Vec<String> = hidden.filter(|short| !typed.contains_key(short)).collect();
    let cookie: HeaderValue = front::cookies::set(HIDDEN, &hidden.join("."), HIDDEN_SECONDS, false);
    let to = format!(
        "/calendar?view={}&date={}",
        encoded(typed_in(&typed, "view")),
        encoded(typed_in(&typed, "date"))
    );
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response())
}
