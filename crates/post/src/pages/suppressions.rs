//! Addresses that letters do not go to, for administrators: seen, looked for, added by hand, and cleared after a
//! question. What was begun and cleared, by whom and why, stays on the page of the address for ever.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::frame::{Choice, Field, Frame, When, done, encoded, shown};
use front::{Caller, Form, InPath, Problem, Query};
use http::StatusCode;
use kernel::{Id, Page, PageSize, PersonId};

use super::letters::{address_with, read_cursor};
use super::{Desk, Typed, typed_in};
use crate::suppressions::http::by;
use crate::suppressions::{Act, Address, New, Reason, Refused, Scope, Suppression};
use crate::words::WORDS;
use crate::{Lane, Post};

/// Entries of one page.
const ROWS: u32 = 50;
const LIST: &str = "/letters/suppressions";

#[derive(Template)]
#[template(path = "suppressions.html")]
struct ListPage {
    frame: Frame,
    looked_for: Field,
    entries: Vec<Row>,
    filtered: bool,
    later: bool,
    first: String,
    next: Option<String>,
    email: Field,
    scope: Choice,
    note: Field,
}

struct Row {
    href: String,
    email: String,
    scope: String,
    /// The scope, as it stands in a query.
    code: String,
    reason: String,
    since: When,
    source: Source,
    words: String,
}

/// Who said so: somebody of the house, or the word of what it came by.
struct Source {
    href: Option<String>,
    called: String,
}

/// The list with what is about an address.
pub fn looked_for(email: &str) -> String {
    format!("{LIST}?address={}", encoded(email))
}

pub async fn list(
    State(desk): State<Desk>,
    frame: Frame,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let page = list_page(&desk, frame, &typed, &Typed::new(), None).await?;
    Ok(shown(&page))
}

/// The list as `typed` looks for it, with the form as it was `sent`.
async fn list_page(
    desk: &Desk,
    frame: Frame,
    typed: &Typed,
    sent: &Typed,
    fault: Option<String>,
) -> Result<ListPage, Problem> {
    let frame = frame.over(&WORDS);
    let text = typed_in(typed, "address");
    let address = Address::parse(text).ok();
    let wrong = !text.is_empty() && address.is_none();
    let after = read_cursor(typed)?;
    let (items, next) = if wrong {
        (Vec::new(), None)
    } else {
        let size = PageSize::clamped(Some(ROWS));
        let page = desk
            .suppressions
            .list(address.as_ref(), after.as_ref(), size)
            .await;
        let Page { items, next } = page.map_err(refused)?;
        (items, next)
    };
    let first = address_with(LIST, &["address"], typed);
    Ok(ListPage {
        looked_for: Field::text("address", frame.say("suppressions-address"))
            .holding(text)
            .wrong(wrong.then(|| frame.say("suppressions-address-wrong").to_string()))
            .optional(),
        entries: rows(&desk.post, &frame, &items).await?,
        filtered: !text.is_empty(),
        later: after.is_some(),
        next: next.map(|cursor| format!("{first}&cursor={}", cursor.encode())),
        first,
        email: Field::email("email", frame.say("suppressions-address"))
            .holding(typed_in(sent, "email"))
            .wrong(fault),
        scope: scopes(&desk.post, &frame, typed_in(sent, "scope")),
        note: Field::text("note", frame.say("suppressions-note"))
            .holding(typed_in(sent, "note"))
            .hint(frame.say("suppressions-note-hint"))
            .optional(),
        frame,
    })
}

async fn rows(post: &Post, frame: &Frame, entries: &[Suppression]) -> Result<Vec<Row>, Problem> {
    let names = names(post, entries.iter().map(|entry| entry.source.as_str())).await?;
    let row = |entry: &Suppression| Row {
        href: page_of(entry.address.id()),
        email: entry.address.to_string(),
        scope: scope_called(frame, &entry.scope),
        code: encoded(&entry.scope.to_string()),
        reason: reason_called(frame, entry.reason),
        since: frame.when(entry.since),
        source: source_of(frame, &entry.source, &names),
        words: entry.words.clone(),
    };
    Ok(entries.iter().map(row).collect())
}

/// What the people among these sources are called today.
async fn names<'a>(
    post: &Post,
    sources: impl Iterator<Item = &'a str>,
) -> Result<HashMap<PersonId, String>, Problem> {
    let mut people: Vec<PersonId> = sources.filter_map(person_in).collect();
    people.sort();
    people.dedup();
    let mut names = HashMap::new();
    for person in people {
        if let Some(reader) = post.reader(person).await? {
            names.insert(person, reader.name);
        }
    }
    Ok(names)
}

fn person_in(source: &str) -> Option<PersonId> {
    source.strip_prefix("person:")?.parse().ok()
}

fn source_of(frame: &Frame, source: &str, names: &HashMap<PersonId, String>) -> Source {
    let Some(person) = person_in(source) else {
        return Source {
            href: None,
            called: source.to_owned(),
        };
    };
    let name = names.get(&person).filter(|name| !name.is_empty());
    Source {
        href: Some(format!("/people/{person}")),
        called: name
            .cloned()
            .unwrap_or_else(|| frame.say("letters-person").to_string()),
    }
}

fn page_of(address: Id) -> String {
    format!("{LIST}/{address}")
}

fn reason_called(frame: &Frame, reason: Reason) -> String {
    frame
        .say_of("suppression", reason.name())
        .unwrap_or_else(|| reason.name().to_owned())
}

fn scope_called(frame: &Frame, scope: &Scope) -> String {
    match scope {
        Scope::Everything => frame.say("scope-everything").to_string(),
        Scope::Bulk => frame.say("scope-bulk").to_string(),
        Scope::Stream(name) => frame.say("scope-stream").with("name", name.as_str()).to_string(),
    }
}

