//! The reports of CalDAV, of sync and of principals.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::request::{PropRequest, props_of};
use crate::xml::{CALDAV, DAV, Element, Name, Refusal, parse};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// RFC 4791 7.8.
    CalendarQuery {
        props: PropRequest,
        filter: CompFilter,
        /// The VTIMEZONE in which floating times are meant.
        timezone: Option<String>,
    },
    /// RFC 4791 7.9.
    CalendarMultiget { props: PropRequest, hrefs: Vec<String> },
    /// RFC 4791 7.10.
    FreeBusyQuery(Range),
    /// RFC 6578 3.2.
    SyncCollection(Sync),
    /// RFC 3744 9.4.
    PrincipalPropertySearch {
        searches: Vec<PropSearch>,
        /// One match is enough, instead of all.
        any: bool,
        props: PropRequest,
        /// In all sets of principals, not only here.
        everywhere: bool,
    },
    /// RFC 3744 9.5.
    PrincipalSearchPropertySet,
    /// RFC 3253 3.8.
    ExpandProperty(Vec<Expansion>),
}

/// A span of time, open at one end perhaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
}

/// RFC 4791 9.7.1. All that is said has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompFilter {
    pub name: String,
    /// It must not be there.
    pub absent: bool,
    pub range: Option<Range>,
    pub props: Vec<PropFilter>,
    pub comps: Vec<CompFilter>,
}

/// RFC 4791 9.7.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropFilter {
    pub name: String,
    pub absent: bool,
    pub range: Option<Range>,
    pub text: Option<TextMatch>,
    pub params: Vec<ParamFilter>,
}

/// RFC 4791 9.7.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamFilter {
    pub name: String,
    pub absent: bool,
    pub text: Option<TextMatch>,
}

/// RFC 4791 9.7.5: the text stands somewhere in the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMatch {
    pub text: String,
    /// `i;octet`: case makes a difference.
    pub exact: bool,
    pub negate: bool,
}

/// A sync-collection report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sync {
    /// Empty the first time.
    pub token: String,
    /// `infinite` instead of `1`.
    pub deep: bool,
    pub limit: Option<u32>,
    pub props: PropRequest,
}

/// Properties of a principal that have to contain a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropSearch {
    pub names: Vec<Name>,
    pub text: String,
}

/// A property whose links are to be answered with properties of what they lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion {
    pub name: Name,
    pub inside: Vec<Expansion>,
}

pub fn report(body: &[u8]) -> Result<Report, Refusal> {
    let what = "a body";
    let root = parse(body)?.ok_or(Refusal::Missing {
        within: "REPORT",
        what,
    })?;
    let named = || PropRequest::Named {
        names: Vec::new(),
        calendar_data: Box::default(),
    };
    let props = || Ok(props_of(&root)?.unwrap_or_else(named));
    match (root.name.space.as_ref(), root.name.local.as_ref()) {
        (CALDAV, "calendar-query") => {
            let filter = root
                .child(CALDAV, "filter")
                .and_then(|filter| filter.child(CALDAV, "comp-filter"));
            let (within, what) = ("calendar-query", "a filter with a comp-filter");
            Ok(Report::CalendarQuery {
                props: props()?,
                filter: CompFilter::read(filter.ok_or(Refusal::Missing { within, what })?)?,
                timezone: root.child(CALDAV, "timezone").map(Element::text),
            })
        }
        (CALDAV, "calendar-multiget") => Ok(Report::CalendarMultiget {
            props: props()?,
            hrefs: root
                .all(DAV, "href")
                .map(|href| href.text().trim().to_owned())
                .collect(),
        }),
        (CALDAV, "free-busy-query") => {
            let (within, what) = ("free-busy-query", "a time-range");
            let range = root
                .child(CALDAV, "time-range")
                .ok_or(Refusal::Missing { within, what })?;
            Ok(Report::FreeBusyQuery(Range::read(range)?))
        }
        (DAV, "sync-collection") => Ok(Report::SyncCollection(sync(&root, props()?)?)),
        (DAV, "principal-property-search") => Ok(Report::PrincipalPropertySearch {
            searches: root.all(DAV, "property-search").map(search).collect(),
            any: root.attribute("test") == Some("anyof"),
            props: beside(&root, props()?),
            everywhere: root.child(DAV, "apply-to-principal-collection-set").is_some(),
        }),
        (DAV, "principal-search-property-set") => Ok(Report::PrincipalSearchPropertySet),
        (DAV, "expand-property") => Ok(Report::ExpandProperty(expansions(&root))),
        (_, other) => Err(Refusal::UnknownReport(other.to_owned())),
    }
}

fn sync(root: &Element, props: PropRequest) -> Result<Sync, Refusal> {
    let (within, what) = ("sync-collection", "a sync-token, which may be empty");
    let token = root
        .child(DAV, "sync-token")
        .ok_or(Refusal::Missing { within, what })?;
    let deep = root
        .child(DAV, "sync-level")
        .is_some_and(|level| level.text().trim() == "infinite");
    let limit = root
        .child(DAV, "limit")
        .and_then(|limit| limit.child(DAV, "nresults"));
    Ok(Sync {
        token: token.text().trim().to_owned(),
        deep,
        limit: limit.and_then(|number| number.text().trim().parse().ok()),
        props,
    })
}

