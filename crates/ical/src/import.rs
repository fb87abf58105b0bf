//! A file with many entries, as objects: one for each UID, with the zones that it names.
//!
//! What is kept true: whatever is wrong with one object is said about that object, with UID and line, and the others are whole.
//! Nothing is counted twice: if a file has the same series or instance several times, the newest is taken (SEQUENCE, then
//! DTSTAMP, then the later place), and the others are named. An entry without UID gets one that is made of what it says, so that
//! the same file imported again finds it.
//!
//! Of the head of a calendar only VERSION, PRODID and CALSCALE are of its objects. The rest is of the calendar as a whole, and METHOD,
//! which files carry that were attached to letters, is of none.
//!
//! An object has its head and zones for itself. So a small file may say much in its head, and have many entries: objects are made one
//! at a time, and what is copied into all of them together has a limit.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::component::Component;
use crate::entry::Entry;
use crate::object;
use crate::parse::{self, Hit};
use crate::problem::{Problem, Reason};
use crate::property::Property;
use crate::text::Limits;
use crate::values::When;
use crate::words::Kind;

/// What the head of an object says.
const HEAD: [&str; 3] = ["VERSION", "PRODID", "CALSCALE"];

/// Heads and zones that all objects of one file have together. Those of 20,000 entries in a zone with a long history take half of it.
const COPIES_BYTES_MAX: usize = 128 << 20;

/// What was found in a file.
#[derive(Debug)]
pub struct Import<'a> {
    /// The properties of the (first) calendar: NAME, COLOR, REFRESH-INTERVAL, X-WR-CALNAME and whatever else it says.
    pub calendar: Component<'a>,
    /// One for each object, in the order of the file.
    pub rows: Rows<'a>,
    /// What is wrong outside of objects.
    pub problems: Vec<Problem>,
}

/// One object of a file, or why it is none.
#[derive(Debug)]
pub struct Row<'a> {
    pub uid: String,
    /// Where it begins.
    pub line: usize,
    pub kind: Kind,
    /// A calendar of its own, which passes `check`.
    pub object: Result<Component<'a>, Problem>,
    /// Entries that were left out, because the file has a newer one of the same instance.
    pub older: Vec<Problem>,
}

/// Takes a file apart. An error means that nothing in it could be read.
pub fn import<'a>(text: &'a [u8], limits: &Limits) -> Result<Import<'a>, Problem> {
    let (roots, mut hits) = parse::parse_on(text, limits)?;
    let (mut calendars, mut groups) = (Vec::new(), Vec::new());
    let mut problems = Vec::new();
    let mut first = None;
    for mut root in roots {
        if !root.is("VCALENDAR") {
            let name = root.name.to_string();
            problems.push(Problem::new(root.line(), Reason::Outside { name }));
            continue;
        }
        object::check_envelope(&root)?;
        let components = std::mem::take(&mut root.components);
        root.remove("METHOD");
        let (zones, theirs) = groups_of(components, &mut hits);
        groups.extend(theirs.into_iter().map(|group| (calendars.len(), group)));
        calendars.push(Calendar::new(&root, zones));
        first.get_or_insert(root);
    }
    problems.extend(hits.into_iter().map(|(_, problem)| problem));
    problems.sort_by_key(|problem| problem.line);
    match first {
        Some(calendar) => Ok(Import {
            calendar,
            rows: Rows {
                calendars,
                groups: groups.into_iter(),
                copied: 0,
            },
            problems,
        }),
        None => Err(Problem::new(0, Reason::NotCalendar)),
    }
}

/// The entries of one UID on their way to being an object.
#[derive(Debug)]
struct Group<'a> {
    uid: String,
    line: usize,
    kind: Kind,
    entries: Vec<Component<'a>>,
    problem: Option<Problem>,
}

/// A calendar of the file, for its objects.
#[derive(Debug)]
struct Calendar<'a> {
    head: Copied<'a>,
    zones: HashMap<String, Copied<'a>>,
}

/// What is copied into objects, and how much that is.
#[derive(Debug)]
struct Copied<'a> {
    component: Component<'a>,
    bytes: usize,
}

