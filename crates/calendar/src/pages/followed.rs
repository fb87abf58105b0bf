//! What is followed: begun, called, coloured and ended, how it stands, and what an entry of it says.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Field, Frame, done, encoded, shown};
use front::{Caller, Form, InPath, InPath2, Problem, Query};
use ical::zones::Zone;
use jiff::civil::{Date, DateTime};
use kernel::{Id, Text};

use super::own::{COLORS, Row, list_page};
use super::{Faults, Guest, Typed, WORDS, fault, look, number, refused, typed_in};
use crate::agenda::Lasting;
use crate::rules::edits::Seen;
use crate::rules::edits::times::Times;
use crate::rules::feeds::Unread;
use crate::rules::holidays::{COUNTRIES, Country};
use crate::said;
use crate::service::{Calendars, Refused};
use crate::subscriptions::Told;
use crate::subscriptions::types::{Followed, HOLIDAYS, Source, State as Standing, SubscriptionChange};
use crate::types::{Color, Reason, TITLE_CHARS_MAX};

/// The forms by which one begins to follow something.
pub(super) struct FollowForm {
    pub source: Field,
    /// The source, the name, and whether it is likely to be the reader's own.
    pub countries: Vec<(String, &'static str, bool)>,
}

impl FollowForm {
    pub fn new(frame: &Frame, guest: &Guest, typed: &Typed, faults: &mut Faults) -> FollowForm {
        let language = frame.language();
        let own = Country::of_zone(&guest.zone_name).map_or("", |country| country.code);
        let country = |one: &'static Country| {
            let source = format!("{HOLIDAYS}{}", one.code);
            (source, one.names.of(language), one.code == own)
        };
        let mut countries: Vec<_> = COUNTRIES.iter().map(country).collect();
        countries.sort_by_key(|(_, name, _)| *name);
        FollowForm {
            source: Field::text("source", frame.say("follow-source"))
                .hint(frame.say("follow-source-hint"))
                .holding(
                    Some(typed_in(typed, "source"))
                        .filter(|typed| !typed.starts_with(HOLIDAYS))
                        .unwrap_or_default(),
                )
                .wrong(faults.remove("source")),
            countries,
        }
    }
}

/// One of what is followed, in the list.
pub(super) fn row(frame: &Frame, followed: &Followed) -> Row {
    Row {
        href: format!("/calendar/subscriptions/{}", followed.id()),
        title: followed.title(frame.language()),
        class: format!("c-{}", look::class(followed.subscription.color)),
        description: standing(frame, followed),
    }
}

/// How it stands, in a sentence.
fn standing(frame: &Frame, followed: &Followed) -> String {
    let failing = followed.feed.as_ref().and_then(|feed| feed.failing.as_ref());
    match (followed.state(), &followed.feed, failing) {
        _ if followed.is_away => frame.say("follow-away").to_string(),
        (Standing::BuiltIn, ..) => frame.say("follow-built-in").to_string(),
        (_, _, Some(failing)) => {
            let what = failing.trouble.what.as_str();
            let said = frame.say_of("follow-trouble", &what.replace('_', "-"));
            let why = said.unwrap_or_else(|| failing.trouble.why.clone());
            let since = frame.date(failing.since);
            let said = frame.say("follow-failing").with("why", why.as_str());
            said.with("since", since.as_str()).to_string()
        }
        (Standing::Fresh, Some(feed), _) => frame.say("follow-fresh").with("count", feed.entries).to_string(),
        _ => frame.say("follow-waiting").to_string(),
    }
}

pub async fn create(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let frame = frame.over(&WORDS);
    let made = match Source::parse(typed_in(&typed, "source")) {
        Err(reason) => Err(reason.into()),
        Ok(source) => {
            let color = free_color(&calendars, &guest).await?;
            let title = Text::stored(String::new());
            calendars.subscribe(guest.visitor.id, source, title, color).await
        }
    };
    let faults = match made {
        Ok(_) => return Ok(done("/calendar/own", "done-followed")),
        Err(Refused::Reason(Reason::FollowedAlready)) => {
            Faults::from([("source".to_owned(), frame.say("wrong-followed").to_string())])
        }
        Err(why) => fault(&frame, why)?,
    };
    Ok(refused(shown(
        &list_page(&calendars, &caller, frame, &typed, faults).await?,
    )))
}

