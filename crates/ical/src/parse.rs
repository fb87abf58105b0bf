//! Reading a text into trees.
//!
//! What is kept true: a tree is read as a whole or not at all. An object of a calendar ends at its first problem, so that
//! nothing is stored that was half understood. A file with many objects goes on after a problem and says which child of the
//! calendar it hit, so that one bad event does not cost the others (`import` builds on that).
//!
//! An entry inside of another entry is an `END` that is missing: nothing in the RFCs nests them, and the line of the `BEGIN` that
//! was never closed says more than the end of the file would.

use std::borrow::Cow;

use crate::component::Component;
use crate::problem::{Problem, Reason};
use crate::property::{Property, is_name};
use crate::text::{Limits, Lines};

/// What stands directly inside of a VCALENDAR, and never elsewhere.
const TOP: [&str; 5] = ["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"];

/// Names that nearly every text has: they cost no memory.
const KNOWN: [&str; 7] = [
    "VEVENT",
    "VTODO",
    "VALARM",
    "VCALENDAR",
    "VTIMEZONE",
    "STANDARD",
    "DAYLIGHT",
];

/// Reads the one VCALENDAR of an object.
pub fn parse(text: &[u8]) -> Result<Component<'_>, Problem> {
    let mut roots = parse_stream(text, &Limits::OBJECT)?.into_iter();
    let Some(calendar) = roots.next() else {
        return Err(Problem::new(0, Reason::NotCalendar));
    };
    if !calendar.is("VCALENDAR") {
        return Err(Problem::new(calendar.line(), Reason::NotCalendar));
    }
    match roots.next() {
        Some(second) => Err(Problem::new(second.line(), Reason::SecondCalendar)),
        None => Ok(calendar),
    }
}

/// Reads all components of a text, whatever they are called; ends at the first problem.
pub fn parse_stream<'a>(text: &'a [u8], limits: &Limits) -> Result<Vec<Component<'a>>, Problem> {
    let mut reader = Reader::new(limits, true);
    reader.read(text)?;
    Ok(reader.done)
}

/// A problem, and the line on which the child of the calendar begins that it hit, if it hit one.
pub(crate) type Hit = (Option<usize>, Problem);

/// Reads all components of a text and goes on after problems, other than those with limits.
pub(crate) fn parse_on<'a>(
    text: &'a [u8],
    limits: &Limits,
) -> Result<(Vec<Component<'a>>, Vec<Hit>), Problem> {
    let mut reader = Reader::new(limits, false);
    reader.read(text)?;
    Ok((reader.done, reader.hits))
}

struct Reader<'a, 'l> {
    limits: &'l Limits,
    strict: bool,
    open: Vec<Component<'a>>,
    done: Vec<Component<'a>>,
    hits: Vec<Hit>,
    components: usize,
    properties: usize,
}

impl<'a, 'l> Reader<'a, 'l> {
    fn new(limits: &'l Limits, strict: bool) -> Reader<'a, 'l> {
        Reader {
            limits,
            strict,
            open: Vec::new(),
            done: Vec::new(),
            hits: Vec::new(),
            components: 0,
            properties: 0,
        }
    }

    fn read(&mut self, text: &'a [u8]) -> Result<(), Problem> {
        let limit = self.limits.bytes;
        if text.len() > limit {
            return Err(Problem::new(0, Reason::TextTooLong { limit }));
        }
        for (line, text) in Lines::new(text, self.limits) {
            match text
                .and_then(|text| Property::read(text, line).map_err(|reason| Problem::new(line, reason)))
            {
                Ok(property) => self.take(property)?,
                Err(_) if self.open.is_empty() && self.done.is_empty() => {
                    return Err(Problem::new(line, Reason::NotCalendar));
                }
                Err(problem) => self.trouble(problem)?,
            }
        }
        while let Some(component) = self.open.last() {
            let problem = not_closed(component);
            self.trouble(problem)?;
            self.close();
        }
        Ok(())
    }

    fn take(&mut self, property: Property<'a>) -> Result<(), Problem> {
        if property.is("BEGIN") {
            return self.begin(&property);
        }
        if property.is("END") {
            return self.end(&property);
        }
        self.properties += 1;
        let limit = self.limits.properties;
        let line = property.line();
        if self.properties > limit {
            return Err(Problem::new(line, Reason::TooManyProperties { limit }));
        }
        match self.open.last_mut() {
            Some(component) => component.add(property),
            None if self.done.is_empty() => return Err(Problem::new(line, Reason::NotCalendar)),
            None => {
                let name = property.name().to_owned();
                self.trouble(Problem::new(line, Reason::Outside { name }))?;
            }
        }
        Ok(())
    }

    fn begin(&mut self, property: &Property<'a>) -> Result<(), Problem> {
        let (name, line) = (property.value().trim(), property.line());
        if !is_name(name) {
            let start = property.raw().chars().take(30).collect();
            return self.trouble(Problem::new(line, Reason::NoProperty { start }));
        }
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        let keep = if is("VCALENDAR") { 0 } else { 1 };
        if keep == 0 || TOP.iter().any(|top| is(top)) {
            while let Some(component) = self.open.get(keep..).and_then(<[_]>::last) {
                let problem = not_closed(component);
                self.trouble(problem)?;
                self.close();
            }
        }
        self.components += 1;
        let limit = self.limits.components;
        if self.components > limit {
            return Err(Problem::new(line, Reason::TooManyComponents { limit }));
        }
        let limit = self.limits.depth;
        if self.open.len() >= limit {
            return Err(Problem::new(line, Reason::TooDeep { limit }));
        }
        let known = KNOWN.iter().find(|known| **known == name);
        let name = known.map_or_else(|| Cow::Owned(name.to_owned()), |known| Cow::Borrowed(*known));
        self.open.push(Component::begun(name, line));
        Ok(())
    }

    fn end(&mut self, property: &Property<'a>) -> Result<(), Problem> {
        let name = property.value().trim();
        if !self.open.iter().any(|component| component.is(name)) {
            let name = name.to_owned();
            return self.trouble(Problem::new(property.line(), Reason::NotOpened { name }));
        }
        while let Some(component) = self.open.last() {
            if component.is(name) {
                self.close();
                break;
            }
            let problem = not_closed(component);
            self.trouble(problem)?;
            self.close();
        }
        Ok(())
    }

    fn close(&mut self) {
        if let Some(component) = self.open.pop() {
            match self.open.last_mut() {
                Some(parent) => parent.components.push(component),
                None => self.done.push(component),
            }
        }
    }

    fn trouble(&mut self, problem: Problem) -> Result<(), Problem> {
        if self.strict {
            return Err(problem);
        }
        let child = self.open.get(1).map(Component::line);
        self.hits.push((child, problem));
        Ok(())
    }
}

fn not_closed(component: &Component<'_>) -> Problem {
    let name = component.name.to_string();
    Problem::new(component.line(), Reason::NotClosed { name })
}

#[cfg(test)]
pub(crate) mod tests;
