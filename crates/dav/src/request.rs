//! PROPFIND, PROPPATCH, MKCALENDAR and MKCOL.

use crate::report::Range;
use crate::xml::{CALDAV, DAV, Element, Name, Refusal, parse};

/// Which properties an answer is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropRequest {
    /// All that are not costly, and these.
    All { include: Vec<Name> },
    /// The names alone.
    Names,
    Named {
        names: Vec<Name>,
        /// How calendar-data is wanted, where it is among the names.
        calendar_data: Box<CalendarData>,
    },
}

/// How calendar-data is wanted (RFC 4791 9.6).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalendarData {
    /// Series become their instances of this range, in UTC.
    pub expand: Option<Range>,
    /// Moved instances outside of this range are left out.
    pub limit_recurrence_set: Option<Range>,
    pub limit_freebusy_set: Option<Range>,
    /// Which components and properties are wanted; all of them if none is said.
    pub comp: Option<CompWish>,
}

/// A component of which a part is wanted (RFC 4791 9.6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompWish {
    pub name: String,
    /// None: all properties. With each name, whether its value is not wanted.
    pub props: Option<Vec<(String, bool)>>,
    /// None: all components.
    pub comps: Option<Vec<CompWish>>,
}

/// One step of PROPPATCH; the steps count in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropChange {
    Set(Element),
    Remove(Name),
}

/// A PROPFIND without body asks for all.
pub fn propfind(body: &[u8]) -> Result<PropRequest, Refusal> {
    match parse(body)? {
        None => Ok(PropRequest::All { include: Vec::new() }),
        Some(root) => props_of(expect(&root, DAV, "propfind", "propfind")?).and_then(|props| {
            let what = "prop, allprop or propname";
            props.ok_or(Refusal::Missing {
                within: "propfind",
                what,
            })
        }),
    }
}

/// What a propfind or a report asks for.
pub(crate) fn props_of(element: &Element) -> Result<Option<PropRequest>, Refusal> {
    if let Some(prop) = element.child(DAV, "prop") {
        let data = prop
            .child(CALDAV, "calendar-data")
            .map(calendar_data)
            .transpose()?;
        let names = prop.elements().map(|property| property.name.clone()).collect();
        let calendar_data = Box::new(data.unwrap_or_default());
        return Ok(Some(PropRequest::Named { names, calendar_data }));
    }
    if element.child(DAV, "propname").is_some() {
        return Ok(Some(PropRequest::Names));
    }
    let include = element
        .child(DAV, "include")
        .into_iter()
        .flat_map(Element::elements);
    let include = include.map(|property| property.name.clone()).collect();
    Ok(element
        .child(DAV, "allprop")
        .map(|_| PropRequest::All { include }))
}

fn calendar_data(element: &Element) -> Result<CalendarData, Refusal> {
    let range = |name| element.child(CALDAV, name).map(Range::whole).transpose();
    Ok(CalendarData {
        expand: range("expand")?,
        limit_recurrence_set: range("limit-recurrence-set")?,
        limit_freebusy_set: range("limit-freebusy-set")?,
        comp: element.child(CALDAV, "comp").map(comp_wish),
    })
}

fn comp_wish(element: &Element) -> CompWish {
    let name = |element: &Element| element.attribute("name").unwrap_or_default().to_owned();
    let props = element
        .all(CALDAV, "prop")
        .map(|prop| (name(prop), prop.attribute("novalue") == Some("yes")));
    let comps = element.all(CALDAV, "comp").map(comp_wish);
    CompWish {
        name: name(element),
        props: element
            .child(CALDAV, "allprop")
            .is_none()
            .then(|| props.collect()),
        comps: element
            .child(CALDAV, "allcomp")
            .is_none()
            .then(|| comps.collect()),
    }
}

pub fn proppatch(body: &[u8]) -> Result<Vec<PropChange>, Refusal> {
    let missing = Refusal::Missing {
        within: "PROPPATCH",
        what: "a body",
    };
    let root = parse(body)?.ok_or(missing)?;
    let mut changes = Vec::new();
    for step in expect(&root, DAV, "propertyupdate", "propertyupdate")?.elements() {
        let props = step.all(DAV, "prop").flat_map(Element::elements);
        if step.is(DAV, "set") {
            changes.extend(props.cloned().map(PropChange::Set));
        } else if step.is(DAV, "remove") {
            changes.extend(props.map(|property| PropChange::Remove(property.name.clone())));
        }
    }
    Ok(changes)
}

/// The properties that a collection is made with, by MKCALENDAR or MKCOL; none without a body.
pub fn make(body: &[u8]) -> Result<Vec<Element>, Refusal> {
    let Some(root) = parse(body)? else {
        return Ok(Vec::new());
    };
    if !root.is(DAV, "mkcol") {
        expect(&root, CALDAV, "mkcalendar", "mkcalendar or mkcol")?;
    }
    let sets = root.all(DAV, "set").flat_map(|set| set.all(DAV, "prop"));
    Ok(sets.flat_map(Element::elements).cloned().collect())
}

pub(crate) fn expect<'e>(
    element: &'e Element,
    space: &str,
    local: &str,
    expected: &'static str,
) -> Result<&'e Element, Refusal> {
    if element.is(space, local) {
        return Ok(element);
    }
    let found = element.name.local.to_string();
    Err(Refusal::Unexpected { found, expected })
}
