//! What stands where on the page: times of a range, laid out by days for whoever looks.

use front::frame::{Frame, encoded};
use ical::Kind;
use ical::zones::Zone;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};
use kernel::Id;

use super::look::{LANES_MAX, STEP_MINUTES, STEPS, class};
use super::short;
use crate::agenda::{Lasting, Shown};
use crate::rules::lanes::lanes;
use crate::said;
use crate::sharing::{Held, Rights};
use crate::subscriptions::types::Followed;
use crate::types::{Calendar, Color};

/// What takes this long is told above the hours.
const LONG_MINUTES: i64 = 24 * 60;
/// What is shorter is drawn so long: less cannot be read, nor hit with a finger.
const STEPS_LEAST: i64 = 4;

/// One day of a page.
pub(super) struct Day {
    pub date: String,
    /// All of it.
    pub href: String,
    /// "23".
    pub number: i8,
    /// "Mon".
    pub short: String,
    /// "Monday, 23 November".
    pub long: String,
    pub is_today: bool,
    /// Of a month's page: a day of the month before or after.
    pub is_outside: bool,
    pub whole: Vec<Block>,
    pub timed: Vec<Block>,
    /// The step that it is now, today.
    pub clock: Option<i64>,
    /// How many there are beside those that a month's page has room for.
    pub more: usize,
}

/// One thing on one day.
#[derive(Clone)]
pub(super) struct Block {
    pub href: String,
    pub title: String,
    /// "10:00–10:30"; empty for whole days.
    pub time: String,
    pub place: String,
    /// Where it stands and how it looks.
    pub class: String,
    /// All of it in a sentence.
    pub label: String,
    pub calendar: Id,
    pub event: Id,
    pub change: i64,
    pub instance: String,
    /// Minutes since midnight.
    pub from: i64,
    pub to: i64,
    /// It can be dragged.
    pub is_free: bool,
    /// It began on an earlier day that is shown too.
    pub goes_on: bool,
}

impl Block {
    /// "10:00".
    pub(super) fn begins(&self) -> &str {
        self.time.split('–').next().unwrap_or_default()
    }
}

/// What is being laid out.
pub(super) struct Layout<'a> {
    pub frame: &'a Frame,
    /// Of whoever looks.
    pub zone: &'a Zone,
    /// What their clock shows.
    pub at: DateTime,
    pub held: &'a [Held],
    pub followed: &'a [Followed],
    pub view: &'a str,
    /// Events that somebody else organizes: they are not dragged.
    pub theirs: &'a [Id],
    /// The page that is laid out, if it is one that is open to whoever has its link.
    pub public: Option<&'a Open>,
}

/// A page that is open to whoever has its link; from there one comes to the same page only.
pub(super) struct Open {
    pub path: String,
    /// The zone that its reader chose.
    pub zone: Option<String>,
}

impl Open {
    /// The same page, about something else.
    pub fn to(&self, query: &str) -> String {
        let zone = self.zone.as_deref();
        let zone = zone.map(|zone| format!("&zone={}", encoded(zone)));
        format!("{}?{query}{}", self.path, zone.unwrap_or_default())
    }
}

/// Local start and end, and whether it stands above the hours.
struct Span {
    starts: DateTime,
    ends: DateTime,
    is_whole: bool,
}

