//! Calendars over gRPC: the same use cases, the same gate, the same codes as over HTTP.
//!
//! What comes in is put into the shapes of REST and read there, so that both refuse the same with the same words; what goes
//! out is written from the same values.

mod busy;
mod calendars;
mod events;
mod invitations;
mod objects;
mod rooms;
mod shapes;
mod sharing;
mod subscriptions;
mod words;

use front::{Access, Caller, Code, ETag, IfMatch, Paging, Problem, Routes, bad_cursor};
use kernel::{Cursor, Id, Moment, PageSize};
use tonic::Request;
use wire::calendar::v1::calendars_server::CalendarsServer;
use wire::calendar::v1::events_server::EventsServer;
use wire::calendar::v1::free_busy_server::FreeBusyServer;
use wire::calendar::v1::invitations_server::InvitationsServer;
use wire::calendar::v1::mail_server::MailServer;
use wire::calendar::v1::objects_server::ObjectsServer;
use wire::calendar::v1::resources_server::ResourcesServer;
use wire::calendar::v1::sharing_server::SharingServer;
use wire::calendar::v1::subscriptions_server::SubscriptionsServer;

use crate::http::OWN;
use crate::http::mailed::MAIL;
use crate::http::resources::ADMIN;
use crate::scheduling::MAIL_BYTES_MAX;
use crate::service::Calendars;

/// A mail of the largest size, and what stands around it: one that is larger is refused by us, with the limit.
const MAIL_MESSAGE_BYTES_MAX: usize = MAIL_BYTES_MAX + (64 << 10);

const CALENDARS: [(&str, Access); 9] = [
    ("ListCalendars", OWN),
    ("GetCalendar", OWN),
    ("CreateCalendar", OWN),
    ("ChangeCalendar", OWN),
    ("DeleteCalendar", OWN),
    ("RestoreCalendar", OWN),
    ("ReturnCalendar", OWN),
    ("GetSettings", OWN),
    ("PutSettings", OWN),
];
const EVENTS: [(&str, Access); 12] = [
    ("ListInstances", OWN),
    ("GetEvent", OWN),
    ("CreateEvent", OWN),
    ("ChangeEvent", OWN),
    ("DeleteEvent", OWN),
    ("AnswerEvent", OWN),
    ("PreviewEvent", OWN),
    ("ExplainEvent", OWN),
    ("ListVersionsOfEvent", OWN),
    ("ReturnEvent", OWN),
    ("DuplicateEvent", OWN),
    ("MoveEvent", OWN),
];
const OBJECTS: [(&str, Access); 5] = [
    ("GetObject", OWN),
    ("PutObject", OWN),
    ("DeleteObject", OWN),
    ("ListChanges", OWN),
    ("ImportFile", OWN),
];
const SHARING: [(&str, Access); 13] = [
    ("ListShares", OWN),
    ("ShareCalendar", OWN),
    ("EndShare", OWN),
    ("ListOffers", OWN),
    ("AnswerOffer", OWN),
    ("GetLink", OWN),
    ("PublishCalendar", OWN),
    ("RenewLink", OWN),
    ("WithdrawLink", OWN),
    ("MakePublic", OWN),
    ("MakeUnlisted", OWN),
    ("ListPublicCalendars", Access::PUBLIC),
    ("TakeDownPublicCalendar", ADMIN),
];
const SUBSCRIPTIONS: [(&str, Access); 7] = [
    ("ListSubscriptions", OWN),
    ("CreateSubscription", OWN),
    ("GetSubscription", OWN),
    ("ChangeSubscription", OWN),
    ("DeleteSubscription", OWN),
    ("FetchSubscription", OWN),
    ("ListHolidayCountries", OWN),
];

const INVITATIONS: [(&str, Access); 8] = [
    ("ListInvitations", OWN),
    ("AnswerInvitation", OWN),
    ("LetInInvitation", OWN),
    ("DismissInvitation", OWN),
    ("BlockInviter", OWN),
    ("ListOrganizers", OWN),
    ("PutOrganizer", OWN),
    ("EndOrganizer", OWN),
];
const FREE_BUSY: [(&str, Access); 2] = [("GetBusyTimes", OWN), ("FindTimes", OWN)];
const RESOURCES: [(&str, Access); 3] = [
    ("ListResources", OWN),
    ("PutResource", ADMIN),
    ("EndResource", ADMIN),
];

pub(crate) fn routes(calendars: &Calendars) -> Routes {
    let speaker = || Speaker(calendars.clone());
    let mail = [("BringMail", Access::key(MAIL))];
    let mail_server = MailServer::new(speaker()).max_decoding_message_size(MAIL_MESSAGE_BYTES_MAX);
    Routes::new("calendar")
        .grpc(
            &CalendarsServer::new(speaker()),
            &CALENDARS,
            Some(wire::DESCRIPTORS),
        )
        .grpc(&EventsServer::new(speaker()), &EVENTS, None)
        .grpc(&ObjectsServer::new(speaker()), &OBJECTS, None)
        .grpc(&SharingServer::new(speaker()), &SHARING, None)
        .grpc(&SubscriptionsServer::new(speaker()), &SUBSCRIPTIONS, None)
        .grpc(&FreeBusyServer::new(speaker()), &FREE_BUSY, None)
        .grpc(&ResourcesServer::new(speaker()), &RESOURCES, None)
        .grpc(&InvitationsServer::new(speaker()), &INVITATIONS, None)
        .grpc(&mail_server, &mail, None)
}

/// Calendars as gRPC sees them.
#[derive(Clone)]
struct Speaker(Calendars);

/// Who the gate let in.
fn caller<T>(request: &Request<T>) -> Result<Caller, Problem> {
    let caller = request.extensions().get::<Caller>().cloned();
    caller.ok_or_else(|| Problem::internal("a gRPC method without a gate asked for its caller"))
}

/// What cannot be an id names nothing.
fn id(given: &str) -> Result<Id, Problem> {
    given.parse().map_err(|_| Problem::not_found())
}

/// A calendar and an event in it.
fn ids(calendar: &str, event: &str) -> Result<(Id, Id), Problem> {
    Ok((id(calendar)?, id(event)?))
}

/// The version that the caller read. No version is zero, which is what is there when none was given.
fn read_as(version: i64) -> Result<IfMatch, Problem> {
    match version {
        0 => Err(Problem::new(Code::PreconditionRequired)),
        version => Ok(IfMatch::one(ETag::of(version))),
    }
}

/// A choice that says something only where it is true.
fn only_true(field: &str) -> Problem {
    Problem::invalid(field, "word", "must be true, or not be said")
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Which part of a list is wanted; an empty cursor is its beginning.
fn paging(cursor: &str, limit: Option<u32>) -> Result<Paging, Problem> {
    let after = (!cursor.is_empty()).then(|| Cursor::decode(cursor)).transpose();
    Ok(Paging {
        after: after.map_err(bad_cursor)?,
        size: PageSize::clamped(limit),
    })
}

/// Written out as REST would have it, and read there.
fn instant_in(micros: i64) -> String {
    Moment::from_micros(micros).to_string()
}