/// What can be stopped by hand: everything, what goes to many, and each stream of the house.
fn scopes(post: &Post, frame: &Frame, chosen: &str) -> Choice {
    let kinds = post.kinds();
    let has_bulk = kinds.iter().any(|kind| kind.lane == Lane::Bulk);
    let mut streams: Vec<&str> = kinds.iter().filter_map(|kind| kind.stream).collect();
    streams.sort_unstable();
    streams.dedup();
    let bulk = has_bulk.then_some(Scope::Bulk);
    let streams = streams.into_iter().map(|name| Scope::Stream(name.to_owned()));
    let all = [Scope::Everything].into_iter().chain(bulk).chain(streams);
    let options = all.map(|scope| (scope.to_string(), scope_called(frame, &scope)));
    Choice::new("scope", frame.say("suppressions-scope"), options, chosen)
}

pub async fn add(
    State(desk): State<Desk>,
    caller: Caller,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let Ok(address) = Address::parse(typed_in(&typed, "email")) else {
        let fault = frame
            .clone()
            .over(&WORDS)
            .say("suppressions-address-wrong")
            .to_string();
        let page = list_page(&desk, frame, &Typed::new(), &typed, Some(fault)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&page)).into_response());
    };
    let scope = match typed_in(&typed, "scope") {
        "" => Scope::Everything,
        scope => scope.parse().map_err(refused)?,
    };
    let page = page_of(address.id());
    let new = New {
        address,
        scope,
        reason: Reason::ByHand,
        source: by(&caller),
        words: typed_in(&typed, "note").to_owned(),
    };
    Ok(match desk.suppressions.stop(new).await? {
        Some(_) => done(&page, "done-suppressed"),
        None => done(&page, "done-suppressed-before"),
    })
}

#[derive(Template)]
#[template(path = "suppression.html")]
struct AddressPage {
    frame: Frame,
    id: String,
    email: String,
    entries: Vec<Row>,
    story: Vec<Line>,
}

/// What happened to an entry.
struct Line {
    act: String,
    scope: String,
    reason: String,
    at: When,
    source: Source,
    words: String,
}

pub async fn show(
    State(desk): State<Desk>,
    frame: Frame,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let entries = desk.suppressions.of(id).await?;
    let size = PageSize::clamped(Some(ROWS));
    let story = desk
        .suppressions
        .story(Some(id), None, size)
        .await
        .map_err(refused)?;
    let email = email_of(&desk, id).await?;
    let names = names(&desk.post, story.items.iter().map(|line| line.source.as_str())).await?;
    let line = |line: &crate::suppressions::Happened| Line {
        act: match line.act {
            Act::Begun => frame.say("suppression-begun").to_string(),
            Act::Cleared => frame.say("suppression-cleared").to_string(),
        },
        scope: scope_called(&frame, &line.scope),
        reason: reason_called(&frame, line.reason),
        at: frame.when(line.at),
        source: source_of(&frame, &line.source, &names),
        words: line.words.clone(),
    };
    Ok(shown(&AddressPage {
        id: id.to_string(),
        email,
        entries: rows(&desk.post, &frame, &entries).await?,
        story: story.items.iter().map(line).collect(),
        frame,
    }))
}

/// The address behind its id: from what is stopped there, or ever was.
async fn email_of(desk: &Desk, id: Id) -> Result<String, Problem> {
    let newest = desk
        .suppressions
        .story(Some(id), None, PageSize::clamped(Some(1)))
        .await
        .map_err(refused)?;
    let line = newest.items.into_iter().next();
    line.map(|line| line.address.to_string())
        .ok_or_else(Problem::not_found)
}

#[derive(Template)]
#[template(path = "suppression_clear.html")]
struct ClearPage {
    frame: Frame,
    id: String,
    email: String,
    /// Only this one; without it, all that is stopped.
    only: Option<String>,
    code: String,
    note: Field,
}

pub async fn ask_to_clear(
    State(desk): State<Desk>,
    frame: Frame,
    InPath(id): InPath<Id>,
    Query(typed): Query<Typed>,
) -> Result<Response, Problem> {
    let frame = frame.over(&WORDS);
    let scope = scope_in(&typed)?;
    let entries = desk.suppressions.of(id).await?;
    let meant = |entry: &&Suppression| scope.as_ref().is_none_or(|scope| entry.scope == *scope);
    let email = entries.iter().find(meant).map(|entry| entry.address.to_string());
    Ok(shown(&ClearPage {
        id: id.to_string(),
        email: email.ok_or_else(Problem::not_found)?,
        only: scope.as_ref().map(|scope| scope_called(&frame, scope)),
        code: scope.map(|scope| scope.to_string()).unwrap_or_default(),
        note: Field::text("note", frame.say("suppressions-note"))
            .hint(frame.say("suppressions-note-hint"))
            .optional()
            .focused(),
        frame,
    }))
}

pub async fn clear(
    State(desk): State<Desk>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let cleared = desk
        .suppressions
        .clear(id, scope_in(&typed)?, &by(&caller), typed_in(&typed, "note"))
        .await;
    cleared.map_err(refused)?;
    Ok(done(&page_of(id), "done-suppression-cleared"))
}

fn scope_in(typed: &Typed) -> Result<Option<Scope>, Problem> {
    match typed_in(typed, "scope") {
        "" => Ok(None),
        scope => scope.parse().map(Some).map_err(refused),
    }
}

fn refused(why: Refused) -> Problem {
    crate::suppressions::http::refused(why)
}
