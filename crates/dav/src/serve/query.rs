//! REPORT: which report it is, and those about what is in calendars.

use axum::response::{IntoResponse, Response};
use front::{Code, Problem};
use http::header;
use ical::zones::Zone;
use ical::{Answer, Kind, Status, Timing};
use jiff::Timestamp;

use super::find::WITHIN_LIMITS;
use super::props::{Here, Live, Question, Resource};
use super::stop::Stop;
use super::{ANSWER_BYTES_MAX, CALENDAR, Call, Depth, PAGE};
use crate::answer::Multistatus;
use crate::library::{Busy, Calendar, Object, Wanted};
use crate::opened::opened;
use crate::place::Place;
use crate::report::{CompFilter, Range, Report, report};

/// Places that one multiget names: the largest calendar that a client reads anew, at a stroke.
const HREFS_MAX: usize = 10_000;
/// Periods of one answer about when somebody is busy.
const BUSY_MAX: usize = 20_000;

impl Call<'_> {
    pub(super) async fn report(&self) -> Result<Response, Stop> {
        match report(&self.body)? {
            Report::CalendarQuery {
                props,
                filter,
                timezone,
            } => {
                let question = Question::new(props, self.brief());
                let viewer = timezone.as_deref().map(|text| {
                    Zone::of_text(text)
                        .ok_or_else(|| Stop::caldav("valid-calendar-data", "The timezone cannot be read."))
                });
                self.query(&question, &filter, viewer.transpose()?).await
            }
            Report::CalendarMultiget { props, hrefs } => {
                let question = Question::new(props, self.brief());
                self.multiget(&question, &hrefs).await
            }
            Report::FreeBusyQuery(range) => self.busy(range).await,
            Report::SyncCollection(sync) => self.sync(sync).await,
            Report::PrincipalPropertySearch {
                searches, any, props, ..
            } => {
                let question = Question::new(props, self.brief());
                self.search_people(&searches, any, &question).await
            }
            Report::PrincipalSearchPropertySet => Ok(super::people::searchable()),
            Report::ExpandProperty(wanted) => self.expand(&wanted).await,
        }
    }

    /// The calendars that a report is about: those of the home, one, or none for an object in it.
    async fn asked_calendars(&self) -> Result<Vec<Calendar>, Stop> {
        match &self.place {
            Place::Home(_) => Ok(self.library.calendars(self.who).await?),
            Place::Calendar(_, name) | Place::Object(_, name, _) => Ok(vec![self.calendar(name).await?]),
            _ => Err(Stop::dav("supported-report", "This is asked of calendars.")),
        }
    }

    async fn query(
        &self,
        question: &Question,
        filter: &CompFilter,
        viewer: Option<Zone>,
    ) -> Result<Response, Stop> {
        let mut out = Multistatus::new();
        let of_object = matches!(self.place, Place::Object(..));
        let far_enough = match self.depth()? {
            Depth::Zero => of_object,
            Depth::Unsaid | Depth::One => !matches!(self.place, Place::Home(_)),
            Depth::Infinity => true,
        };
        let calendars = self.asked_calendars().await?;
        for calendar in calendars.iter().filter(|_| far_enough) {
            let viewer = viewer.clone().unwrap_or_else(|| zone_of(calendar));
            if let Place::Object(_, _, name) = &self.place {
                let object = self.object(calendar, name, true).await?;
                if filter.takes(&object.text, &viewer) {
                    self.tell(question, &self.shelf(calendar), &object, &viewer, &mut out)?;
                }
            } else if !self
                .query_one(question, filter, calendar, &viewer, &mut out)
                .await?
            {
                out.status(&self.place.href(), 507, Some(&WITHIN_LIMITS));
                break;
            }
        }
        Ok(self.multistatus(out))
    }

    /// Whether everything that was found had its place.
    async fn query_one(
        &self,
        question: &Question,
        filter: &CompFilter,
        calendar: &Calendar,
        viewer: &Zone,
        out: &mut Multistatus,
    ) -> Result<bool, Stop> {
        let around = filter.around();
        let looked_at = !around.decided || question.asks(Live::Data);
        let texts = looked_at && around.uid.is_none();
        let shelf = self.shelf(calendar);
        let mut after: Option<String> = None;
        loop {
            let wanted = Wanted::Around {
                from: around.from,
                to: around.to,
                kind: around.kind,
                after: after.as_deref(),
                limit: PAGE,
            };
            let page = self.library.objects(self.who, calendar, wanted, texts).await?;
            let last = page.last().map(|object| object.name.clone());
            let ended = page.len() < PAGE;
            let page = match around.uid {
                None => page,
                Some(uid) => {
                    let names = page.iter().filter(|object| uid.takes(&object.uid));
                    let names: Vec<&str> = names.map(|object| object.name.as_str()).collect();
                    let wanted = Wanted::Named(&names);
                    self.library.objects(self.who, calendar, wanted, true).await?
                }
            };
            for object in &page {
                if around.kind.is_some_and(|kind| kind != object.kind) {
                    continue;
                }
                if around.decided || around.ranged && object.lies {
                    self.tell(question, &shelf, object, viewer, out)?;
                    continue;
                }
                let taken = opened(&object.text, |opened| {
                    let is_taken = filter.takes_opened(opened, viewer);
                    is_taken.then(|| question.text_of(&object.text, opened, viewer))
                });
                if let Some(Some(text)) = taken {
                    let text = text.map_err(|_| Stop::too_long())?;
                    tell_as(question, &shelf, object, text.as_deref(), out);
                }
            }
            if out.bytes() > ANSWER_BYTES_MAX {
                return Ok(false);
            }
            if ended {
                return Ok(true);
            }
            after = last;
        }
    }

    pub(super) fn shelf<'c>(&self, calendar: &'c Calendar) -> Shelf<'c> {
        Shelf {
            calendar,
            zone: zone_of(calendar),
            href: Place::Calendar(self.who.id, calendar.name.clone()).href(),
            here: Here::of(self.who),
        }
    }

    /// One object in an answer, its text in the form that was asked for.
    pub(super) fn tell(
        &self,
        question: &Question,
        shelf: &Shelf<'_>,
        object: &Object,
        viewer: &Zone,
        out: &mut Multistatus,
    ) -> Result<(), Stop> {
        let text = match question.asks(Live::Data) {
            true => Some(
                question
                    .data
                    .of(&object.text, viewer)
                    .map_err(|_| Stop::too_long())?,
            ),
            false => None,
        };
        tell_as(question, shelf, object, text.as_deref(), out);
        Ok(())
    }

    /// Objects by their places, in the order in which they were asked for; each that is not there is told.
    async fn multiget(&self, question: &Question, hrefs: &[String]) -> Result<Response, Stop> {
        if hrefs.len() > HREFS_MAX {
            return Err(Problem::new(Code::BodyTooLarge)
                .detail(format!("Ask for at most {HREFS_MAX} at a time."))
                .into());
        }
        let calendars = self.asked_calendars().await?;
        let shelves: Vec<Shelf<'_>> = calendars.iter().map(|calendar| self.shelf(calendar)).collect();
        let texts = question.asks(Live::Data);
        let mut out = Multistatus::new();
        for part in hrefs.chunks(PAGE) {
            let places: Vec<Option<Place>> = part.iter().map(|href| Place::read(href)).collect();
            let mut found: Vec<Vec<Object>> = Vec::new();
            for calendar in &calendars {
                let names = places
                    .iter()
                    .flatten()
                    .filter_map(|place| self.name_in(place, calendar));
                let mut names: Vec<&str> = names.collect();
                names.sort_unstable();
                names.dedup();
                found.push(match names.is_empty() {
                    true => Vec::new(),
                    false => {
                        let wanted = Wanted::Named(&names);
                        self.library.objects(self.who, calendar, wanted, texts).await?
                    }
                });
            }
            for (href, place) in part.iter().zip(&places) {
                let there = shelves.iter().zip(&found).find_map(|(shelf, objects)| {
                    let name = self.name_in(place.as_ref()?, shelf.calendar)?;
                    let at = objects
                        .binary_search_by(|object| object.name.as_str().cmp(name))
                        .ok()?;
                    Some((shelf, objects.get(at)?))
                });
                match there {
                    Some((shelf, object)) => {
                        self.tell(question, shelf, object, &shelf.zone, &mut out)?;
                    }
                    None => out.status(href, 404, None),
                }
            }
            if out.bytes() > ANSWER_BYTES_MAX {
                return Err(Stop::too_long());
            }
        }
        Ok(self.multistatus(out))
    }

    fn name_in<'p>(&self, place: &'p Place, calendar: &Calendar) -> Option<&'p str> {
        match place {
            Place::Object(person, of, name) if *person == self.who.id && *of == calendar.name => Some(name),
            _ => None,
        }
    }

    /// When somebody is busy, by what is in one calendar or in all that count (RFC 4791 7.10).
    async fn busy(&self, range: Range) -> Result<Response, Stop> {
        let (Some(from), Some(to)) = (range.start, range.end) else {
            return Err(Stop::caldav(
                "valid-filter",
                "A range has a start and an end here.",
            ));
        };
        let mine = self.principal().await?.addresses;
        let mut periods = Vec::new();
        for calendar in self.asked_calendars().await? {
            if calendar.transparent && matches!(self.place, Place::Home(_)) {
                continue;
            }
            let viewer = zone_of(&calendar);
            let mut after: Option<String> = None;
            loop {
                let wanted = Wanted::Around {
                    from,
                    to,
                    kind: Some(Kind::Event),
                    after: after.as_deref(),
                    limit: PAGE,
                };
                let page = self.library.objects(self.who, &calendar, wanted, true).await?;
                for object in &page {
                    busy_of(&object.text, (from, to), &viewer, &mine, &mut periods);
                }
                if periods.len() > BUSY_MAX {
                    return Err(Stop::too_long());
                }
                match page.last() {
                    Some(last) if page.len() == PAGE => after = Some(last.name.clone()),
                    _ => break,
                }
            }
        }
        let made = Timestamp::from_second(self.library.now().as_seconds()).unwrap_or_default();
        let text = busy_text(made, from, to, periods);
        Ok(([(header::CONTENT_TYPE, CALENDAR)], text).into_response())
    }
}

