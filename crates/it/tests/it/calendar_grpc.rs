//! Calendars as other services of the city use them: gRPC says and does what REST does, with the same refusals.

mod calendars;
mod events;
mod objects;
mod rooms;
mod sharing;
mod subscriptions;

use futures_util::stream;
use serde_json::Value;
use tokio::net::TcpListener;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use wire::calendar::v1 as pb;
use wire::calendar::v1::calendars_client::CalendarsClient;
use wire::calendar::v1::mail_client::MailClient;

use crate::town::{Actor, Role, Town};

/// A house that can be called from outside, and two people of it.
struct Desk {
    town: Town,
    channel: Channel,
    anna: Actor,
    boris: Actor,
}

impl Desk {
    async fn open() -> Desk {
        let town = Town::open_for_real().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let front = town.front.clone();
        tokio::spawn(async move { front.serve(listener, None, std::future::pending()).await });
        let channel = Channel::from_shared(base).unwrap().connect().await.unwrap();
        let anna = town.actor(&Role::Plain).await;
        let boris = town.actor(&Role::Plain).await;
        Desk {
            town,
            channel,
            anna,
            boris,
        }
    }

    fn calendars(&self) -> CalendarsClient<Channel> {
        CalendarsClient::new(self.channel.clone())
    }

    /// Asked for by Anna.
    fn anna<T>(&self, message: T) -> Request<T> {
        by(&self.anna, message)
    }

    fn boris<T>(&self, message: T) -> Request<T> {
        by(&self.boris, message)
    }

    /// Anna's first calendar.
    async fn calendar(&self) -> String {
        let mut calendars = self.calendars();
        let all = calendars.list_calendars(self.anna(pb::ListCalendarsRequest {}));
        all.await.unwrap().into_inner().calendars[0].id.clone()
    }

    /// What REST shows Anna.
    async fn get(&self, path: &str) -> Value {
        self.town.get(&self.anna, path).await
    }
}

fn by<T>(actor: &Actor, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(token) = &actor.token {
        let token: MetadataValue<_> = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", token);
    }
    if let Some(key) = &actor.key {
        request.metadata_mut().insert("x-api-key", key.parse().unwrap());
    }
    request
}

/// The problem in a status: its code (`google.rpc.ErrorInfo.reason`) and its fields stand there in clear.
fn tells(status: &Status, word: &str) -> bool {
    String::from_utf8_lossy(status.details()).contains(word)
}

/// What was refused because of this field.
#[track_caller]
fn refuses<T: std::fmt::Debug>(answer: Result<T, Status>, field: &str) {
    let refused = answer.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    // As `google.rpc.BadRequest` has it: the first field of a violation, with its length.
    let mut named = vec![10, u8::try_from(field.len()).unwrap()];
    named.extend(field.bytes());
    let mut places = refused.details().windows(named.len());
    assert!(places.any(|place| place == named), "{field}: {refused:?}");
}

#[track_caller]
fn says<T: std::fmt::Debug>(answer: Result<T, Status>, code: &str) {
    let refused = answer.unwrap_err();
    assert!(tells(&refused, code), "{code}: {refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_lets_in_whom_rest_lets_in() {
    let desk = Desk::open().await;
    let mut calendars = desk.calendars();
    let list = pb::ListCalendarsRequest {};
    let nobody = calendars.list_calendars(list).await.unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated);
    // Calendars are people's: no scope of a key opens them.
    for scope in ["segments:write", "calendar:mail"] {
        let service = desk.town.actor(&Role::Key(scope)).await;
        let refused = calendars.list_calendars(by(&service, list)).await;
        assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    }
    let mut mail = MailClient::new(desk.channel.clone());
    let brought = pb::BringMailRequest {
        mail: "From: guest@elsewhere.example\r\nSubject: Yes\r\n\r\nI come.\r\n".into(),
    };
    let stranger = desk.town.actor(&Role::Key("segments:write")).await;
    for actor in [&desk.anna, &stranger] {
        let refused = mail.bring_mail(by(actor, brought.clone())).await;
        assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    }
    let service = desk.town.actor(&Role::Key("calendar:mail")).await;
    let told = mail.bring_mail(by(&service, brought)).await.unwrap().into_inner();
    assert!(!told.taken && told.why.unwrap().contains("text/calendar"));
    let empty = pb::BringMailRequest::default();
    let refused = mail.bring_mail(by(&service, empty)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_names_all_services_of_calendars() {
    let desk = Desk::open().await;
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(desk.channel.clone());
    let answers = reflection.server_reflection_info(stream::iter([list])).await;
    let answer = answers.unwrap().into_inner().message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("services are not listed")
    };
    for name in [
        "Calendars",
        "Events",
        "FreeBusy",
        "Invitations",
        "Mail",
        "Objects",
        "Resources",
        "Sharing",
        "Subscriptions",
    ] {
        let name = format!("townhall.calendar.v1.{name}");
        let listed = list.service.iter().filter(|service| service.name == name);
        assert_eq!(listed.count(), 1, "{name}: {list:?}");
    }
}