impl<'a> Copied<'a> {
    fn new(component: Component<'a>) -> Copied<'a> {
        Copied {
            bytes: bytes_of(&component),
            component,
        }
    }
}

impl<'a> Calendar<'a> {
    fn new(root: &Component<'a>, zones: HashMap<String, Component<'a>>) -> Calendar<'a> {
        let mut head = Component::begun(root.name.clone(), root.line());
        let said = HEAD.iter().filter_map(|name| root.get(name).cloned());
        head.properties.extend(said);
        let zones = zones.into_iter().map(|(name, zone)| (name, Copied::new(zone)));
        Calendar {
            head: Copied::new(head),
            zones: zones.collect(),
        }
    }
}

/// The objects of a file, each made when it is asked for.
#[derive(Debug)]
pub struct Rows<'a> {
    calendars: Vec<Calendar<'a>>,
    /// With the place of their calendar.
    groups: std::vec::IntoIter<(usize, Group<'a>)>,
    /// Bytes of heads and zones that the objects until now have.
    copied: usize,
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        let (calendar, group) = self.groups.next()?;
        Some(row_of(&self.calendars[calendar], group, &mut self.copied))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.groups.size_hint()
    }
}

impl ExactSizeIterator for Rows<'_> {}

/// Bytes of a component's lines, unfolded.
fn bytes_of(component: &Component<'_>) -> usize {
    const ENDS: usize = "BEGIN:\r\nEND:\r\n".len();
    let lines = component
        .properties
        .iter()
        .map(|property| property.raw().len() + "\r\n".len());
    let inside = component.components.iter().map(bytes_of);
    ENDS + 2 * component.name.len() + lines.chain(inside).sum::<usize>()
}

/// The zones of a calendar by their names, and its entries by UID and kind.
fn groups_of<'a>(
    components: Vec<Component<'a>>,
    hits: &mut Vec<Hit>,
) -> (HashMap<String, Component<'a>>, Vec<Group<'a>>) {
    let mut zones: HashMap<String, Component<'a>> = HashMap::new();
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut places: HashMap<(String, Kind), usize> = HashMap::new();
    let mut damaged: HashMap<usize, Problem> = HashMap::new();
    let lines: HashSet<usize> = components.iter().map(Component::line).collect();
    hits.retain(|(child, problem)| match child {
        Some(line) if lines.contains(line) => {
            damaged.entry(*line).or_insert_with(|| problem.clone());
            false
        }
        _ => true,
    });
    for mut component in components {
        if component.is("VTIMEZONE") {
            if let Some(tzid) = component.value("TZID") {
                let tzid = tzid.trim().to_owned();
                zones.entry(tzid).or_insert(component);
            }
            continue;
        }
        let Some(kind) = Kind::read(&component.name) else {
            continue;
        };
        let problem = damaged.remove(&component.line());
        let uid = uid_of(&mut component);
        let place = *places.entry((uid.clone(), kind)).or_insert_with(|| {
            groups.push(Group {
                uid,
                line: component.line(),
                kind,
                entries: Vec::new(),
                problem: None,
            });
            groups.len() - 1
        });
        groups[place].entries.push(component);
        let before = groups[place].problem.take();
        groups[place].problem = before.or(problem);
    }
    hits.extend(damaged.into_values().map(|problem| (None, problem)));
    (zones, groups)
}

fn row_of<'a>(calendar: &Calendar<'a>, mut group: Group<'a>, copied: &mut usize) -> Row<'a> {
    let mut older = Vec::new();
    let object = match group.problem.take() {
        Some(problem) => Err(problem),
        None => newest_of_each(group.entries, &mut older).and_then(|entries| {
            let zones = zones_of(&entries, &calendar.zones);
            let bytes = calendar.head.bytes + zones.iter().map(|zone| zone.bytes).sum::<usize>();
            *copied = may_copy(bytes, *copied).map_err(|reason| Problem::new(group.line, reason))?;
            let mut object = calendar.head.component.clone();
            let zones = zones.into_iter().map(|zone| zone.component.clone());
            object.components = zones.collect();
            object.components.extend(entries);
            object::check(&object)?;
            Ok(object)
        }),
    };
    Row {
        uid: group.uid,
        line: group.line,
        kind: group.kind,
        object,
        older,
    }
}

