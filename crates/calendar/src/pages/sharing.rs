//! What one lets others do with a calendar, its link, and what others offered.

use axum::extract::State;
use axum::response::Response;
use front::frame::{Choice, Field, Frame, done, shown};
use front::{Caller, Form, InPath, Problem};
use kernel::{Id, PersonId};

use super::{Faults, Typed, WORDS, fault, own, refused, typed_in, unknown};
use crate::directory::PublicName;
use crate::publishing::{Link, Shows};
use crate::service::{Calendars, Refused};
use crate::sharing::groups::With;
use crate::sharing::{Consent, Rights};
use crate::types::Reason;

/// Somebody, or a group, whom a calendar is shared with.
pub(super) struct Sharer {
    pub with: String,
    pub name: String,
    pub rights: String,
    pub reply: String,
}

/// What stands below the fields of a calendar.
pub(super) struct Sharing {
    pub sharers: Vec<Sharer>,
    pub with: Field,
    pub rights: Choice,
    /// For whoever is in a group: the groups, and what those in one may do.
    pub groups: Option<(Choice, Choice)>,
    pub link: Option<Published>,
}

/// Where the link of a calendar leads.
pub(super) struct Published {
    /// For calendar programs.
    pub address: String,
    pub page: String,
    pub tells_all: bool,
    /// Under which it stands on the list of public calendars, or may.
    pub name: Field,
    /// The page of its name, if it has one.
    pub listed: Option<String>,
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
        let sharers = sharers(calendars, by, id, frame).await?;
        let own = groups(calendars, by, id).await?;
        let groups = (!own.is_empty()).then(|| {
            let options = own.into_iter().map(|(id, name)| (id.to_string(), name));
            let group = Choice::new(
                "group",
                frame.say("share-group"),
                options,
                typed_in(typed, "group"),
            );
            (
                group.wrong(faults.remove("group")),
                rights(frame, typed, "group-rights").wrong(faults.remove("group-rights")),
            )
        });
        let link = calendars.link(owner, id).await?;
        Ok(Sharing {
            sharers,
            with: Field::email("with", frame.say("share-with"))
                .hint(frame.say("share-with-hint"))
                .holding(typed_in(typed, "with"))
                .wrong(faults.remove("with")),
            rights: rights(frame, typed, "rights").wrong(faults.remove("rights")),
            groups,
            link: link.map(|link| Published {
                address: calendars.link_to(&link.path(owner)),
                page: calendars.link_to(&link.page(owner)),
                tells_all: link.shows == Shows::Everything,
                name: public_name(frame, typed, &link).wrong(faults.remove("public-name")),
                listed: link.public.map(|name| calendars.link_to(&name.page())),
            }),
        })
    }
}

fn public_name(frame: &Frame, typed: &Typed, link: &Link) -> Field {
    let held = link.public.as_ref().map(PublicName::as_str);
    let name = typed.get("public-name").map(String::as_str).or(held);
    Field::text("public-name", frame.say("listed-name"))
        .hint(frame.say("listed-name-hint"))
        .holding(name.unwrap_or_default())
}

/// Groups that a calendar can be shared with: those one is in, and those that have it already.
async fn groups(calendars: &Calendars, by: PersonId, id: Id) -> Result<Vec<(Id, String)>, Problem> {
    let mut groups = calendars.groups_of(by).await?;
    let shares = calendars.group_shares(by, id).await?.into_iter();
    let others = shares.map(|share| share.group);
    let others: Vec<Id> = others
        .filter(|one| !groups.iter().any(|(own, _)| own == one))
        .collect();
    groups.extend(calendars.group_names(&others).await?);
    Ok(groups)
}

/// What others may do; to read, until something else is chosen.
fn rights(frame: &Frame, typed: &Typed, name: &'static str) -> Choice {
    let options = Rights::SHARED.into_iter().map(|(_, word)| {
        let called = frame.say_of("share-may", word).unwrap_or_default();
        (word.to_owned(), called)
    });
    let chosen = match typed_in(typed, name) {
        "" => Rights::Read.word(),
        word => word,
    };
    Choice::new(name, frame.say("share-rights"), options, chosen)
}

