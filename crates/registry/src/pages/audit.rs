//! The audit trail: who did what, on whom, and when.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Choice, Field, Frame, When, encoded, shown};
use front::{Problem, Query};
use kernel::{Id, PageSize, PersonId};

use super::people::called;
use super::reader::{Faults, Reader, Typed, read_cursor};
use crate::Registry;
use crate::audit::{Act, Actor, Entry, Filter};
use crate::failure::Failure;
use crate::people::types::Reason;

const ROWS: u32 = 30;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    act: Choice,
    from: Field,
    until: Field,
    on: Field,
    by: Field,
    entries: Vec<EntryRow>,
    later: bool,
    first: String,
    next: Option<String>,
}

/// One entry. People are told by their names of today; of whoever was deleted only the id is left.
pub struct EntryRow {
    pub act: String,
    pub at: When,
    /// Address and name of the person acted on, where the page is not about them.
    pub on: Option<(String, String)>,
    /// Address and name of the person who acted.
    pub by: Option<(String, String)>,
    /// Who else acted.
    pub actor: String,
    pub details: Vec<(String, String)>,
}

pub async fn list(
    State(registry): State<Arc<Registry>>,
    reader: Reader,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let filter = read_filter(&reader, &typed, &mut faults);
    let after = read_cursor(&typed)?;
    let (entries, next) = if faults.is_empty() {
        let page = registry
            .audit(&filter, after.as_ref(), PageSize::clamped(Some(ROWS)))
            .await?;
        (
            entry_rows(&registry, &reader, &page.items, None).await?,
            page.next,
        )
    } else {
        (Vec::new(), None)
    };
    let kept =
        ["act", "from", "until", "on", "by"].map(|name| format!("{name}={}", encoded(typed.get(name))));
    let address = format!("/audit?{}", kept.join("&"));
    let field =
        |field: Field, name: &'static str| field.holding(typed.get(name)).wrong(faults.of(name)).optional();
    Ok(shown(&AuditPage {
        act: act_choice(&reader, typed.get("act")),
        from: field(Field::date("from", reader.say("audit-from")), "from"),
        until: field(Field::date("until", reader.say("audit-until")), "until"),
        on: field(Field::text("on", reader.say("audit-on")), "on"),
        by: field(Field::text("by", reader.say("audit-of")), "by"),
        entries,
        later: after.is_some(),
        next: next.map(|cursor| format!("{address}&cursor={}", cursor.encode())),
        first: address,
        frame: reader.frame,
    }))
}

/// What is asked for; days are days of the reader's zone.
fn read_filter(reader: &Reader, typed: &Typed, faults: &mut Faults) -> Filter {
    let mut id = |name: &'static str| match typed.get(name).trim() {
        "" => None,
        text => faults.take(name, text.parse::<Id>().map_err(|_| reader.wrong("id"))),
    };
    let (on, by) = (id("on"), id("by"));
    let mut day = |name: &'static str, after: i64| match typed.get(name).trim() {
        "" => None,
        text => faults.take(
            name,
            reader
                .frame
                .tongue()
                .day_start(text, after)
                .ok_or_else(|| reader.wrong("date")),
        ),
    };
    let from = day("from", 0);
    // The last day is meant whole.
    let until = day("until", 1);
    Filter {
        on,
        by,
        act: Act::parse(typed.get("act")),
        from,
        until,
    }
}

fn act_choice(reader: &Reader, chosen: &str) -> Choice {
    let any = [(String::new(), reader.say("people-any"))];
    let acts = Act::ALL
        .iter()
        .map(|act| (act.code().to_owned(), act_called(&reader.frame, *act)));
    Choice::new(
        "act",
        reader.say("audit-act"),
        any.into_iter().chain(acts),
        chosen,
    )
}

fn act_called(frame: &Frame, act: Act) -> String {
    frame
        .say_of("act", act.code())
        .unwrap_or_else(|| act.code().to_owned())
}

/// Entries for a page. `about` is the person whose page it is.
pub async fn entry_rows(
    registry: &Registry,
    reader: &Reader,
    entries: &[Entry],
    about: Option<PersonId>,
) -> Result<Vec<EntryRow>, Problem> {
    let mut names = BTreeMap::new();
    for entry in entries {
        let actor = match entry.by.actor {
            Actor::Person(person) => Some(person),
            Actor::Nobody | Actor::Key(_) | Actor::House => None,
        };
        for person in [Some(PersonId(entry.on)), actor].into_iter().flatten() {
            if let std::collections::btree_map::Entry::Vacant(place) = names.entry(person) {
                place.insert(name(registry, reader, person).await?);
            }
        }
    }
    let link = |person: PersonId| {
        let name = names.get(&person).cloned().flatten()?;
        Some((format!("/people/{person}"), name))
    };
    Ok(entries
        .iter()
        .map(|entry| EntryRow {
            act: act_called(&reader.frame, entry.act),
            at: reader.frame.when(entry.at),
            on: (about.map(|about| about.0) != Some(entry.on))
                .then(|| link(PersonId(entry.on)))
                .flatten(),
            by: match entry.by.actor {
                Actor::Person(person) => link(person),
                Actor::Nobody | Actor::Key(_) | Actor::House => None,
            },
            actor: reader
                .frame
                .say_of("actor", entry.by.actor.kind())
                .unwrap_or_default(),
            details: entry
                .details
                .0
                .iter()
                .map(|(what, value)| detail(&reader.frame, what, value))
                .collect(),
        })
        .collect())
}

/// A fact of an entry in the reader's language. What is not in the words, such as an id, is shown as it is.
fn detail(frame: &Frame, what: &str, value: &str) -> (String, String) {
    let called = frame.say_of("detail", what).unwrap_or_else(|| what.to_owned());
    let shown = match what {
        "state" => frame.say_of("state", value),
        "relation" => frame.say_of("role", value),
        "fields" => Some(fields(frame, value)),
        _ => None,
    };
    (called, shown.unwrap_or_else(|| value.to_owned()))
}

/// The names of changed fields as the forms call them.
fn fields(frame: &Frame, names: &str) -> String {
    let known = frame.tongue();
    let called = |name: &str| {
        if known.knows(name) {
            frame.say(name).to_string()
        } else {
            name.to_owned()
        }
    };
    names.split(' ').map(called).collect::<Vec<_>>().join(", ")
}

/// `None` for what is no person: a key, a session, an address that nobody has.
async fn name(registry: &Registry, reader: &Reader, id: PersonId) -> Result<Option<String>, Problem> {
    match registry.person(&reader.doer(), id).await {
        Ok(person) => Ok(Some(called(&reader.frame, &person))),
        Err(Failure::Refused(Reason::NotFound)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::WORDS;
    use front::frame::Tongue;
    use kernel::Language;

    #[test]
    fn every_act_and_actor_has_words() {
        let tongue = Tongue::new(&WORDS, Language::Russian, "UTC");
        for act in Act::ALL {
            assert!(tongue.say_of("act", act.code()).is_some(), "{}", act.code());
        }
        let id = Id::from_bytes([1; 16]);
        for actor in [
            Actor::Nobody,
            Actor::House,
            Actor::Key(id),
            Actor::Person(PersonId(id)),
        ] {
            assert!(tongue.say_of("actor", actor.kind()).is_some(), "{}", actor.kind());
        }
    }
}