/// A calendar whose objects are told one after the other.
pub(super) struct Shelf<'c> {
    calendar: &'c Calendar,
    /// By which its floating times and days are read, where nobody says another one.
    pub zone: Zone,
    href: String,
    here: Here,
}

impl Shelf<'_> {
    pub(super) fn href_of(&self, name: &str) -> String {
        let mut href = String::with_capacity(self.href.len() + name.len());
        href.push_str(&self.href);
        crate::place::encode(name, &mut href);
        href
    }
}

fn tell_as(
    question: &Question,
    shelf: &Shelf<'_>,
    object: &Object,
    text: Option<&str>,
    out: &mut Multistatus,
) {
    let resource = Resource::Object(shelf.calendar, object, text);
    out.response(&shelf.href_of(&object.name), |answer| {
        question.answer(resource, &shelf.here, answer);
    });
}

/// The zone by which floating times and days of a calendar are read.
pub(super) fn zone_of(calendar: &Calendar) -> Zone {
    Zone::named(&calendar.zone).unwrap_or(Zone::UTC)
}

/// When an object makes whoever has it busy. `mine` are their addresses: nobody is busy for what they declined.
pub fn busy_of(
    text: &str,
    (from, to): (Timestamp, Timestamp),
    viewer: &Zone,
    mine: &[String],
    periods: &mut Vec<Busy>,
) {
    let Ok(calendar) = ical::parse(text.as_bytes()) else {
        return;
    };
    let Ok(object) = ical::check(&calendar) else {
        return;
    };
    // Whether an entry makes busy, and then whether it is not certain.
    let takes = |entry: &ical::Entry<'_>| {
        let cancelled = entry.status == Some(Status::Cancelled);
        let is_me = |who: &&ical::Participant<'_>| mine.iter().any(|address| who.is(address));
        let answer = entry.attendees.iter().find(is_me).map(|me| me.answer);
        let declined = answer == Some(Answer::Declined);
        let tentative = entry.status == Some(Status::Tentative)
            || matches!(answer, Some(Answer::Tentative | Answer::NeedsAction));
        (!entry.transparent && !cancelled && !declined).then_some(tentative)
    };
    let timing = Timing::new(&object).unwrap_or_else(|_| Timing::once(&object));
    let Ok(found) = timing.between(from, to, viewer) else {
        // So often that it is not told one by one: it is all of the range.
        periods.extend(object.entries().find_map(takes).map(|tentative| Busy {
            tentative,
            start: from,
            end: to,
        }));
        return;
    };
    for one in found.iter().filter(|one| one.start < one.end) {
        periods.extend(takes(one.entry).map(|tentative| Busy {
            tentative,
            start: one.start.max(from),
            end: one.end.min(to),
        }));
    }
}

