//! Bringing messages to the copies of those whom they are for.

use dav::INBOX;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use ical::{Component, Kind, mailbox};
use kernel::{Id, Language, Moment, PersonId};
use post::To;
use post::letters::Outsider;
use store::outbox;
use store::{StoreError, Tx};

use super::apart::{self, Inviter};
use super::{Letter, notices};
use crate::letters::notice::{self, Link, What};
use crate::objects::{Piece, lay};
use crate::people::{Card, addresses, called, called_by_id, named};
use crate::resources;
use crate::rows;
use crate::rules::inviting::welcomes;
use crate::rules::itip::{Mine, is_organized};
use crate::rules::received::{News, Received, View, received};
use crate::service::{Calendars, Refused, Visitor, first_calendar};
use crate::types::{Calendar, Kinds, Name, OBJECTS_MAX, Reason, Role, Stored};

/// A message on its way to one of its readers.
pub(super) struct Arriving {
    pub reader: PersonId,
    pub card: Card,
    pub mine: Mine,
    /// The same whenever it is brought.
    pub name: Name,
    pub text: String,
    /// How people reach the house.
    pub base: String,
    pub now: Moment,
    /// Who invites by it; `None`: it answers.
    pub by: Option<Inviter>,
    /// What it is called in the reader's calendar if it is new there; `None`: as it comes.
    pub id: Option<Id>,
}

/// Readers of one message to whom it is brought at the same time.
const READERS_AT_ONCE: usize = 8;
/// Bytes of a calendar address; nobody has a longer one.
pub(super) const ADDRESS_BYTES_MAX: usize = 1_024;

/// A message that is brought to its readers.
struct Round<'r> {
    change: &'r outbox::Change,
    letter: Letter,
    /// Whoever sends it; `None`: they are no more.
    card: Option<Card>,
    by: Inviter,
}

impl Calendars {
    /// Brings the messages of a change to all whom they are for. Told twice, it changes nothing more. Whoever cannot be reached now
    /// keeps nobody else waiting.
    pub async fn deliver(&self, change: &outbox::Change) -> Result<(), Refused> {
        let letter: Letter =
            serde_json::from_slice(&change.body).map_err(|error| StoreError::broken(error.to_string()))?;
        let sender = PersonId(change.owner);
        let card = self.card(sender).await?;
        let by = Inviter::of_house(sender, card.as_ref());
        let round = Round {
            change,
            letter,
            card,
            by,
        };
        let met = self.met(&round.letter.to).await?;
        let mut readers: Vec<PersonId> = met.iter().filter_map(|(_, reader)| *reader).collect();
        readers.sort_unstable();
        readers.dedup();
        let cards = self.cards(readers).await?;
        let mut all: Vec<BoxFuture<'_, Result<(), Refused>>> = Vec::new();
        for (address, _) in met.iter().filter(|(_, reader)| reader.is_none()) {
            all.push(self.write_outside(address, &round).boxed());
        }
        for (reader, card) in cards {
            all.push(self.bring(reader, card, &round).boxed());
        }
        let all = stream::iter(all).buffer_unordered(READERS_AT_ONCE);
        let brought: Vec<Result<(), Refused>> = all.collect().await;
        brought.into_iter().collect::<Result<(), Refused>>()?;
        let message = ical::parse(round.letter.text.as_bytes());
        if message.is_ok_and(|message| welcomes(&message)) {
            let met = met
                .into_iter()
                .filter(|(address, _)| address.len() <= ADDRESS_BYTES_MAX);
            let met = met.map(|(address, reader)| reader.map_or_else(|| called(&address), called_by_id));
            self.know(sender, met.collect()).await?;
        }
        Ok(())
    }

    /// Addresses with those of the house who have them, in their order.
    pub(super) async fn met(&self, addresses: &[String]) -> Result<Vec<(String, Option<PersonId>)>, Refused> {
        let mut looks = Vec::with_capacity(addresses.len());
        for address in addresses {
            looks.push(async move { Ok((address.clone(), self.reader(address).await?)) }.boxed());
        }
        stream::iter(looks).buffered(READERS_AT_ONCE).try_collect().await
    }

    /// Brings a message to somebody of the house. What their copy cannot take is not taken.
    async fn bring(&self, reader: PersonId, card: Card, round: &Round<'_>) -> Result<(), Refused> {
        let change = round.change;
        let arriving = Arriving {
            mine: addresses(reader, &card),
            name: Name::stored(format!("{}-{}.ics", change.owner, change.number)),
            text: round.letter.text.clone(),
            base: self.link_to(""),
            now: self.now(),
            by: Some(round.by.clone()),
            id: None,
            reader,
            card,
        };
        match self.receive(arriving).await {
            Err(Refused::Reason(why)) => {
                tracing::warn!(%reader, owner = %change.owner, number = change.number, %why, "a message is not taken");
                Ok(())
            }
            brought => brought.map(|_| ()),
        }
    }

