//! Decisions about a person: which state follows which, what an edit changes, what the source may overwrite.
//!
//! Each takes the person as they are and gives the person as they will be, or the reason why not. `None` says that
//! nothing changes, so that a repeated request writes nothing.

use kernel::{Moment, PersonId};

use super::limits::FORMER_EMAILS_MAX;
use super::types::{
    About, BlockedBy, Edit, Email, Origin, Person, Reason, ReplicaRow, Replicated, ReturnsTo, State,
};

/// Somebody new who is yet to accept an invitation.
pub fn invited(id: PersonId, about: About, at: Moment) -> Person {
    new(id, State::Invited(about), Origin::House, at)
}

/// Somebody new who is active from the start: their password is set in the same transaction.
pub fn admitted(id: PersonId, about: About, at: Moment) -> Person {
    new(id, State::Active(about), Origin::House, at)
}

fn new(id: PersonId, state: State, origin: Origin, at: Moment) -> Person {
    Person {
        id,
        state,
        former_emails: Vec::new(),
        version: 1,
        origin,
        created: at,
        changed: at,
    }
}

/// The person in another state, one version on.
fn next(person: &Person, state: State, at: Moment) -> Person {
    Person {
        former_emails: former_emails(person, &state),
        state,
        version: person.version + 1,
        changed: at,
        ..person.clone()
    }
}

/// What they bore until then and do not bear in the next state. Of somebody deleted, none is known.
fn former_emails(person: &Person, next: &State) -> Vec<Email> {
    let Some(about) = next.about() else {
        return Vec::new();
    };
    let borne = about.email.as_ref().map(Email::key);
    let mut former: Vec<Email> = Vec::new();
    for email in person.email().into_iter().chain(&person.former_emails) {
        let key = Some(email.key());
        if key != borne && former.iter().all(|known| Some(known.key()) != key) {
            former.push(email.clone());
        }
    }
    former.truncate(FORMER_EMAILS_MAX);
    former
}

/// The person once an invitation was accepted.
pub fn accept(person: &Person, at: Moment) -> Result<Person, Reason> {
    match &person.state {
        State::Invited(about) => Ok(next(person, State::Active(about.clone()), at)),
        State::Deleted => Err(Reason::NotFound),
        State::Active(_) | State::Blocked { .. } => Err(Reason::NotInvited),
    }
}

pub fn block(person: &Person, at: Moment) -> Result<Option<Person>, Reason> {
    let (about, returns_to) = match &person.state {
        State::Invited(about) => (about, ReturnsTo::Invited),
        State::Active(about) => (about, ReturnsTo::Active),
        State::Blocked {
            about,
            returns_to,
            by: BlockedBy::Source,
        } => (about, *returns_to),
        State::Blocked {
            by: BlockedBy::House, ..
        } => return Ok(None),
        State::Deleted => return Err(Reason::NotFound),
    };
    let state = State::Blocked {
        about: about.clone(),
        returns_to,
        by: BlockedBy::House,
    };
    Ok(Some(next(person, state, at)))
}

pub fn unblock(person: &Person, at: Moment) -> Result<Option<Person>, Reason> {
    match &person.state {
        State::Blocked {
            about, returns_to, ..
        } => Ok(Some(next(person, returned(about.clone(), *returns_to), at))),
        State::Invited(_) | State::Active(_) => Ok(None),
        State::Deleted => Err(Reason::NotFound),
    }
}

fn returned(about: About, to: ReturnsTo) -> State {
    match to {
        ReturnsTo::Invited => State::Invited(about),
        ReturnsTo::Active => State::Active(about),
    }
}

/// The person without anything personal, for good: from then on the house governs the id, so no source revives it.
pub fn delete(person: &Person, at: Moment) -> Option<Person> {
    let gone = Person {
        origin: Origin::House,
        ..next(person, State::Deleted, at)
    };
    match (&person.state, person.origin) {
        (State::Deleted, Origin::House) => None,
        _ => Some(gone),
    }
}

/// The person one version on, because what they hold changes.
pub fn regranted(person: &Person, at: Moment) -> Result<Person, Reason> {
    match &person.state {
        State::Deleted => Err(Reason::NotFound),
        state => Ok(next(person, state.clone(), at)),
    }
}