/// A VFREEBUSY; what touches is one period, what is certain and what is not stay apart.
fn busy_text(made: Timestamp, from: Timestamp, to: Timestamp, periods: Vec<Busy>) -> String {
    let mut calendar = ical::Component::new("VCALENDAR");
    calendar.add(ical::Property::new("VERSION", "2.0"));
    calendar.add(ical::Property::new("PRODID", "-//Townhall//Calendar//EN"));
    calendar.components.push(busy_component(made, from, to, periods));
    calendar.write()
}

/// What touches becomes one; what is certain and what is not stay apart. So nobody learns where one thing ends and the next begins.
pub fn joined(mut periods: Vec<Busy>) -> Vec<Busy> {
    periods.sort_unstable();
    let mut joined: Vec<Busy> = Vec::with_capacity(periods.len());
    for one in periods {
        match joined.last_mut() {
            Some(last) if last.tentative == one.tentative && one.start <= last.end => {
                last.end = last.end.max(one.end);
            }
            _ => joined.push(one),
        }
    }
    joined
}

pub(super) fn busy_component(
    made: Timestamp,
    from: Timestamp,
    to: Timestamp,
    periods: Vec<Busy>,
) -> ical::Component<'static> {
    let utc = |at: Timestamp| ical::When::Utc(Zone::UTC.local_at(at)).to_string();
    let mut busy = ical::Component::new("VFREEBUSY");
    busy.add(ical::Property::new("DTSTAMP", &utc(made)));
    busy.add(ical::Property::new("DTSTART", &utc(from)));
    busy.add(ical::Property::new("DTEND", &utc(to)));
    for Busy {
        tentative,
        start,
        end,
    } in joined(periods)
    {
        let period = format!("{}/{}", utc(start), utc(end));
        let property = ical::Property::new("FREEBUSY", &period);
        busy.add(match tentative {
            true => property.with("FBTYPE", "BUSY-TENTATIVE"),
            false => property,
        });
    }
    busy
}