/// Whom a calendar is shared with: people, then groups.
async fn sharers(calendars: &Calendars, by: PersonId, id: Id, frame: &Frame) -> Result<Vec<Sharer>, Problem> {
    let mut sharers = Vec::new();
    let shares = calendars.shares(by, id).await?;
    let people = shares.iter().map(|share| share.person);
    let mut cards = calendars.cards(people.collect()).await?;
    sharers.extend(shares.iter().map(|share| {
        Sharer {
            with: share.person.to_string(),
            name: cards
                .remove(&share.person)
                .map_or_else(|| share.person.to_string(), |card| card.name),
            rights: may(frame, share.rights),
            reply: frame
                .say_of("share-reply", reply_word(share.reply))
                .unwrap_or_default(),
        }
    }));
    let shares = calendars.group_shares(by, id).await?;
    let ids: Vec<Id> = shares.iter().map(|share| share.group).collect();
    let names = calendars.group_names(&ids).await?;
    sharers.extend(shares.iter().map(|share| Sharer {
        with: share.group.to_string(),
        name: names.get(&share.group).cloned().unwrap_or_default(),
        rights: may(frame, share.rights),
        reply: frame.say("share-reply-group").to_string(),
    }));
    Ok(sharers)
}

fn may(frame: &Frame, rights: Rights) -> String {
    frame.say_of("share-may", rights.word()).unwrap_or_default()
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
    match typed_in(&typed, "act") {
        "end" => {
            let with = super::id(&typed, "with")?;
            calendars.unshare(by, id, with).await?;
            return Ok(done(&page, "done-share-ended"));
        }
        "share" | "group" => {}
        _ => return Err(unknown("act", "share, group or end")),
    }
    match shared(&calendars, by, id, &typed).await {
        Ok(()) => Ok(done(&page, "done-shared")),
        Err(why) => {
            let frame = frame.over(&WORDS);
            let mut faults = fault(&frame, why)?;
            if typed_in(&typed, "act") == "group" {
                let beside = |(field, said): (String, String)| match field.as_str() {
                    "with" => ("group".to_owned(), frame.say("wrong-group").to_string()),
                    "rights" => ("group-rights".to_owned(), said),
                    _ => (field, said),
                };
                faults = faults.into_iter().map(beside).collect();
            }
            let page = own::page_of(&calendars, &caller, frame, id, (&typed, faults)).await?;
            Ok(refused(shown(&page)))
        }
    }
}

async fn shared(calendars: &Calendars, by: PersonId, id: Id, typed: &Typed) -> Result<(), Refused> {
    // Whoever may not share this one is told so first.
    calendars.reach(by, id, Rights::Manage).await?;
    let (field, rights) = match typed_in(typed, "act") {
        "group" => ("group", "group-rights"),
        _ => ("with", "rights"),
    };
    let rights = Rights::read(typed_in(typed, rights));
    let rights = rights.ok_or_else(|| Reason::field("rights", "must be busy, read, edit or manage"))?;
    match calendars.sharer_called(by, id, typed_in(typed, field)).await? {
        With::Person(person) => calendars.share(by, id, person, rights).await.map(|_| ()),
        With::Group(group) => calendars
            .share_with_group(by, id, group, rights)
            .await
            .map(|_| ()),
    }
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
        "all" => {
            calendars
                .publish(owner, id, Some(Shows::Everything), false)
                .await?;
            "done-published"
        }
        _ => return Err(unknown("act", "all, busy, renew or withdraw")),
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
        "refused" => (Consent::Refused, "done-offer-refused"),
        _ => return Err(unknown("reply", "taken or refused")),
    };
    let person = caller.person()?.id;
    calendars.answer_offer(person, id, Some(reply), None).await?;
    Ok(done("/calendar/own", key))
}
