//! Events over HTTP, as JSON: for programs that know nothing of iCalendar.

pub(crate) mod given;
pub(crate) mod told;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use front::frame::Tongue;
use front::{Body, Caller, ETag, IfMatch, InPath, InPath2, Problem, Query, Routes, routes};
use http::StatusCode;
use ical::Answer;
use ical::zones::Zone;
use jiff::civil::{DateTime, Time};
use kernel::{Id, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::given::{EventIn, spot};
use self::told::{ChangedOut, EventDifferenceOut, EventOut, EventReachedOut, EventVersionOut};
use super::{OWN, written_by};
use crate::events::{Changed, Look, Preview};
use crate::rules::edits::times::Spot;
use crate::rules::edits::{self, Aim, Which};
use crate::said;
use crate::service::Calendars;
use crate::types::Stored;
use crate::words::WORDS;

/// Instances of one dry run.
const DIFFERENCES_MAX: usize = 200;
/// A dry run looks so far, if nothing else is said: from a month ago, two years ahead.
const PREVIEW_DAYS: (i64, i64) = (-31, 731);

pub(super) fn routes(routes: Routes<Calendars>) -> Routes<Calendars> {
    routes
        .api(OWN, routes!(create_event))
        .api(OWN, routes!(get_event, change_event, delete_event))
        .api(OWN, routes!(preview_event))
        .api(OWN, routes!(explain_event))
        .api(OWN, routes!(answer_event))
        .api(OWN, routes!(list_event_history))
        .api(OWN, routes!(return_event))
        .api(OWN, routes!(duplicate_event))
        .api(OWN, routes!(move_event))
}

/// Which instances of a series are meant.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WhichWord {
    This,
    Following,
    All,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AimIn {
    /// `this` one, this and `following`, or `all`. Absent: all; with an `instance` it has to be said.
    #[param(inline)]
    pub(crate) which: Option<WhichWord>,
    /// An instance as the agenda names it. With `all`, times are about it, and everything moves as far as it does.
    #[param(example = "2026-11-23T10:00:00")]
    pub(crate) instance: Option<String>,
}

impl AimIn {
    pub(crate) fn aim(&self) -> Result<Aim, Problem> {
        let instance = instance(self.instance.as_deref())?;
        let which = match self.which {
            Some(WhichWord::This) => Which::This,
            Some(WhichWord::Following) => Which::Following,
            Some(WhichWord::All) => Which::All,
            None if instance.is_none() => Which::All,
            // Whoever names one instance hardly means the whole series.
            None => {
                let what = "must be there: say which, `this`, `following` or `all`";
                return Err(Problem::invalid("which", "missing", what));
            }
        };
        Ok(Aim { which, instance })
    }
}

/// An instance of a series, as the agenda names it.
pub(crate) fn instance(given: Option<&str>) -> Result<Option<DateTime>, Problem> {
    given.map(|given| local("instance", given)).transpose()
}

/// A local time; a day stands for its beginning.
pub(crate) fn local(field: &str, given: &str) -> Result<DateTime, Problem> {
    match spot(field, given)? {
        Spot::Day(day) => Ok(day.to_datetime(Time::midnight())),
        Spot::Local(local) => Ok(local),
        Spot::At(_) => {
            let what = "must be local time where the event takes place, such as 2026-11-23T10:00:00";
            Err(Problem::invalid(field, "time", what))
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InstanceIn {
    /// An instance as the agenda names it. Absent: the series.
    #[param(example = "2026-11-23T10:00:00")]
    instance: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AtIn {
    /// Local time where the event takes place; of whole days a day.
    #[param(example = "2026-11-23T10:00:00")]
    pub(crate) at: String,
}

impl AtIn {
    pub(crate) async fn explained(
        &self,
        calendars: &Calendars,
        caller: &Caller,
        called: (Id, Id),
    ) -> Result<EventWhyOut, Problem> {
        let at = local("at", &self.at)?;
        let (_, found) = calendars.visible_event(caller.person()?.id, called).await?;
        let (why, clock) = edits::explain(&found.text, at)?;
        Ok(EventWhyOut {
            there: why.is_there(),
            why: said::why(&tongue(caller)?, &why, clock),
        })
    }
}

/// What an edit would be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventPreviewIn {
    /// Absent: it would be deleted.
    pub(crate) change: Option<EventIn>,
}

/// What an edit would do.
pub(crate) struct Tried {
    pub(crate) found: Preview,
    /// Whether there is more than is told.
    pub(crate) more: bool,
}

impl EventPreviewIn {
    pub(crate) async fn tried(
        self,
        calendars: &Calendars,
        caller: &Caller,
        (calendar, event): (Id, Id),
        aim: &AimIn,
    ) -> Result<Tried, Problem> {
        let person = caller.person()?;
        let owner = written_by(calendars, caller, calendar).await?;
        let wish = self.change.map(EventIn::wish).transpose()?;
        let look = Look {
            calendar,
            event,
            change: None,
            aim: aim.aim()?,
        };
        let at = calendars.now();
        let range = (
            at.plus_seconds(PREVIEW_DAYS.0 * 86_400).to_timestamp(),
            at.plus_seconds(PREVIEW_DAYS.1 * 86_400).to_timestamp(),
        );
        let viewer = Zone::iana(&person.zone).unwrap_or(Zone::UTC);
        let found = calendars.preview_event(owner, look, wish.as_ref(), range, &viewer);
        let mut found = found.await?;
        let more = found.differences.len() > DIFFERENCES_MAX;
        found.differences.truncate(DIFFERENCES_MAX);
        Ok(Tried { found, more })
    }
}

/// What an edit would change.
#[derive(Serialize, ToSchema)]
struct EventPreviewOut {
    items: Vec<EventDifferenceOut>,
    /// Whether there are more than are told.
    more: bool,
    /// Who would be written to, each of them once.
    written_to: Vec<EventReachedOut>,
}

/// Why an event is there at a time, or is not.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventWhyOut {
    pub(crate) there: bool,
    /// In the caller's language.
    pub(crate) why: String,
}

/// How an event was.
#[derive(Serialize, ToSchema)]
struct EventHistoryOut {
    /// Its last change, which may be that it was deleted; the ETag is made of it.
    change: i64,
    /// The latest first.
    items: Vec<EventVersionOut>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReturnIn {
    /// A change of its history.
    pub(crate) change: i64,
}

impl ReturnIn {
    /// Puts an event back, if the caller saw what became of it.
    pub(crate) async fn put_back(
        &self,
        calendars: &Calendars,
        caller: &Caller,
        (calendar, event): (Id, Id),
        read: &IfMatch,
    ) -> Result<Stored, Problem> {
        let owner = written_by(calendars, caller, calendar).await?;
        let (last, _) = calendars.history(owner, (calendar, event)).await?;
        read.check(ETag::of(last))?;
        let returned = calendars.return_event(owner, (calendar, event), Some(last), self.change);
        Ok(returned.await?)
    }
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnswerWord {
    Accepted,
    Tentative,
    Declined,
}

impl AnswerWord {
    pub(crate) fn answer(self) -> Answer {
        match self {
            AnswerWord::Accepted => Answer::Accepted,
            AnswerWord::Tentative => Answer::Tentative,
            AnswerWord::Declined => Answer::Declined,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventAnswerIn {
    answer: AnswerWord,
}

impl EventAnswerIn {
    pub(super) fn answer(&self) -> Answer {
        self.answer.answer()
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveIn {
    /// Another calendar of the same person.
    #[schema(format = "uuid")]
    pub(crate) calendar: String,
}

impl MoveIn {
    /// Moves an event of the version that was read.
    pub(crate) async fn put(
        &self,
        calendars: &Calendars,
        caller: &Caller,
        called: (Id, Id),
        read: &IfMatch,
    ) -> Result<Stored, Problem> {
        let (owner, look) = look(calendars, caller, called, read, Aim::ALL).await?;
        let wrong = |_| Problem::invalid("calendar", "id", "must be the id of a calendar");
        let to = self.calendar.parse::<Id>().map_err(wrong)?;
        calendars.may_move_to(caller.person()?.id, owner, to).await?;
        Ok(calendars.move_event(owner, look, to).await?)
    }
}

pub(crate) fn tongue(caller: &Caller) -> Result<Tongue, Problem> {
    let person = caller.person()?;
    Ok(Tongue::new(&WORDS, person.language, &person.zone))
}

/// Makes an event
#[utoipa::path(post, path = "/api/v1/calendars/{id}/events", operation_id = "create_event", request_body = EventIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar")),
    responses((status = CREATED, body = EventOut, headers(("ETag" = String, description = "The version")))))]
async fn create_event(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Body(given): Body<EventIn>,
) -> Result<Response, Problem> {
    let wish = given.wish()?;
    let owner = written_by(&calendars, &caller, id).await?;
    let made = calendars.create_event(owner, id, &wish).await?;
    Ok((StatusCode::CREATED, told(&made, None, &caller)?).into_response())
}

/// An event, or one instance of a series
#[utoipa::path(get, path = "/api/v1/calendars/{id}/events/{event}", operation_id = "get_event",
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("event" = String, Path, format = "uuid", description = "The event"), InstanceIn),
    responses((status = OK, body = EventOut, headers(("ETag" = String, description = "The version")))))]
async fn get_event(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, event): InPath2<Id, Id>,
    Query(asked): Query<InstanceIn>,
) -> Result<Response, Problem> {
    let instance = instance(asked.instance.as_deref())?;
    let (_, found) = calendars.visible_event(caller.person()?.id, (id, event)).await?;
    told(&found, instance, &caller)
}

/// Changes an event: this instance, this and the following ones, or all
///
/// What the change does not speak of stays as it was written. "This and following" cuts the series in two: the second part
/// is an event of its own, and both name each other as related.
#[utoipa::path(patch, path = "/api/v1/calendars/{id}/events/{event}", operation_id = "change_event", request_body = EventIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("event" = String, Path, format = "uuid", description = "The event"), AimIn,
        ("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = OK, body = ChangedOut, headers(("ETag" = String, description = "The version")))))]
async fn change_event(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, event): InPath2<Id, Id>,
    Query(aim): Query<AimIn>,
    if_match: IfMatch,
    Body(given): Body<EventIn>,
) -> Result<Response, Problem> {
    let (owner, look) = look(&calendars, &caller, (id, event), &if_match, aim.aim()?).await?;
    let changed = calendars.change_event(owner, look, &given.wish()?).await?;
    became(&changed, &caller)
}

/// Deletes an event, or instances of it
#[utoipa::path(delete, path = "/api/v1/calendars/{id}/events/{event}", operation_id = "delete_event",
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("event" = String, Path, format = "uuid", description = "The event"), AimIn,
        ("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = OK, body = ChangedOut, description = "What is left of it")))]
async fn delete_event(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, event): InPath2<Id, Id>,
    Query(aim): Query<AimIn>,
    if_match: IfMatch,
) -> Result<Response, Problem> {
    let (owner, look) = look(&calendars, &caller, (id, event), &if_match, aim.aim()?).await?;
    let changed = calendars.delete_event(owner, look).await?;
    became(&changed, &caller)
}

/// Answers an invitation, to one instance or to all of it
///
/// Whoever invited hears of it.
#[utoipa::path(post, path = "/api/v1/calendars/{id}/events/{event}/answer", operation_id = "answer_event",
    request_body = EventAnswerIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("event" = String, Path, format = "uuid", description = "The event"), AimIn,
        ("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = OK, body = ChangedOut, headers(("ETag" = String, description = "The version")))))]
async fn answer_event(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, event): InPath2<Id, Id>,
    Query(aim): Query<AimIn>,
    if_match: IfMatch,
    Body(given): Body<EventAnswerIn>,
) -> Result<Response, Problem> {
    let (owner, look) = look(&calendars, &caller, (id, event), &if_match, aim.aim()?).await?;
    let changed = calendars.answer_event(owner, look, given.answer()).await?;
    became(&changed, &caller)
}

/// Which instances a change or a deletion would change, and who would be written to, without doing it
///
/// Instances from a month ago until two years ahead.
#[utoipa::path(post, path = "/api/v1/calendars/{id}/events/{event}/preview", operation_id = "preview_event",
    request_body = EventPreviewIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("event" = String, Path, format = "uuid", description = "The event"), AimIn),
    responses((status = OK, body = EventPreviewOut)))]
async fn preview_event(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, event): InPath2<Id, Id>,
    Query(aim): Query<AimIn>,
    Body(given): Body<EventPreviewIn>,
) -> Result<Body<EventPreviewOut>, Problem> {
    let Tried { found, more } = given.tried(&calendars, &caller, (id, event), &aim).await?;
    Ok(Body(EventPreviewOut {
        items: found
            .differences
            .into_iter()
            .map(EventDifferenceOut::from)
            .collect(),
        more,
        written_to: found.reached.into_iter().map(EventReachedOut::from).collect(),
    }))
}

