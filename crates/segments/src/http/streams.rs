//! OFREP's event streams: a client keeps one open and is told to fetch its flags again.
//!
//! The address is all that a client has to show, so it says little: whose flags it is about and until when it can be
//! opened, signed by the house, and nothing of what the flags are. It stays the same for hours, so that whoever fetches
//! again stays connected. An event bears what was told by it as its id. Whoever comes back with that id (to whichever
//! instance, after however long) is told again exactly when something changed meanwhile, so no event is kept anywhere;
//! whoever comes without one is told at once, as something may have changed since they fetched.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use front::{Access, Code, InPath, Kind, Problem, Routes, Signer};
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use kernel::{Id, Moment, PersonId, Secret};
use tokio::time::Sleep;

use super::ofrep::Flags;
use crate::news::{Listener, NoPlace};
use crate::points::Point;
use crate::service::Segments;

const PATH: &str = "/ofrep/v1/streams/";
/// An address can be opened until the end of the next period: for half a day to a day. A tab that is open for longer fetches
/// at intervals until it is loaded again.
const PERIOD_SECONDS: i64 = 12 * 60 * 60;
/// After this long in the background a client closes its stream. As the protocol would have it without a word.
pub(super) const INACTIVITY_SECONDS: u32 = 120;
/// Lines that mean nothing, more often than proxies lose patience, which also find out whose other end has gone.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);
/// Before a client that was cut off comes back: each at another time, or a house that opens again is stormed.
const BACK_AFTER_MILLIS: (u64, u64) = (1_000, 4_000);
/// When a place may have become free.
const AGAIN_SECONDS: u32 = 60;
const UNTIL_BYTES: usize = 8;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// What tells nginx, and those who copied it, to pass on each event at once.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

pub(super) fn routes(routes: Routes<Flags>) -> Routes<Flags> {
    let path = format!("{PATH}{{token}}");
    routes.plain(Access::PUBLIC, Kind::Page, Method::GET, &path, event_stream)
}

/// Makes and reads the addresses.
#[derive(Clone)]
pub(super) struct Addresses {
    base: String,
    signer: Signer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Addressed {
    person: PersonId,
    /// In whole seconds.
    until: Moment,
}

impl Addresses {
    pub fn new(base: &str, secret: &Secret) -> Addresses {
        Addresses {
            base: base.to_owned(),
            signer: Signer::new(secret, "streams of flags"),
        }
    }

    /// Where to hear of one person's flags; the same for a whole period.
    pub fn of(&self, person: PersonId, now: Moment) -> String {
        let until = Moment::from_seconds((period(now) + 2) * PERIOD_SECONDS);
        let token = self.token(Addressed { person, until });
        format!("{}{PATH}{token}", self.base)
    }

    fn token(&self, addressed: Addressed) -> String {
        let said = [
            &addressed.until.as_seconds().to_be_bytes()[..],
            addressed.person.0.as_bytes(),
        ];
        self.signer.token(&said.concat())
    }

    /// What an address is about; `None` when we did not make it. Whether it is over is for others to say.
    fn read(&self, token: &str) -> Option<Addressed> {
        let said = self.signer.read(token)?;
        let (until, person) = said.split_at_checked(UNTIL_BYTES)?;
        Some(Addressed {
            person: PersonId(Id::from_bytes(person.try_into().ok()?)),
            until: Moment::from_seconds(i64::from_be_bytes(until.try_into().ok()?)),
        })
    }
}

/// A number for each period in which addresses stay the same.
pub(super) fn period(now: Moment) -> i64 {
    now.as_seconds().div_euclid(PERIOD_SECONDS)
}

async fn event_stream(
    State(flags): State<Flags>,
    InPath(token): InPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let addressed = flags.addresses.read(&token).ok_or_else(|| {
        Problem::not_found().detail("This address was not made here. Take the one of eventStreams as it is.")
    })?;
    let now = flags.segments.now();
    let left = u64::try_from(addressed.until.micros_since(now)).unwrap_or(0);
    if left == 0 {
        let words = "This address was for a limited time, which is over. Fetch the flags for a new one.";
        return Err(Problem::new(Code::Gone).detail(words));
    }
    let listener = flags.segments.listen(addressed.person).map_err(problem)?;
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    let telling = Telling {
        told: last.map(str::to_owned),
        person: addressed.person,
        segments: flags.segments,
        listener,
        over: Box::pin(tokio::time::sleep(Duration::from_micros(left))),
        has_begun: false,
    };
    let events = stream::unfold(telling, async |mut telling| {
        let event = telling.next().await?;
        Some((Ok::<_, Infallible>(event), telling))
    });
    let mut answer = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE))
        .into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    // Pages of other sites may listen: they need the address, and nothing else of the reader's counts here.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(answer)
}

