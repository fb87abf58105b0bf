//! A published calendar as whoever came to it looks at it: a month, or what comes next, without signing in.
//!
//! It is laid out as those with whom it is shared see it, so nothing of it is shown here that they would not see; and of tasks,
//! which its link does not tell of, nothing at all.

use askama::Template;
use axum::response::Response;
use front::frame::{Field, Frame, shown};
use front::{Caller, Problem};
use ical::Kind;
use ical::zones::Zone;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use kernel::{Id, Moment};

use super::followed::{EntryPage, Ways};
use super::shown::{Day, Layout, Open, heading};
use super::view::{VIEWS, Way, date_of, fitted, range, step};
use super::{Typed, WORDS, id, look, refused, typed_in};
use crate::publishing::{Entrance, Shows, held};
use crate::service::Calendars;
use crate::subscriptions::Told;
use crate::types::{Calendar, Reason};

#[derive(Template)]
#[template(path = "calendar_public.html")]
struct PublicPage {
    frame: Frame,
    title: String,
    /// It tells only when its owner is busy.
    is_busy_only: bool,
    view: &'static str,
    date: String,
    heading: String,
    earlier: String,
    later: String,
    today: String,
    views: Vec<Way>,
    days: Vec<Day>,
    path: String,
    zone: Field,
    zone_name: String,
    /// The calendar for programs, by its address and by the one that they take for their own.
    file: String,
    webcal: String,
    /// Somebody of the house looks, and it is not theirs.
    can_follow: bool,
    sheet: String,
    script: String,
}

/// By what somebody came, and what they asked.
pub(crate) struct Visit<'a> {
    pub by: &'a Entrance,
    pub caller: &'a Caller,
    pub typed: &'a Typed,
}

/// Whoever looks, by the calendar's clock or by the one that they chose.
struct Reader {
    zone: Zone,
    name: String,
    /// What they typed, where it is no zone.
    wrong: Option<String>,
    open: Open,
}

impl Reader {
    fn of(calendar: &Calendar, visit: &Visit<'_>) -> Reader {
        let wished = typed_in(visit.typed, "zone");
        let chosen = Zone::iana(wished);
        let wrong = (!wished.is_empty() && chosen.is_none()).then(|| wished.to_owned());
        let name = chosen.as_ref().and_then(Zone::id).map(str::to_owned);
        let own = Zone::named(&calendar.about.zone).unwrap_or(Zone::UTC);
        Reader {
            wrong,
            open: Open {
                path: visit.by.page(),
                zone: chosen.as_ref().map(|_| wished.to_owned()),
            },
            name: name.unwrap_or_else(|| own.id().unwrap_or("UTC").to_owned()),
            zone: chosen.unwrap_or(own),
        }
    }
}

/// The page of a link, or of one event behind it.
pub(crate) async fn show(calendars: &Calendars, frame: Frame, visit: Visit<'_>) -> Result<Response, Problem> {
    let (calendar, shows) = calendars.published(visit.by).await?;
    let reader = Reader::of(&calendar, &visit);
    let frame = frame.over(&WORDS);
    match typed_in(visit.typed, "event") {
        "" => page(calendars, frame, (calendar, shows), &reader, &visit).await,
        _ if shows == Shows::Busy => Err(Problem::not_found()),
        _ => event(calendars, frame, &calendar, &reader, visit.typed).await,
    }
}

async fn page(
    calendars: &Calendars,
    frame: Frame,
    (calendar, shows): (Calendar, Shows),
    reader: &Reader,
    visit: &Visit<'_>,
) -> Result<Response, Problem> {
    let at = reader.zone.local_at(calendars.now().to_timestamp());
    let view = match typed_in(visit.typed, "view") {
        "agenda" => "agenda",
        _ => "month",
    };
    let date = date_of(visit.typed, at.date());
    let (first, count) = range(view, date, false);
    let held = [held(calendar.clone(), shows)];
    let midnight = |date: Date| Moment::from(reader.zone.start_of(date));
    let span = (midnight(first), midnight(first.saturating_add(count.days())));
    let mut all = calendars.agenda(&held, span, &reader.zone, "").await?;
    all.retain(|one| one.kind == Kind::Event);
    let layout = Layout {
        theirs: &[],
        frame: &frame,
        zone: &reader.zone,
        at,
        held: &held,
        followed: &[],
        view,
        public: Some(&reader.open),
    };
    let days = fitted(view, date, layout.days(first, count, &all));
    let to = |view: &str, date: Date| reader.open.to(&format!("view={view}&date={date}"));
    let views = VIEWS
        .iter()
        .filter(|(name, ..)| ["month", "agenda"].contains(name));
    let file = calendars.link_to(&format!("{}.ics", reader.open.path));
    let looker = visit.caller.person().ok().map(|person| person.id);
    let wrong = reader.wrong.as_ref().and_then(|_| frame.say_of("wrong", "zone"));
    let was_wrong = wrong.is_some();
    let page = shown(&PublicPage {
        title: calendar.about.title.to_string(),
        is_busy_only: shows == Shows::Busy,
        date: date.to_string(),
        heading: heading(&frame, view, first, first.saturating_add((count - 1).days())),
        earlier: to(view, step(view, date, -1)),
        later: to(view, step(view, date, 1)),
        today: to(view, at.date()),
        views: views
            .map(|(name, words, key)| Way {
                href: to(name, date),
                called: frame.say(words).to_string(),
                key,
                is_here: *name == view,
            })
            .collect(),
        days,
        path: reader.open.path.clone(),
        zone: Field::text("zone", frame.say("own-zone"))
            .holding(reader.wrong.as_deref().unwrap_or(&reader.name))
            .wrong(wrong),
        zone_name: reader.name.clone(),
        webcal: file
            .replacen("https://", "webcal://", 1)
            .replacen("http://", "webcal://", 1),
        file,
        can_follow: looker.is_some_and(|looker| looker != calendar.owner),
        sheet: look::sheet_of(vec![calendar.about.color], &all),
        script: look::script(),
        view,
        frame,
    });
    Ok(if was_wrong { refused(page) } else { page })
}

async fn event(
    calendars: &Calendars,
    frame: Frame,
    calendar: &Calendar,
    reader: &Reader,
    typed: &Typed,
) -> Result<Response, Problem> {
    let event: Id = id(typed, "event")?;
    let instance = match typed_in(typed, "instance") {
        "" => None,
        typed => Some(typed.parse::<DateTime>().map_err(|_| Reason::NoObject)?),
    };
    let seen = calendars.published_event(calendar, event, instance).await?;
    let told = Told {
        title: seen.title.clone(),
        when: None,
        seen: Some(seen),
    };
    let view = typed_in(typed, "view");
    let date = date_of(typed, reader.zone.local_at(calendars.now().to_timestamp()).date());
    let back = match view {
        "agenda" => reader.open.to(&format!("view=agenda&date={date}")),
        _ => reader.open.to(&format!("view=month&date={date}")),
    };
    let ways = Ways {
        called: calendar.about.title.to_string(),
        calendar: back.clone(),
        back,
    };
    Ok(shown(&EntryPage::of(frame, &reader.zone, &told, ways)))
}