/// Why an event happens at a time, or does not
#[utoipa::path(get, path = "/api/v1/calendars/{id}/events/{event}/why", operation_id = "explain_event",
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("event" = String, Path, format = "uuid", description = "The event"), AtIn),
    responses((status = OK, body = EventWhyOut)))]
async fn explain_event(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, event): InPath2<Id, Id>,
    Query(asked): Query<AtIn>,
) -> Result<Body<EventWhyOut>, Problem> {
    Ok(Body(asked.explained(&calendars, &caller, (id, event)).await?))
}

/// How an event was, also one that is gone
#[utoipa::path(get, path = "/api/v1/calendars/{id}/events/{event}/history", operation_id = "list_event_history",
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("event" = String, Path, format = "uuid", description = "The event")),
    responses((status = OK, body = EventHistoryOut, headers(("ETag" = String, description = "Its last change")))))]
async fn list_event_history(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, event): InPath2<Id, Id>,
) -> Result<Response, Problem> {
    let owner = written_by(&calendars, &caller, id).await?;
    let (change, items) = calendars.history(owner, (id, event)).await?;
    let items = items.into_iter().map(EventVersionOut::from).collect();
    Ok((ETag::of(change), Body(EventHistoryOut { change, items })).into_response())
}

/// Puts an event back as it was, also one that is gone
#[utoipa::path(post, path = "/api/v1/calendars/{id}/events/{event}/return", operation_id = "return_event",
    request_body = ReturnIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("event" = String, Path, format = "uuid", description = "The event"),
        ("If-Match" = String, Header, description = "The ETag of its history")),
    responses((status = OK, body = EventOut, headers(("ETag" = String, description = "The version")))))]