fn problem(why: NoPlace) -> Problem {
    match why {
        NoPlace::OfOne => Problem::new(Code::TooManyRequests)
            .retry_after(AGAIN_SECONDS)
            .detail("Too many streams are open at this address. Close some of them."),
        NoPlace::Anywhere => Problem::new(Code::Overloaded).retry_after(AGAIN_SECONDS),
    }
}

/// An open stream.
struct Telling {
    segments: Segments,
    person: PersonId,
    listener: Listener,
    /// The id of the last event.
    told: Option<String>,
    over: Pin<Box<Sleep>>,
    has_begun: bool,
}

impl Telling {
    /// The next event; `None` when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        if !self.has_begun {
            self.has_begun = true;
            let (least, spread) = BACK_AFTER_MILLIS;
            let back_after = Duration::from_millis(least + Point::of(self.person).hash() % spread);
            let state = self.segments.state_of_flags(self.person);
            // Without data it is no event; the client only notes the id.
            let nothing = self.told.as_ref() == Some(&state);
            let event = if nothing {
                Event::default().id(state)
            } else {
                self.tell(state)
            };
            return Some(event.retry(back_after));
        }
        loop {
            tokio::select! {
                more = self.listener.hears() => if !more { return None },
                () = self.over.as_mut() => return None,
            }
            let state = self.segments.state_of_flags(self.person);
            if self.told.as_ref() != Some(&state) {
                return Some(self.tell(state));
            }
        }
    }

    fn tell(&mut self, state: String) -> Event {
        let data = format!(r#"{{"type":"refetchEvaluation","etag":"{state}"}}"#);
        let event = Event::default().event("message").id(&state).data(data);
        self.told = Some(state);
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_800_000_123);

    fn addresses(secret: &str) -> Addresses {
        Addresses::new("https://house.example", &Secret::new(secret.repeat(32)))
    }

    fn person(number: u8) -> PersonId {
        PersonId(Id::from_bytes([number; 16]))
    }

    #[test]
    fn an_address_is_about_one_person_and_made_by_the_house() {
        let url = addresses("x").of(person(1), NOW);
        let token = url
            .strip_prefix("https://house.example/ofrep/v1/streams/")
            .unwrap();
        let addressed = addresses("x").read(token).unwrap();
        assert_eq!(addressed.person, person(1), "another process reads it");
        assert_eq!(addresses("y").read(token), None, "another house does not");
        assert_eq!(addresses("x").read(&token[1..]), None);
    }

    #[test]
    fn an_address_stays_the_same_for_hours_and_ends_within_a_day() {
        let addresses = addresses("x");
        let begin = Moment::from_seconds(period(NOW) * PERIOD_SECONDS);
        let last = begin.plus_seconds(PERIOD_SECONDS - 1);
        assert_eq!(addresses.of(person(1), begin), addresses.of(person(1), last));
        assert_ne!(
            addresses.of(person(1), begin),
            addresses.of(person(1), last.plus_seconds(1))
        );
        let url = addresses.of(person(1), last);
        let token = url.rsplit('/').next().unwrap();
        let until = addresses.read(token).unwrap().until;
        assert_eq!(until, begin.plus_seconds(2 * PERIOD_SECONDS));
        assert!(
            until.micros_since(last) >= PERIOD_SECONDS * 1_000_000,
            "nobody is cut off soon"
        );
    }
}