    /// Writes to somebody whom the house does not know (RFC 6047).
    async fn write_outside(&self, address: &str, round: &Round<'_>) -> Result<(), Refused> {
        let Some(email) = mailbox(address).filter(|email| email.len() <= ADDRESS_BYTES_MAX) else {
            return Ok(());
        };
        let (now, change, letter) = (self.now(), round.change, &round.letter);
        let Ok(message) = ical::parse(letter.text.as_bytes()) else {
            return Ok(());
        };
        let before = letter
            .before
            .as_ref()
            .and_then(|before| ical::parse(before.as_bytes()).ok());
        let (zone, language) = match &round.card {
            Some(card) => (card.zone.clone(), card.language),
            None => ("UTC".to_owned(), Language::default()),
        };
        let Some(mut asked) = notices::outside(&message, before.as_ref(), address, (&zone, now)) else {
            return Ok(());
        };
        if matches!(asked.what, What::Invited | What::Changed) {
            asked.notice.links = self.answer_links(PersonId(change.owner), &asked.uid, address);
        }
        let to = To::Address(Outsider {
            zone,
            language: language.code().to_owned(),
            ..Outsider::at(email)
        });
        let key = format!("{}-{}", change.owner, change.number);
        let shard = self.store().shard_of(to.owner());
        let written = shard.write::<_, StoreError>(move |tx| {
            let times = (now, asked.until);
            notice::tell(tx, asked.what, to.clone(), key.as_str(), &asked.notice, times)
        });
        Ok(written.await?)
    }

    /// The person of the house whom a calendar address belongs to.
    pub(crate) async fn reader(&self, address: &str) -> Result<Option<PersonId>, Refused> {
        if let Some(person) = named(address) {
            return Ok(Some(person));
        }
        match mailbox(address) {
            Some(email) => Ok(self.people().bearer(email).await?),
            None => Ok(None),
        }
    }

    /// Where messages come to, made when it is first looked for, and the calendar into which they are taken.
    pub(crate) async fn inbox(&self, visitor: &Visitor) -> Result<(Calendar, Option<Calendar>), Refused> {
        let all = self.home(visitor).await?;
        let default = all.into_iter().find(|calendar| calendar.kinds.take(Kind::Event));
        let (visitor, now) = (visitor.clone(), self.now());
        let shard = self.store().shard_of(visitor.id);
        let name = Name::stored(INBOX.to_owned());
        let (owner, wanted) = (visitor.id, name.clone());
        let there = shard.read::<_, StoreError>(move |tx| rows::calendar_named(tx, owner, &wanted));
        let inbox = match there.await? {
            Some(inbox) => inbox,
            None => {
                let made = shard.write::<_, StoreError>(move |tx| inbox_of(tx, &visitor, now));
                made.await?
            }
        };
        Ok((inbox, default))
    }

    /// False when it is about nothing that the reader has. A reason is one of this reader's copy alone.
    pub(super) async fn receive(&self, arriving: Arriving) -> Result<bool, Refused> {
        let shard = self.store().shard_of(arriving.reader);
        let received = shard.write::<_, Refused>(move |tx| take(tx, &arriving));
        received.await
    }
}

/// Takes a message into the reader's copy and their inbox, once. False when it is about nothing that they have.
fn take(tx: &mut Tx<'_>, arriving: &Arriving) -> Result<bool, Refused> {
    let is_room = resources::is_asked(tx, arriving.reader)?;
    let inbox = inbox_of(tx, &arriving.visitor(), arriving.now)?;
    if rows::slot(tx, inbox.id, &arriving.name)?.is_some() {
        return Ok(true);
    }
    let message = ical::parse(arriving.text.as_bytes()).map_err(Reason::Invalid)?;
    let (_, about) = ical::check_message(&message).map_err(Reason::Invalid)?;
    let before = rows::copy_of(tx, arriving.reader, &about.uid)?;
    if apart::stays_out(tx, arriving, (&message, &about.uid), (before.as_ref(), is_room))? {
        return Ok(true);
    }
    let copy = before.as_ref().map(|before| ical::parse(before.text.as_bytes()));
    let copy = copy.transpose().map_err(Reason::Invalid)?;
    let view = arriving.by.as_ref().map_or(View::Parts, Inviter::view);
    let received = received(copy.as_ref(), &message, &arriving.mine, view);
    let is_known = received != Received::Unknown;
    if let Received::Changed(mut changed) = received {
        let is_judged = is_room && resources::judges(&mut changed, &arriving.mine);
        let (calendar, stored) = update(tx, arriving, before.as_ref(), &changed.copy, &changed.news)?;
        if changed.news != News::Aside {
            note(tx, arriving, &inbox, about.kind)?;
        }
        let (zone, now) = (arriving.card.zone.as_str(), arriving.now);
        if is_judged {
            let copy = (&calendar, &stored);
            resources::answer(tx, copy, before.as_ref(), &arriving.mine, now)?;
        }
        if is_room {
            return Ok(true);
        }
        if let Some(mut asked) = notices::about(&changed.news, &changed.copy, copy.as_ref(), zone, now) {
            let page = format!("{}/calendar/events/{}/{}", arriving.base, calendar.id, stored.id);
            asked.notice.links = vec![(Link::Open, page)];
            let (to, key) = (To::Person(arriving.reader), arriving.name.as_str());
            notice::tell(tx, asked.what, to, key, &asked.notice, (now, asked.until))?;
        }
    }
    Ok(is_known)
}