impl Layout<'_> {
    fn span(&self, shown: &Shown) -> Span {
        match shown.when {
            Lasting::Days { first, last } => Span {
                starts: first.to_datetime(Time::midnight()),
                ends: last.saturating_add(1.day()).to_datetime(Time::midnight()),
                is_whole: true,
            },
            Lasting::Time { starts, ends } => {
                let local = |at: kernel::Moment| self.zone.local_at(at.to_timestamp());
                let (starts, ends) = (local(starts), local(ends));
                let is_whole = minutes_from(starts, ends) >= LONG_MINUTES;
                Span {
                    starts,
                    ends: ends.max(starts),
                    is_whole,
                }
            }
        }
    }

    /// Days from one on, with what happens on each.
    pub(super) fn days(&self, first: Date, count: i32, all: &[Shown]) -> Vec<Day> {
        let rows = self.rows_of_long(first, count, all);
        (0..count).map(|nth| self.day(first, nth, all, &rows)).collect()
    }

    /// Rows for what lasts for days, so that it stands at one height on each of them.
    fn rows_of_long(&self, first: Date, count: i32, all: &[Shown]) -> Vec<Option<usize>> {
        let mut taken: Vec<Date> = Vec::new();
        let last = first.saturating_add((count - 1).days());
        let row = |shown: &Shown| {
            let span = self.span(shown);
            if !span.is_whole {
                return None;
            }
            let (from, to) = (span.starts.date().max(first), last_day(&span).min(last));
            let free = taken.iter().position(|until| *until < from);
            match free {
                Some(at) => {
                    taken[at] = to;
                    Some(at)
                }
                None => {
                    taken.push(to);
                    Some(taken.len() - 1)
                }
            }
        };
        all.iter().map(row).collect()
    }

    fn day(&self, first: Date, nth: i32, all: &[Shown], rows: &[Option<usize>]) -> Day {
        let date = first.saturating_add(nth.days());
        let (begins, is_over) = (date.to_datetime(Time::midnight()), date.saturating_add(1.day()));
        let is_over = is_over.to_datetime(Time::midnight());
        let (mut whole, mut timed) = (Vec::new(), Vec::new());
        for (shown, row) in all.iter().zip(rows) {
            let span = self.span(shown);
            let ends_here = span.ends > begins || span.starts >= begins;
            if span.starts >= is_over || !ends_here {
                continue;
            }
            let block = self.block(shown, &span, begins);
            match row {
                Some(row) => {
                    let goes_on = date > first && span.starts < begins;
                    let ends = if last_day(&span) == date { " ends" } else { "" };
                    let class = format!(
                        "{} r{}{}{ends}",
                        block.class,
                        row.min(&9),
                        if goes_on { " goes-on" } else { "" }
                    );
                    whole.push((
                        *row,
                        Block {
                            class,
                            goes_on,
                            ..block
                        },
                    ));
                }
                None => timed.push(block),
            }
        }
        whole.sort_by_key(|(row, _)| *row);
        let today = self.at.date();
        let minute = minutes_from(begins, self.at);
        Day {
            date: date.to_string(),
            href: self.day_link(date),
            number: date.day(),
            short: self
                .frame
                .say("weekday-short")
                .with("weekday", date.weekday().to_monday_one_offset())
                .to_string(),
            long: self.weekday(date),
            is_today: date == today,
            is_outside: false,
            whole: whole.into_iter().map(|(_, block)| block).collect(),
            timed: in_lanes(timed),
            clock: (date == today).then_some(minute / STEP_MINUTES),
            more: 0,
        }
    }

    pub(super) fn weekday(&self, date: Date) -> String {
        self.frame
            .say("weekday")
            .with("weekday", date.weekday().to_monday_one_offset())
            .with("day", date.day())
            .with("month", date.month())
            .to_string()
    }

    /// The colour and the name of a calendar, and what one may do with it; of one that is only followed, nothing.
    fn calendar(&self, id: Id) -> (Color, String, Option<Rights>) {
        if let Some(held) = self.held.iter().find(|held| held.calendar.id == id) {
            let about = &held.calendar.about;
            return (about.color, about.title.to_string(), Some(held.rights));
        }
        let followed = self.followed.iter().find(|one| one.id() == id);
        let followed = followed.map(|one| (one.subscription.color, one.title(self.frame.language()), None));
        followed.unwrap_or((Color::BLUE, String::new(), None))
    }

    fn block(&self, shown: &Shown, span: &Span, begins: DateTime) -> Block {
        let (color, called, rights) = self.calendar(shown.calendar);
        let color = shown.color.unwrap_or(color);
        let can_write = rights.is_some_and(|rights| rights >= Rights::Edit);
        let mut class = format!("c-{}", class(color));
        for (is_so, name) in [
            (shown.is_cancelled, " cancelled"),
            (shown.is_tentative, " tentative"),
            (shown.kind == Kind::Todo, " task"),
            (shown.is_done, " done"),
            (!shown.is_busy, " free"),
            (shown.is_hidden, " hidden-busy"),
        ] {
            if is_so {
                class.push_str(name);
            }
        }
        let is_days = matches!(shown.when, Lasting::Days { .. });
        let time = if is_days { String::new() } else { clock_range(span) };
        let title = match (shown.is_hidden, shown.title.as_str()) {
            (true, _) => self.frame.say("busy").to_string(),
            (false, "") => self.frame.say("untitled").to_string(),
            (false, title) => title.to_owned(),
        };
        let instance = shown.instance.map(|local| local.to_string()).unwrap_or_default();
        let place = shown.place.clone().unwrap_or_default();
        let when = match shown.when {
            Lasting::Days { first, last } if first < last => {
                format!("{} – {}", self.weekday(first), self.weekday(last))
            }
            Lasting::Days { first, .. } => self.weekday(first),
            Lasting::Time { .. } => format!("{}, {time}", self.weekday(span.starts.date())),
        };
        let state = match shown.is_done {
            true => self.frame.say("task-is-done").to_string(),
            false => String::new(),
        };
        let label = [title.as_str(), &state, &when, &place, &called];
        let pages = if rights.is_some() {
            "events"
        } else {
            "subscriptions"
        };
        Block {
            href: self.href(shown, pages, span.starts.date(), &instance),
            label: label
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
            title,
            time,
            place,
            class,
            calendar: shown.calendar,
            event: shown.object,
            change: shown.change,
            instance,
            from: minutes_from(begins, span.starts).max(0),
            to: minutes_from(begins, span.ends).min(LONG_MINUTES),
            is_free: can_write && shown.kind == Kind::Event && !self.theirs.contains(&shown.object),
            goes_on: span.starts < begins,
        }
    }
}

