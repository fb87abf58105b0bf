//! PROPPATCH, MKCALENDAR and MKCOL: what is said of a calendar.
//!
//! All of a request is done or nothing: it is worked out here, and the library is asked once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::response::{IntoResponse, Response};
use front::{Code, Problem};
use http::StatusCode;
use ical::zones::Zone;
use jiff::Timestamp;

use super::props::{Live, keep, kept};
use super::stop::Stop;
use super::{Call, xml};
use crate::answer::Multistatus;
use crate::library::{Denied, Kinds, Wishes};
use crate::place::Place;
use crate::request::{PropChange, make, proppatch};
use crate::xml::{CALDAV, DAV, Element, Name, Writer};

/// What clients may keep with one calendar.
const KEPT_BYTES_MAX: usize = 64 << 10;
/// A title, a description.
const TEXT_BYTES_MAX: usize = 8 << 10;

impl Call<'_> {
    pub(super) async fn patch(&self) -> Result<Response, Stop> {
        let changes = proppatch(&self.body)?;
        let names: Vec<Name> = changes.iter().map(|change| change.name().clone()).collect();
        let calendar = match &self.place {
            Place::Calendar(_, name) => Some(self.calendar(name).await?),
            // What is not there has no properties that could be refused.
            Place::Object(_, calendar, name) => {
                let calendar = self.calendar(calendar).await?;
                self.object(&calendar, name, false).await?;
                None
            }
            _ => None,
        };
        let Some(calendar) = calendar else {
            return Ok(self.multistatus(self.refused(&names, &names)));
        };
        if !calendar.rights.manage {
            return Err(Stop::forbidden(
                "You may not change what is said of this calendar.",
            ));
        }
        let before = kept(&calendar.extra);
        let mut draft = Draft::new(before.clone());
        for change in &changes {
            match change {
                PropChange::Set(element) => draft.set(element),
                PropChange::Remove(name) => draft.remove(name, &calendar.name),
            }
        }
        if !draft.refused.is_empty() {
            return Ok(self.multistatus(self.refused(&draft.refused, &names)));
        }
        let wishes = draft.wishes(&before);
        if wishes != Wishes::default() {
            self.library.change(self.who, &calendar, wishes).await?;
        }
        let mut out = Multistatus::new();
        out.response(&self.place.href(), |answer| answer.names_or_nothing(200, &names));
        Ok(self.multistatus(out))
    }

    /// Which may not be changed, and which were not changed because of them.
    fn refused(&self, refused: &[Name], names: &[Name]) -> Multistatus {
        let others: Vec<Name> = names
            .iter()
            .filter(|name| !refused.contains(name))
            .cloned()
            .collect();
        let mut out = Multistatus::new();
        out.response(&self.place.href(), |answer| {
            answer.names_or_nothing(403, refused);
            answer.names(424, &others);
        });
        out
    }

    pub(super) async fn make(&self, mkcol: bool) -> Result<Response, Stop> {
        let Place::Calendar(_, name) = &self.place else {
            return Err(Problem::new(Code::MethodNotAllowed).into());
        };
        let elements = make(&self.body)?;
        let types = elements.iter().find(|one| one.is(DAV, "resourcetype"));
        let is_calendar = types.is_some_and(|types| types.child(CALDAV, "calendar").is_some());
        let may_be_silent = !mkcol && types.is_none();
        if !is_calendar && !may_be_silent {
            let words = "Only calendars can be made here: say so in resourcetype.";
            return Err(Stop::dav("valid-resourcetype", words));
        }
        let mut draft = Draft::new(Vec::new());
        for element in elements.iter().filter(|one| !one.is(DAV, "resourcetype")) {
            match Live::of(&element.name) {
                Some(Live::Kinds) => draft.kinds(element),
                _ => draft.set(element),
            }
        }
        if !draft.refused.is_empty() {
            return Ok(unmade(mkcol, &draft.refused, &elements));
        }
        match self.library.create(self.who, name, draft.wishes(&[])).await {
            Err(Denied::Taken) if mkcol => Err(Problem::new(Code::MethodNotAllowed)
                .detail("There is something here already.")
                .into()),
            done => {
                done?;
                Ok(StatusCode::CREATED.into_response())
            }
        }
    }
}

/// RFC 5689 3: which properties were to blame.
fn unmade(mkcol: bool, refused: &[Name], elements: &[Element]) -> Response {
    let mut writer = Writer::new();
    let (space, local) = match mkcol {
        true => (DAV, "mkcol-response"),
        false => (CALDAV, "mkcalendar-response"),
    };
    let others: Vec<Name> = elements
        .iter()
        .map(|one| one.name.clone())
        .filter(|name| !refused.contains(name))
        .collect();
    writer.element(space, local, |inside| {
        let mut answer = crate::answer::within(inside);
        answer.names(403, refused);
        answer.names(424, &others);
    });
    xml(StatusCode::FAILED_DEPENDENCY, writer.finish())
}

impl PropChange {
    fn name(&self) -> &Name {
        match self {
            PropChange::Set(element) => &element.name,
            PropChange::Remove(name) => name,
        }
    }
}

