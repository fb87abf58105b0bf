//! What one lets others do with a calendar, its link, and what others offered.

use axum::extract::State;
use axum::response::Response;
use front::frame::{Choice, Field, Frame, done, shown};
use front::{Caller, Form, InPath, Problem};
use kernel::{Id, PersonId};

use super::{Faults, Typed, WORDS, fault, own, refused, typed_in};
use crate::publishing::Shows;
use crate::service::{Calendars, Refused};
use crate::sharing::{Consent, Rights};
use crate::types::Reason;

/// Somebody whom a calendar is shared with.
pub(super) struct Sharer {
    pub person: String,
    pub name: String,
    pub rights: String,
    pub reply: String,
}

/// What stands below the fields of a calendar.
pub(super) struct Sharing {
    pub sharers: Vec<Sharer>,
    pub with: Field,
    pub rights: Choice,
    pub link: Option<Published>,
}

/// Where the link of a calendar leads.
pub(super) struct Published {
    /// For calendar programs.
    pub address: String,
    pub page: String,
    pub tells_all: bool,
}

impl Sharing {
    pub(super) async fn of(
        calendars: &Calendars,
        by: PersonId,
        id: Id,
        (frame, typed, faults): (&Frame, &Typed, &mut Faults),
    ) -> Result<Sharing, Problem> {
        let held = calendars.reach(by, id, Rights::Manage).await?;
        let owner = held.calendar.owner;
        let mut sharers = Vec::new();
        for share in calendars.shares(by, id).await? {
            let card = calendars.card(share.person).await?;
            sharers.push(Sharer {
                person: share.person.to_string(),
                name: card.map_or_else(|| share.person.to_string(), |card| card.name),
                rights: frame.say_of("share-may", share.rights.word()).unwrap_or_default(),
                reply: frame
                    .say_of("share-reply", reply_word(share.reply))
                    .unwrap_or_default(),
            });
        }
        let options = Rights::SHARED.into_iter().map(|(_, word)| {
            let called = frame.say_of("share-may", word).unwrap_or_default();
            (word.to_owned(), called)
        });
        let chosen = match typed_in(typed, "rights") {
            "" => Rights::Read.word(),
            word => word,
        };
        let link = calendars.link(owner, id).await?;
        Ok(Sharing {
            sharers,
            with: Field::email("with", frame.say("share-with"))
                .hint(frame.say("share-with-hint"))
                .holding(typed_in(typed, "with"))
                .wrong(faults.remove("with")),
            rights: Choice::new("rights", frame.say("share-rights"), options, chosen)
                .wrong(faults.remove("rights")),
            link: link.map(|link| Published {
                address: calendars.link_to(&link.path(owner)),
                page: calendars.link_to(&link.page(owner)),
                tells_all: link.shows == Shows::Everything,
            }),
        })
    }
}

fn reply_word(reply: Consent) -> &'static str {
    match reply {
        Consent::Waiting => "waiting",
        Consent::Taken => "taken",
        Consent::Refused => "refused",
    }
}

/// Shares a calendar, or takes a share back.
pub async fn share(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let by = caller.person()?.id;
    let page = format!("/calendar/own/{id}");
    if typed_in(&typed, "act") == "end" {
        let person = super::id(&typed, "person")?;
        calendars.unshare(by, id, PersonId(person)).await?;
        return Ok(done(&page, "done-share-ended"));
    }
    match shared(&calendars, by, id, &typed).await {
        Ok(()) => Ok(done(&page, "done-shared")),
        Err(why) => {
            let frame = frame.over(&WORDS);
            let faults = fault(&frame, why)?;
            let page = own::page_of(&calendars, &caller, frame, id, (&typed, faults)).await?;
            Ok(refused(shown(&page)))
        }
    }
}

async fn shared(calendars: &Calendars, by: PersonId, id: Id, typed: &Typed) -> Result<(), Refused> {
    // Whoever may not share learns nothing of who there is.
    calendars.reach(by, id, Rights::Manage).await?;
    let rights = Rights::read(typed_in(typed, "rights"));
    let rights = rights.ok_or_else(|| Reason::field("rights", "must be busy, read, edit or manage"))?;
    let with = calendars.person_called(typed_in(typed, "with")).await?;
    calendars.share(by, id, with, rights).await?;
    Ok(())
}

/// Publishes a calendar, gives it another link, or withdraws it.
pub async fn link(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let owner = calendars
        .owner_of(caller.person()?.id, id, Rights::Manage)
        .await?;
    let page = format!("/calendar/own/{id}");
    let key = match typed_in(&typed, "act") {
        "withdraw" => {
            calendars.withdraw(owner, id).await?;
            "done-link-withdrawn"
        }
        "renew" => {
            calendars.publish(owner, id, None, true).await?;
            "done-link-renewed"
        }
        "busy" => {
            calendars.publish(owner, id, Some(Shows::Busy), false).await?;
            "done-published"
        }
        _ => {
            calendars
                .publish(owner, id, Some(Shows::Everything), false)
                .await?;
            "done-published"
        }
    };
    Ok(done(&page, key))
}

/// Takes what somebody offered, or does not.
pub async fn answer(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let (reply, key) = match typed_in(&typed, "reply") {
        "taken" => (Consent::Taken, "done-offer-taken"),
        _ => (Consent::Refused, "done-offer-refused"),
    };
    let person = caller.person()?.id;
    calendars.answer_offer(person, id, Some(reply), None).await?;
    Ok(done("/calendar/own", key))
}