impl Layout<'_> {
    fn day_link(&self, day: Date) -> String {
        match self.public {
            Some(open) => open.to(&format!("view=agenda&date={day}")),
            None => format!("/calendar?view=day&date={day}"),
        }
    }

    /// Where an event is opened; of what is hidden nobody sees more than its day.
    fn href(&self, shown: &Shown, pages: &str, day: Date, instance: &str) -> String {
        if shown.is_hidden {
            return self.day_link(day);
        }
        let (calendar, event, view) = (shown.calendar, shown.object, self.view);
        let query = match instance {
            "" => String::new(),
            instance => format!("&instance={instance}"),
        };
        if let Some(open) = self.public {
            return open.to(&format!("event={event}&view={view}&date={day}{query}"));
        }
        format!("/calendar/{pages}/{calendar}/{event}?view={view}&date={day}{query}")
    }
}

/// The last day on which something is.
fn last_day(span: &Span) -> Date {
    let date = span.ends.date();
    let is_over = span.ends.time() == Time::midnight() && span.ends > span.starts;
    if is_over {
        date.saturating_sub(1.day())
    } else {
        date
    }
}

/// "10:00–10:30".
fn clock_range(span: &Span) -> String {
    let clock = |at: DateTime| format!("{:02}:{:02}", at.hour(), at.minute());
    if span.starts == span.ends {
        return clock(span.starts);
    }
    format!("{}–{}", clock(span.starts), clock(span.ends))
}

fn minutes_from(earlier: DateTime, later: DateTime) -> i64 {
    later.duration_since(earlier).as_mins()
}

/// Things of one day, each in its lane.
fn in_lanes(mut blocks: Vec<Block>) -> Vec<Block> {
    blocks.sort_by_key(|block| (block.from, -block.to));
    let steps: Vec<(i64, i64)> = blocks
        .iter()
        .map(|block| {
            let from = (block.from / STEP_MINUTES).min(STEPS - STEPS_LEAST);
            let to = (block.to + STEP_MINUTES - 1) / STEP_MINUTES;
            (from, to.max(from + STEPS_LEAST).min(STEPS))
        })
        .collect();
    for ((block, (from, to)), lane) in blocks.iter_mut().zip(&steps).zip(lanes(&steps)) {
        let of = lane.of.min(LANES_MAX);
        let at = lane.at.min(of - 1);
        let brief = if to - from < 8 { " brief" } else { "" };
        block
            .class
            .push_str(&format!(" s{from} n{} l{at}-{of}{brief}", to - from));
    }
    blocks
}

/// "November 2026", "23–29 November 2026", "23 November 2026".
pub(super) fn heading(frame: &Frame, view: &str, first: Date, last: Date) -> String {
    let month = |date: Date| frame.say("month-name").with("month", date.month()).to_string();
    match view {
        "day" => said::date(frame.tongue(), first),
        "month" => format!(
            "{} {}",
            month(first.saturating_add(7.days())),
            first.saturating_add(7.days()).year()
        ),
        _ if first.first_of_month() == last.first_of_month() => {
            format!("{}–{}", first.day(), said::date(frame.tongue(), last))
        }
        _ => format!(
            "{} – {}",
            said::date(frame.tongue(), first),
            said::date(frame.tongue(), last)
        ),
    }
}

/// A calendar with its checkbox.
pub(super) struct Tick {
    pub value: String,
    pub title: String,
    pub class: String,
    pub is_shown: bool,
}

pub(super) fn tick(calendar: &Calendar, is_hidden: bool) -> Tick {
    Tick {
        value: short(calendar.id),
        title: calendar.about.title.to_string(),
        class: format!("c-{}", class(calendar.about.color)),
        is_shown: !is_hidden,
    }
}

/// The same for something that is followed.
pub(super) fn tick_of(frame: &Frame, followed: &Followed, is_hidden: bool) -> Tick {
    Tick {
        value: short(followed.id()),
        title: followed.title(frame.language()),
        class: format!("c-{}", class(followed.subscription.color)),
        is_shown: !is_hidden,
    }
}