/// The first of the usual colours that nothing has yet.
async fn free_color(calendars: &Calendars, guest: &Guest) -> Result<Color, Problem> {
    let home = calendars.home(&guest.visitor).await?;
    let followed = calendars.subscriptions(guest.visitor.id).await?;
    let mut taken: Vec<Color> = home.iter().map(|one| one.about.color).collect();
    taken.extend(followed.iter().map(|one| one.subscription.color));
    let mut usual = COLORS.into_iter().filter_map(|color| Color::parse(color).ok());
    Ok(usual.find(|color| !taken.contains(color)).unwrap_or(Color::GREEN))
}

#[derive(Template)]
#[template(path = "calendar_followed.html")]
struct EditPage {
    frame: Frame,
    action: String,
    version: i64,
    heading: String,
    state: String,
    lines: Vec<String>,
    /// Why some entries could not be read.
    unread: Vec<String>,
    title: Field,
    color: String,
    daily: bool,
    is_elsewhere: bool,
    /// It was changed meanwhile.
    stale: bool,
}

pub async fn edit(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath(id): InPath<Id>,
    Query(_): Query<Typed>,
) -> Result<Response, Problem> {
    let followed = calendars.subscription(caller.person()?.id, id).await?;
    let mut typed = Typed::from([
        ("title".to_owned(), followed.subscription.title.to_string()),
        ("color".to_owned(), followed.subscription.color.to_string()),
    ]);
    if followed.subscription.daily {
        typed.insert("daily".to_owned(), "on".to_owned());
    }
    Ok(shown(&edit_page(frame, &followed, &typed, Faults::new())))
}

fn edit_page(frame: Frame, followed: &Followed, typed: &Typed, mut faults: Faults) -> EditPage {
    let frame = frame.over(&WORDS);
    let feed = followed.feed.as_ref();
    let moment = |key: &str, at: Option<kernel::Moment>| {
        let at = at.map(|at| said::date_time(frame.tongue(), local(&frame, at)));
        at.map(|at| frame.say(key).with("at", at).to_string())
    };
    let mut lines = Vec::new();
    if let Source::Address(address) = &followed.subscription.source {
        lines.push(address.clone());
    }
    if let Some(feed) = feed {
        lines.extend(feed.failing.as_ref().map(|failing| failing.trouble.why.clone()));
        lines.extend(moment("follow-fetched", feed.fetched));
        lines.extend(moment("follow-due", Some(feed.due)));
        if feed.unread > 0 {
            let unread = frame.say("follow-unread").with("count", feed.unread);
            lines.push(unread.to_string());
        }
    }
    EditPage {
        action: format!("/calendar/subscriptions/{}", followed.id()),
        version: followed.subscription.version,
        heading: followed.title(frame.language()),
        state: standing(&frame, followed),
        lines,
        unread: feed.map_or_else(Vec::new, |feed| {
            let told = feed.unread_why.iter().map(|one| unread(&frame, one));
            told.collect()
        }),
        title: Field::text("title", frame.say("own-title"))
            .optional()
            .hint(frame.say("follow-title-hint"))
            .holding(typed_in(typed, "title"))
            .wrong(faults.remove("title")),
        color: typed_in(typed, "color").to_owned(),
        daily: !typed_in(typed, "daily").is_empty(),
        is_elsewhere: followed.state() != Standing::BuiltIn,
        stale: false,
        frame,
    }
}

/// Why an entry could not be read, in the words of the reader.
fn unread(frame: &Frame, one: &Unread) -> String {
    one.told(frame.say_about("ical", &one.word, &one.about).as_deref())
}

/// By the reader's clock.
fn local(frame: &Frame, at: kernel::Moment) -> DateTime {
    at.to_timestamp()
        .to_zoned(frame.tongue().zone().clone())
        .datetime()
}

pub async fn change(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let owner = caller.person()?.id;
    let frame = frame.over(&WORDS);
    let here = format!("/calendar/subscriptions/{id}");
    let result = match typed_in(&typed, "act") {
        "end" => {
            calendars.unsubscribe(owner, id).await?;
            return Ok(done("/calendar/own", "done-unfollowed"));
        }
        "fetch" => {
            calendars.fetch_anew(owner, id).await?;
            return Ok(done(&here, "done-fetching"));
        }
        _ => match wanted(&typed) {
            Err(reason) => Err(reason.into()),
            Ok(change) => {
                let seen = Some(number(&typed, "version"));
                calendars.change_subscription(owner, id, seen, change).await
            }
        },
    };
    let (faults, stale) = match result {
        Ok(_) => return Ok(done("/calendar/own", "done-calendar-saved")),
        Err(Refused::Reason(Reason::Stale)) => (Faults::new(), true),
        Err(why) => (fault(&frame, why)?, false),
    };
    let followed = calendars.subscription(owner, id).await?;
    Ok(refused(shown(&EditPage {
        stale,
        ..edit_page(frame, &followed, &typed, faults)
    })))
}