/// How much is copied once one more object has so many bytes of head and zones.
fn may_copy(bytes: usize, copied: usize) -> Result<usize, Reason> {
    let limit = Limits::OBJECT.bytes;
    if bytes > limit {
        return Err(Reason::TextTooLong { limit });
    }
    let copied = copied + bytes;
    if copied > COPIES_BYTES_MAX {
        let limit = COPIES_BYTES_MAX;
        return Err(Reason::TooMuchCopied { limit });
    }
    Ok(copied)
}

/// Leaves the newest entry for the series and for each instance, in their places.
fn newest_of_each<'a>(
    entries: Vec<Component<'a>>,
    older: &mut Vec<Problem>,
) -> Result<Vec<Component<'a>>, Problem> {
    if entries.len() == 1 {
        return Ok(entries);
    }
    let mut best: HashMap<Option<When<'static>>, (usize, Age)> = HashMap::new();
    let mut out = BTreeSet::new();
    for (index, component) in entries.iter().enumerate() {
        let entry = Entry::read(component)?;
        let age = (entry.sequence, entry.stamp.as_ref().map(When::local));
        let id = entry.recurrence_id.map(When::into_owned);
        match best.get(&id) {
            Some((_, newest)) if *newest > age => {
                out.insert(index);
            }
            found => {
                out.extend(found.map(|(before, _)| *before));
                best.insert(id, (index, age));
            }
        }
    }
    let mut kept = Vec::new();
    for (index, component) in entries.into_iter().enumerate() {
        if out.contains(&index) {
            let reason = match component.value("RECURRENCE-ID") {
                Some(id) => Reason::MovedTwice { id: id.to_owned() },
                None => Reason::TwoMasters,
            };
            older.push(Problem::new(component.line(), reason));
        } else {
            kept.push(component);
        }
    }
    Ok(kept)
}

type Age = (u32, Option<jiff::civil::DateTime>);

/// The zones that entries name anywhere, in the order of their names.
fn zones_of<'z, 'a>(
    entries: &[Component<'_>],
    zones: &'z HashMap<String, Copied<'a>>,
) -> Vec<&'z Copied<'a>> {
    let mut names = BTreeSet::new();
    for entry in entries {
        let inside = entry.components.iter().flat_map(|child| &child.properties);
        let named = entry
            .properties
            .iter()
            .chain(inside)
            .filter_map(|property| property.param("TZID"));
        names.extend(named.map(|name| name.trim().to_owned()));
    }
    names.iter().filter_map(|name| zones.get(name)).collect()
}

/// The UID of an entry, which is given one if it has none.
fn uid_of(component: &mut Component<'_>) -> String {
    let uid = component
        .get("UID")
        .map(Property::as_text)
        .filter(|uid| !uid.trim().is_empty());
    if let Some(uid) = uid {
        return uid.into_owned();
    }
    // when it was exported is not what it says
    let said = component
        .properties
        .iter()
        .filter(|property| !property.is("DTSTAMP") && !property.is("UID"));
    let hash = said.fold(FNV_BASIS, |hash, property| fnv(fnv(hash, property.raw()), "\n"));
    let uid = format!("{hash:032x}");
    component.remove("UID");
    component.add(Property::text("UID", &uid));
    uid
}

/// FNV-1a with 128 bits: names that are the same in every version of the program, and need no secret.
const FNV_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

fn fnv(hash: u128, text: &str) -> u128 {
    text.bytes().fold(hash, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(FNV_PRIME)
    })
}

/// The name that a calendar gives itself.
pub fn calendar_name<'c>(calendar: &'c Component<'_>) -> Option<Cow<'c, str>> {
    let named = calendar.get("NAME").or_else(|| calendar.get("X-WR-CALNAME"));
    named
        .map(Property::as_text)
        .filter(|name| !name.trim().is_empty())
}

#[cfg(test)]
mod tests;