/// A widely used client names what it wants beside an empty `prop` instead of in it.
fn beside(root: &Element, within: PropRequest) -> PropRequest {
    match within {
        PropRequest::Named { names, calendar_data } if names.is_empty() => {
            let own = ["property-search", "prop", "apply-to-principal-collection-set"];
            let wanted = root
                .elements()
                .filter(|one| !own.iter().any(|name| one.name == Name::new(DAV, name)));
            PropRequest::Named {
                names: wanted.map(|one| one.name.clone()).collect(),
                calendar_data,
            }
        }
        within => within,
    }
}

fn search(element: &Element) -> PropSearch {
    let props = element.all(DAV, "prop").flat_map(Element::elements);
    PropSearch {
        names: props.map(|property| property.name.clone()).collect(),
        text: element.child(DAV, "match").map(Element::text).unwrap_or_default(),
    }
}

fn expansions(element: &Element) -> Vec<Expansion> {
    let of = |property: &Element| {
        let space = property.attribute("namespace").unwrap_or(DAV).to_owned();
        let local = property.attribute("name").unwrap_or_default().to_owned();
        Expansion {
            name: Name {
                space: space.into(),
                local: local.into(),
            },
            inside: expansions(property),
        }
    };
    element.all(DAV, "property").map(of).collect()
}

impl CompFilter {
    fn read(element: &Element) -> Result<CompFilter, Refusal> {
        Ok(CompFilter {
            name: name_of(element, "comp-filter")?,
            absent: is_absent(element),
            range: range_of(element)?,
            props: element
                .all(CALDAV, "prop-filter")
                .map(PropFilter::read)
                .collect::<Result<_, _>>()?,
            comps: element
                .all(CALDAV, "comp-filter")
                .map(CompFilter::read)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl PropFilter {
    fn read(element: &Element) -> Result<PropFilter, Refusal> {
        Ok(PropFilter {
            name: name_of(element, "prop-filter")?,
            absent: is_absent(element),
            range: range_of(element)?,
            text: text_of(element)?,
            params: element
                .all(CALDAV, "param-filter")
                .map(ParamFilter::read)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl ParamFilter {
    fn read(element: &Element) -> Result<ParamFilter, Refusal> {
        Ok(ParamFilter {
            name: name_of(element, "param-filter")?,
            absent: is_absent(element),
            text: text_of(element)?,
        })
    }
}

fn name_of(element: &Element, within: &'static str) -> Result<String, Refusal> {
    let what = "a name";
    element
        .attribute("name")
        .map(str::to_owned)
        .ok_or(Refusal::Missing { within, what })
}

fn is_absent(element: &Element) -> bool {
    element.child(CALDAV, "is-not-defined").is_some()
}

fn range_of(element: &Element) -> Result<Option<Range>, Refusal> {
    element.child(CALDAV, "time-range").map(Range::read).transpose()
}

fn text_of(element: &Element) -> Result<Option<TextMatch>, Refusal> {
    let Some(found) = element.child(CALDAV, "text-match") else {
        return Ok(None);
    };
    let exact = match found.attribute("collation") {
        None | Some("default" | "i;ascii-casemap" | "i;unicode-casemap") => false,
        Some("i;octet") => true,
        Some(other) => return Err(Refusal::UnknownCollation(other.to_owned())),
    };
    let negate = found.attribute("negate-condition") == Some("yes");
    let text = found.text();
    Ok(Some(TextMatch { text, exact, negate }))
}

impl Range {
    fn read(element: &Element) -> Result<Range, Refusal> {
        let at = |name| element.attribute(name).map(|text| (text, instant(text)));
        let (start, end) = (at("start"), at("end"));
        let bad = |what: &str| {
            Err(Refusal::BadRange {
                what: what.to_owned(),
            })
        };
        for (text, instant) in start.iter().chain(&end) {
            if instant.is_none() {
                return bad(text);
            }
        }
        let range = Range {
            start: start.and_then(|(_, instant)| instant),
            end: end.and_then(|(_, instant)| instant),
        };
        match (range.start, range.end) {
            (None, None) => bad("time-range without start and end"),
            (Some(start), Some(end)) if start >= end => bad("time-range"),
            _ => Ok(range),
        }
    }

    /// One that has to have both ends (RFC 4791 9.6.5).
    pub(crate) fn whole(element: &Element) -> Result<Range, Refusal> {
        let range = Range::read(element)?;
        if range.start.is_none() || range.end.is_none() {
            let what = "a range that is open at one end".to_owned();
            return Err(Refusal::BadRange { what });
        }
        Ok(range)
    }
}

/// `20261224T180000Z`. Some clients leave out the Z, and mean UTC by RFC 4791 9.9 all the same.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim().trim_end_matches('Z');
    let local = DateTime::strptime("%Y%m%dT%H%M%S", text).ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}