fn wanted(typed: &Typed) -> Result<SubscriptionChange, Reason> {
    let title = Text::new(typed_in(typed, "title"), TITLE_CHARS_MAX);
    let color = Color::parse(typed_in(typed, "color"));
    Ok(SubscriptionChange {
        title: Some(title.map_err(|bad| Reason::field("title", bad))?),
        color: Some(color.map_err(|bad| Reason::field("color", bad))?),
        daily: Some(!typed_in(typed, "daily").is_empty()),
    })
}

#[derive(Template)]
#[template(path = "calendar_followed_entry.html")]
pub(super) struct EntryPage {
    frame: Frame,
    heading: String,
    when: String,
    rule: Option<String>,
    parts: Vec<(String, String)>,
    /// An address of the web; others are told as text.
    link: Option<String>,
    description: String,
    called: String,
    calendar: String,
    back: String,
}

pub async fn entry(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath2(id, entry): InPath2<Id, Id>,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let frame = frame.over(&WORDS);
    let followed = calendars.subscription(guest.visitor.id, id).await?;
    let spot = (
        typed_in(&typed, "instance").parse::<DateTime>().ok(),
        typed_in(&typed, "date").parse::<Date>().ok(),
    );
    let told = calendars
        .followed_entry(&guest.visitor, &followed, entry, spot)
        .await?;
    let ways = Ways {
        called: followed.title(frame.language()),
        calendar: format!("/calendar/subscriptions/{id}"),
        back: format!(
            "/calendar?view={}&date={}",
            encoded(typed_in(&typed, "view")),
            encoded(typed_in(&typed, "date"))
        ),
    };
    Ok(shown(&EntryPage::of(frame, &guest.zone, &told, ways)))
}

/// Where an entry is from, and back to what it was opened from.
pub(super) struct Ways {
    pub called: String,
    pub calendar: String,
    pub back: String,
}

impl EntryPage {
    pub(super) fn of(frame: Frame, zone: &Zone, told: &Told, ways: Ways) -> EntryPage {
        let seen = told.seen.as_ref();
        let link = seen.map(|seen| seen.link.clone()).filter(|link| !link.is_empty());
        let (link, other) = match link {
            Some(link) if link.starts_with("https://") || link.starts_with("http://") => (Some(link), None),
            other => (None, other),
        };
        let place = seen
            .map(|seen| seen.place.clone())
            .filter(|place| !place.is_empty());
        let mut parts = Vec::new();
        parts.extend(place.map(|place| (frame.say("event-place").to_string(), place)));
        parts.extend(other.map(|link| (frame.say("event-link").to_string(), link)));
        EntryPage {
            heading: match told.title.as_str() {
                "" => frame.say("untitled").to_string(),
                title => title.to_owned(),
            },
            when: when(&frame, zone, told.when, seen),
            rule: seen.and_then(|seen| rule(&frame, seen)),
            parts,
            link,
            description: seen.map(|seen| seen.description.clone()).unwrap_or_default(),
            called: ways.called,
            calendar: ways.calendar,
            back: ways.back,
            frame,
        }
    }
}

fn rule(frame: &Frame, seen: &Seen) -> Option<String> {
    let start = seen.times.as_ref()?.starts().date();
    let rule = seen.rule.as_ref()?;
    Some(said::rule(frame.tongue(), rule, start))
}

/// From when until when, by the reader's clock where the zone of the entry is known.
fn when(frame: &Frame, reader: &Zone, days: Option<Lasting>, seen: Option<&Seen>) -> String {
    let days_of = |first: Date, last: Date| {
        let first_said = said::date(frame.tongue(), first);
        match first == last {
            true => first_said,
            false => format!("{first_said} – {}", said::date(frame.tongue(), last)),
        }
    };
    if let Some(Lasting::Days { first, last }) = days {
        return days_of(first, last);
    }
    match seen.and_then(|seen| seen.times.as_ref()) {
        None => String::new(),
        Some(Times::Days { first, last }) => days_of(*first, *last),
        Some(Times::Hours { starts, ends, zone }) => {
            let there = zone.as_deref().and_then(Zone::named);
            let here = |at: DateTime| match &there {
                Some(zone) => reader.local_at(zone.instant_of(at)),
                None => at,
            };
            let said = |at: DateTime| said::date_time(frame.tongue(), here(at));
            let foreign = zone.as_deref().filter(|_| there.is_none());
            let foreign = foreign.map(|zone| format!(" ({zone})")).unwrap_or_default();
            format!("{} – {}{foreign}", said(*starts), said(*ends))
        }
    }
}