/// Writes the reader's copy, into the calendar where it lies or the first that takes it.
pub(super) fn update(
    tx: &mut Tx<'_>,
    arriving: &Arriving,
    before: Option<&Stored>,
    copy: &Component<'_>,
    news: &News,
) -> Result<(Calendar, Stored), Refused> {
    let id = arriving.id;
    let id = id.unwrap_or_else(|| Id::beside(arriving.reader.0, arriving.now));
    let piece = Piece::of(copy.write(), id, arriving.now, &arriving.mine)?;
    let calendar = match before {
        Some(before) => rows::calendar_with_id(tx, arriving.reader, before.calendar)?,
        None => rows::calendars(tx, arriving.reader)?
            .into_iter()
            .find(|calendar| calendar.kinds.take(piece.kind())),
    };
    let calendar = match calendar {
        Some(calendar) => calendar,
        None => {
            let mut first = first_calendar(&arriving.visitor(), arriving.now);
            // Their own one of this name may take other kinds only.
            if rows::calendar_named(tx, arriving.reader, &first.name)?.is_some() {
                first.name = Name::of_calendar(first.id);
            }
            rows::save_calendar(tx, &first)?;
            first
        }
    };
    if before.is_none() && is_full(tx, &calendar)? {
        return Err(Reason::TooManyObjects.into());
    }
    let change = rows::next_change(tx, calendar.id)?;
    // Answers change nothing for others, so a client's edit that is on its way still counts (RFC 6638 3.2.10).
    let is_aside = matches!(news, News::Aside | News::Answered { .. });
    let since = before.and_then(|before| before.schedule).filter(|_| is_aside);
    let schedule = since.or_else(|| is_organized(copy).then_some(change));
    let stored = piece.stored(before, calendar.id, (change, schedule));
    lay(tx, &calendar, before, &stored, &piece)?;
    Ok((calendar, stored))
}

fn is_full(tx: &mut Tx<'_>, calendar: &Calendar) -> Result<bool, StoreError> {
    // Whatever lies in a calendar is a change of it, so most need no counting.
    Ok(calendar.changes >= OBJECTS_MAX && rows::count(tx, calendar.id)? >= OBJECTS_MAX)
}

/// Lays the message itself into the inbox, where calendar programs look for it.
pub(super) fn note(
    tx: &mut Tx<'_>,
    arriving: &Arriving,
    inbox: &Calendar,
    kind: Kind,
) -> Result<(), StoreError> {
    let change = rows::next_change(tx, inbox.id)?;
    let item = Stored {
        id: Id::beside(arriving.reader.0, arriving.now),
        calendar: inbox.id,
        name: arriving.name.clone(),
        uid: arriving.name.to_string(),
        kind,
        change,
        schedule: None,
        text: arriving.text.clone(),
        created: arriving.now,
        changed: arriving.now,
    };
    rows::save_object(tx, arriving.reader, &item)
}

pub(super) fn inbox_of(tx: &mut Tx<'_>, reader: &Visitor, now: Moment) -> Result<Calendar, StoreError> {
    let name = Name::stored(INBOX.to_owned());
    if let Some(inbox) = rows::calendar_named(tx, reader.id, &name)? {
        return Ok(inbox);
    }
    let inbox = Calendar {
        name,
        kinds: Kinds::ALL,
        role: Role::Inbox,
        ..first_calendar(reader, now)
    };
    rows::save_calendar(tx, &inbox)?;
    Ok(inbox)
}

impl Arriving {
    pub(super) fn visitor(&self) -> Visitor {
        self.card.visitor(self.reader)
    }
}