/// The person with what an edit changes, and the names of the fields that differ.
pub fn edit(person: &Person, edit: Edit, at: Moment) -> Result<Option<(Person, Vec<&'static str>)>, Reason> {
    let before = person.about().ok_or(Reason::NotFound)?;
    let after = About {
        email: edit.email.unwrap_or_else(|| before.email.clone()),
        name: edit.name.unwrap_or_else(|| before.name.clone()),
        language: edit.language.unwrap_or(before.language),
        zone: edit.zone.unwrap_or_else(|| before.zone.clone()),
        attributes: edit.attributes.unwrap_or_else(|| before.attributes.clone()),
    };
    let fields = differences(before, &after);
    if fields.is_empty() {
        return Ok(None);
    }
    Ok(Some((next(person, with_about(&person.state, after), at), fields)))
}

fn differences(before: &About, after: &About) -> Vec<&'static str> {
    [
        ("email", before.email != after.email),
        ("name", before.name != after.name),
        ("language", before.language != after.language),
        ("zone", before.zone != after.zone),
        ("attributes", before.attributes != after.attributes),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

fn with_about(state: &State, about: About) -> State {
    match state {
        State::Invited(_) => State::Invited(about),
        State::Active(_) => State::Active(about),
        State::Blocked { returns_to, by, .. } => State::Blocked {
            about,
            returns_to: *returns_to,
            by: *by,
        },
        State::Deleted => State::Deleted,
    }
}

/// What the source's row makes of the person. The highest version of the source wins, whatever the order in which
/// its rows arrive and however often.
pub fn replicate(known: Option<&Person>, row: ReplicaRow, at: Moment) -> (Replicated, Option<Person>) {
    let origin = Origin::Source(row.source_version);
    let Some(person) = known else {
        let state = source_state(row.about, row.blocked, ReturnsTo::Active);
        return (Replicated::Created, Some(new(row.id, state, origin, at)));
    };
    match person.origin {
        Origin::House => return (Replicated::GovernedHere, None),
        Origin::Source(known) if row.source_version < known => return (Replicated::Late, None),
        Origin::Source(known) if row.source_version == known => return (Replicated::Unchanged, None),
        Origin::Source(_) => {}
    }
    let state = match &person.state {
        State::Blocked {
            returns_to,
            by: BlockedBy::House,
            ..
        } => State::Blocked {
            about: row.about,
            returns_to: *returns_to,
            by: BlockedBy::House,
        },
        State::Blocked { returns_to, .. } => source_state(row.about, row.blocked, *returns_to),
        State::Invited(_) => source_state(row.about, row.blocked, ReturnsTo::Invited),
        State::Active(_) | State::Deleted => source_state(row.about, row.blocked, ReturnsTo::Active),
    };
    if state == person.state {
        return (
            Replicated::Unchanged,
            Some(Person {
                origin,
                ..person.clone()
            }),
        );
    }
    let outcome = if person.state == State::Deleted {
        Replicated::Created
    } else {
        Replicated::Changed
    };
    (
        outcome,
        Some(Person {
            origin,
            ..next(person, state, at)
        }),
    )
}

fn source_state(about: About, blocked: bool, returns_to: ReturnsTo) -> State {
    if blocked {
        State::Blocked {
            about,
            returns_to,
            by: BlockedBy::Source,
        }
    } else {
        returned(about, returns_to)
    }
}

/// What it means that the source no longer has the person. A newer row of theirs can bring them back.
pub fn retire(
    known: Option<&Person>,
    id: PersonId,
    source_version: i64,
    at: Moment,
) -> (Replicated, Option<Person>) {
    let origin = Origin::Source(source_version);
    let Some(person) = known else {
        return (Replicated::Retired, Some(new(id, State::Deleted, origin, at)));
    };
    match person.origin {
        Origin::House => (Replicated::GovernedHere, None),
        Origin::Source(known) if source_version < known => (Replicated::Late, None),
        Origin::Source(known) if person.state == State::Deleted => {
            let newer = (source_version > known).then(|| Person {
                origin,
                ..person.clone()
            });
            (Replicated::Unchanged, newer)
        }
        Origin::Source(_) => (
            Replicated::Retired,
            Some(Person {
                origin,
                ..next(person, State::Deleted, at)
            }),
        ),
    }
}

#[cfg(test)]
mod tests;