async fn return_event(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, event): InPath2<Id, Id>,
    if_match: IfMatch,
    Body(given): Body<ReturnIn>,
) -> Result<Response, Problem> {
    let returned = given
        .put_back(&calendars, &caller, (id, event), &if_match)
        .await?;
    told(&returned, None, &caller)
}

/// Makes the same event once more
#[utoipa::path(post, path = "/api/v1/calendars/{id}/events/{event}/duplicate", operation_id = "duplicate_event",
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("event" = String, Path, format = "uuid", description = "The event")),
    responses((status = CREATED, body = EventOut, headers(("ETag" = String, description = "The version")))))]
async fn duplicate_event(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, event): InPath2<Id, Id>,
) -> Result<Response, Problem> {
    let owner = written_by(&calendars, &caller, id).await?;
    let made = calendars.duplicate_event(owner, (id, event)).await?;
    Ok((StatusCode::CREATED, told(&made, None, &caller)?).into_response())
}

/// Moves an event into another calendar, where it gets a new id
#[utoipa::path(post, path = "/api/v1/calendars/{id}/events/{event}/move", operation_id = "move_event",
    request_body = MoveIn,
    params(("id" = String, Path, format = "uuid", description = "The calendar"),
        ("event" = String, Path, format = "uuid", description = "The event"),
        ("If-Match" = String, Header, description = "The ETag that was read")),
    responses((status = OK, body = EventOut, headers(("ETag" = String, description = "The version")))))]