/// What is to be said, step by step.
struct Draft {
    wishes: Wishes,
    kept: Vec<Element>,
    refused: Vec<Name>,
}

impl Draft {
    fn new(kept: Vec<Element>) -> Draft {
        Draft {
            wishes: Wishes::default(),
            kept,
            refused: Vec::new(),
        }
    }

    fn set(&mut self, element: &Element) {
        if self.try_set(element).is_none() {
            self.refused.push(element.name.clone());
        }
    }

    fn try_set(&mut self, element: &Element) -> Option<()> {
        let text = element.text();
        let short = || Some(text.clone()).filter(|text| text.len() <= TEXT_BYTES_MAX);
        match Live::of(&element.name) {
            Some(Live::DisplayName) => self.wishes.title = Some(short()?),
            Some(Live::Description) => self.wishes.description = Some(short()?),
            Some(Live::Color) => self.wishes.color = Some(color(text.trim())?),
            Some(Live::Order) => self.wishes.order = Some(order(text.trim())?),
            Some(Live::Zone) => self.wishes.zone = Some(zone_name(&Zone::of_text(&text)?)?),
            Some(Live::ZoneId) => self.wishes.zone = Some(zone_name(&Zone::named(text.trim())?)?),
            Some(Live::Transparency) => {
                let transparent = element.child(CALDAV, "transparent").is_some();
                let opaque = element.child(CALDAV, "opaque").is_some();
                self.wishes.transparent = Some((transparent != opaque).then_some(transparent)?);
            }
            Some(_) => return None,
            None => {
                self.kept.retain(|one| one.name != element.name);
                self.kept.push(element.clone());
                if keep(&self.kept).len() > KEPT_BYTES_MAX {
                    return None;
                }
            }
        }
        Some(())
    }

    /// What is taken away takes its default. A colour and a zone have none, and what is worked out cannot go.
    fn remove(&mut self, name: &Name, calendar: &str) {
        match Live::of(name) {
            Some(Live::DisplayName) => self.wishes.title = Some(calendar.to_owned()),
            Some(Live::Description) => self.wishes.description = Some(String::new()),
            Some(Live::Order) => self.wishes.order = Some(0),
            Some(Live::Transparency) => self.wishes.transparent = Some(false),
            Some(_) => self.refused.push(name.clone()),
            None => self.kept.retain(|one| one.name != *name),
        }
    }

    fn kinds(&mut self, element: &Element) {
        let names = element
            .all(CALDAV, "comp")
            .filter_map(|comp| comp.attribute("name"));
        let mut kinds = Kinds {
            events: false,
            tasks: false,
            journals: false,
        };
        for name in names {
            match ical::Kind::read(name) {
                Some(ical::Kind::Event) => kinds.events = true,
                Some(ical::Kind::Todo) => kinds.tasks = true,
                Some(ical::Kind::Journal) => kinds.journals = true,
                // Some ask for VFREEBUSY or VAVAILABILITY beside the others, and can do without.
                _ => {}
            }
        }
        match kinds.events || kinds.tasks || kinds.journals {
            true => self.wishes.kinds = Some(kinds),
            false => self.refused.push(element.name.clone()),
        }
    }

    fn wishes(self, before: &[Element]) -> Wishes {
        let extra = (self.kept != before).then(|| keep(&self.kept));
        Wishes { extra, ..self.wishes }
    }
}

/// `#RRGGBB` or, as Apple has it, `#RRGGBBAA`; or a name.
fn color(text: &str) -> Option<u32> {
    let Some(digits) = text.strip_prefix('#') else {
        return ical::color(text);
    };
    let fits = matches!(digits.len(), 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits.get(..6)?, 16).ok().filter(|_| fits)
}

fn order(text: &str) -> Option<i64> {
    text.parse::<u32>().ok().map(i64::from)
}

fn zone_name(zone: &Zone) -> Option<String> {
    if zone.is_utc() {
        return Some("UTC".to_owned());
    }
    zone.id().filter(|_| !zone.is_own()).map(str::to_owned)
}

/// Zones that were written out already: working out their rules takes longer than everything else in an answer.
static WRITTEN: RwLock<Option<HashMap<String, Arc<str>>>> = RwLock::new(None);

/// Zones are written out for these years: what clients show.
const YEARS: (i64, i64) = (946_684_800, 2_240_611_200);

/// The zone of a calendar as clients read it.
pub(super) fn zone_text(name: &str) -> String {
    let known = WRITTEN.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = known.as_ref().and_then(|known| known.get(name)) {
        return text.to_string();
    }
    drop(known);
    let at = |second| Timestamp::from_second(second).unwrap_or_default();
    let zone = Zone::iana(name);
    let rules = zone.and_then(|zone| zone.written_out(at(YEARS.0), at(YEARS.1)));
    let lines = rules.map_or_else(
        || "BEGIN:VTIMEZONE\r\nTZID:UTC\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n".to_owned(),
        |rules| rules.lines(),
    );
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Townhall//Calendar//EN\r\n{lines}END:VCALENDAR\r\n"
    );
    let mut known = WRITTEN.write().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_with(HashMap::new);
    known.insert(name.to_owned(), Arc::from(text.as_str()));
    text
}