async fn move_event(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath2(id, event): InPath2<Id, Id>,
    if_match: IfMatch,
    Body(given): Body<MoveIn>,
) -> Result<Response, Problem> {
    let moved = given.put(&calendars, &caller, (id, event), &if_match).await?;
    told(&moved, None, &caller)
}

/// What an edit is about, if its writer saw what is there.
pub(crate) async fn look(
    calendars: &Calendars,
    caller: &Caller,
    (calendar, event): (Id, Id),
    if_match: &IfMatch,
    aim: Aim,
) -> Result<(PersonId, Look), Problem> {
    let owner = written_by(calendars, caller, calendar).await?;
    let found = calendars.event(owner, calendar, event).await?;
    if_match.check(ETag::of(found.change))?;
    let look = Look {
        calendar,
        event,
        change: Some(found.change),
        aim,
    };
    Ok((owner, look))
}

fn told(stored: &Stored, instance: Option<DateTime>, caller: &Caller) -> Result<Response, Problem> {
    let event = EventOut::of(stored, instance, &tongue(caller)?)?;
    Ok((ETag::of(stored.change), Body(event)).into_response())
}

fn became(changed: &Changed, caller: &Caller) -> Result<Response, Problem> {
    let tongue = tongue(caller)?;
    let told = |stored: &Stored| EventOut::of(stored, None, &tongue);
    let body = Body(ChangedOut {
        event: changed.event.as_ref().map(told).transpose()?,
        following: changed.split.as_ref().map(told).transpose()?,
    });
    Ok(match &changed.event {
        Some(event) => (ETag::of(event.change), body).into_response(),
        None => body.into_response(),
    })
}
