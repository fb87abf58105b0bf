//! What lies in calendars: found by name or by time, followed by number, laid in and taken out.

use std::borrow::Cow;

use ical::{Kind, Object, Timing};
use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx};

use crate::rows::{self, Slot};
use crate::rules::inviting::is_unanswered;
use crate::rules::itip::{self, Mine};
use crate::rules::reminding::may_remind;
use crate::rules::spans::{Span, spans};
use crate::service::{Calendars, Refused, live};
use crate::types::{Calendar, Expected, Heard, Name, OBJECTS_MAX, Reason, Role, Stored};
use crate::{invitations, outlines, reminders, scheduling};

/// What became of a put.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    pub stored: Stored,
    pub is_new: bool,
    /// What is kept is byte for byte what was given.
    pub as_given: bool,
}

/// Where a reader of a calendar is. A first reading may take several answers; until its end, what was deleted before it began was
/// never there for this reader, so it is not told, and need not be known any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Everything up to this number was told.
    pub after: i64,
    /// The calendar's number when the first reading began; once that is done, how far was read. `None`: it begins now.
    pub began: Option<i64>,
}

/// What a reader hears of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    pub items: Vec<Heard>,
    /// How far the reader has read with these.
    pub until: i64,
    /// When they began to read.
    pub began: i64,
    /// Whether there is nothing after them.
    pub is_all: bool,
}

impl Changes {
    /// When a reader began who reads on after these: once all is read, that is how far was read.
    pub fn began_for_next(&self) -> i64 {
        if self.is_all { self.until } else { self.began }
    }
}

impl Calendars {
    pub async fn object(&self, owner: PersonId, id: Id) -> Result<Stored, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| rows::object_with_id(tx, owner, id));
        Ok(found.await?.ok_or(Reason::NoObject)?)
    }

    /// Those of these names that are there, in this order.
    pub async fn named(
        &self,
        owner: PersonId,
        calendar: Id,
        names: Vec<Name>,
    ) -> Result<Vec<Option<Stored>>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let found = names.iter().map(|name| rows::slot(tx, calendar, name));
            let found = found.map(|slot| Ok(slot?.and_then(Slot::stored)));
            found.collect()
        });
        found.await
    }

    /// Objects after one of them, in the order of their names.
    pub async fn objects(
        &self,
        owner: PersonId,
        calendar: Id,
        after: Option<Name>,
        count: usize,
    ) -> Result<Vec<Stored>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            let after = after.as_ref().map_or("", Name::as_str);
            Ok(rows::objects(tx, calendar, after, count)?)
        });
        found.await
    }

    /// Objects that may lie in a range: all that do, and a few that do not; each with whether it lies there for sure.
    pub async fn near(
        &self,
        owner: PersonId,
        calendar: Id,
        range: (Moment, Moment),
    ) -> Result<Vec<(Stored, bool)>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            live(tx, owner, calendar)?;
            Ok(rows::judged_near(tx, calendar, range)?)
        });
        found.await
    }

    /// What happened in a calendar since a reader was there. `None` when what was deleted since they began is no longer known,
    /// or they were told a number that there never was: such a reader begins anew.
    pub async fn changes(
        &self,
        owner: PersonId,
        calendar: Id,
        mark: Mark,
        count: usize,
    ) -> Result<Option<Changes>, Refused> {
        let shard = self.store().shard_of(owner);
        let found = shard.read::<_, Refused>(move |tx| {
            let calendar = live(tx, owner, calendar)?;
            // A reader who knows nothing yet began now.
            let began = mark.began.unwrap_or(calendar.changes);
            if mark.after > calendar.changes || !(calendar.forgotten..=calendar.changes).contains(&began) {
                return Ok(None);
            }
            let mut items =
                outlines::rows::heard(tx, calendar.id, (mark.after, began), count.saturating_add(1))?;
            let is_all = items.len() <= count;
            items.truncate(count);
            let until = match (is_all, items.last()) {
                (false, Some(last)) => last.change,
                _ => calendar.changes,
            };
            Ok(Some(Changes {
                items,
                until,
                began,
                is_all,
            }))
        });
        found.await
    }

    /// Puts an object into a calendar, or another one in its place. Whoever takes part in it hears of it.
    pub async fn put(
        &self,
        owner: PersonId,
        calendar: Id,
        name: Name,
        text: String,
        expected: Expected,
    ) -> Result<Put, Refused> {
        let now = self.now();
        let mine = self.mine(owner).await?;
        let piece = Piece::of(text, Id::beside(owner.0, now), now, &mine)?;
        let shard = self.store().shard_of(owner);
        let put = shard.write::<_, Refused>(move |tx| {
            let calendar = live(tx, owner, calendar)?;
            put_in(tx, &calendar, &name, &piece, expected, Some(&mine))
        });
        put.await
    }

    /// Moves an object, within a calendar or to another one of its owner's. `expected` is about the place where it goes.
    pub async fn relocate(
        &self,
        owner: PersonId,
        (from, name): (Id, Name),
        (to, as_name): (Id, Name),
        expected: Expected,
    ) -> Result<Put, Refused> {
        let found = self.named(owner, from, vec![name.clone()]).await?;
        let found = found.into_iter().next().flatten().ok_or(Reason::NoObject)?;
        let now = self.now();
        let was = Expected::Exactly(found.change);
        let mine = self.mine(owner).await?;
        let piece = Piece::of(found.text, Id::beside(owner.0, now), now, &mine)?;
        let shard = self.store().shard_of(owner);
        let moved = shard.write::<_, Refused>(move |tx| {
            let (source, target) = (live(tx, owner, from)?, live(tx, owner, to)?);
            take_out(tx, &source, &name, was, (now, None))?;
            put_in(tx, &target, &as_name, &piece, expected, None)
        });
        moved.await
    }

    /// Takes an object out of a calendar. Whoever takes part in it hears of that.
    pub async fn remove(
        &self,
        owner: PersonId,
        calendar: Id,
        name: Name,
        expected: Expected,
    ) -> Result<(), Refused> {
        let mine = self.mine(owner).await?;
        self.take_away(owner, calendar, name, expected, Some(mine)).await
    }

    /// The same, and nobody hears of it.
    pub async fn remove_silently(
        &self,
        owner: PersonId,
        calendar: Id,
        name: Name,
        expected: Expected,
    ) -> Result<(), Refused> {
        self.take_away(owner, calendar, name, expected, None).await
    }

    async fn take_away(
        &self,
        owner: PersonId,
        calendar: Id,
        name: Name,
        expected: Expected,
        mine: Option<Mine>,
    ) -> Result<(), Refused> {
        let now = self.now();
        let shard = self.store().shard_of(owner);
        let removed = shard.write::<_, Refused>(move |tx| {
            let calendar = live(tx, owner, calendar)?;
            take_out(tx, &calendar, &name, expected, (now, mine.as_ref()))
        });
        removed.await
    }
}

/// An object that is to be stored, with what was found out from its text.
pub(crate) struct Piece {
    text: String,
    /// Nothing of what was given had to be left out.
    is_as_given: bool,
    uid: String,
    kind: Kind,
    spans: Vec<Span>,
    may_remind: bool,
    /// Its owner is invited to it and has not answered.
    is_unanswered: bool,
    /// Somebody invites others to it.
    is_organized: bool,
    /// What it is called where it is new.
    id: Id,
    now: Moment,
}

impl Piece {
    /// Of nobody who could be invited to it.
    pub fn new(text: String, id: Id, now: Moment) -> Result<Piece, Reason> {
        Piece::of(text, id, now, &Mine::default())
    }

    /// Of whoever `mine` are the addresses of.
    pub fn of(text: String, id: Id, now: Moment, mine: &Mine) -> Result<Piece, Reason> {
        let printable = match ical::printable(&text) {
            Cow::Owned(printable) => Some(printable),
            Cow::Borrowed(_) => None,
        };
        let is_as_given = printable.is_none();
        let text = printable.unwrap_or(text);
        let calendar = ical::parse(text.as_bytes())?;
        let object: Object<'_> = ical::check(&calendar)?;
        let timing = Timing::new(&object)?;
        let (uid, kind, spans) = (object.uid.to_string(), object.kind, spans(&timing, now));
        let may_remind = may_remind(&object, &timing, now);
        let is_unanswered = is_unanswered(&object, mine);
        let is_organized = itip::is_organized(&calendar);
        Ok(Piece {
            text,
            is_as_given,
            uid,
            kind,
            spans,
            may_remind,
            is_unanswered,
            is_organized,
            id,
            now,
        })
    }

    pub fn id(&self) -> Id {
        self.id
    }

    pub fn uid(&self) -> &str {
        &self.uid
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// When the last of it is over.
    pub fn ends(&self) -> Moment {
        let ends = self.spans.iter().map(|span| span.ends).max();
        ends.unwrap_or(self.now)
    }

    pub fn is_unanswered(&self) -> bool {
        self.is_unanswered
    }

    /// The same as it is stored in the place of what was there before.
    pub fn stored(
        &self,
        before: Option<&Stored>,
        calendar: Id,
        (change, schedule): (i64, Option<i64>),
    ) -> Stored {
        Stored {
            id: before.map_or(self.id, |before| before.id),
            calendar,
            name: before.map_or_else(|| Name::of_object(self.id), |before| before.name.clone()),
            uid: self.uid.clone(),
            kind: self.kind,
            change,
            schedule,
            text: self.text.clone(),
            created: before.map_or(self.now, |before| before.created),
            changed: self.now,
        }
    }
}

/// Lays an object into a calendar. Others hear of it where `mine` says by which addresses they know its owner.
pub(crate) fn put_in(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    name: &Name,
    piece: &Piece,
    expected: Expected,
    mine: Option<&Mine>,
) -> Result<Put, Refused> {
    if calendar.role == Role::Inbox || !calendar.kinds.take(piece.kind) {
        return Err(Reason::KindNotTaken(piece.kind).into());
    }
    let slot = rows::slot(tx, calendar.id, name)?;
    let id = match &slot {
        None => piece.id,
        Some(Slot::Empty { id }) => *id,
        Some(Slot::Full(before)) => before.id,
    };
    let before = slot.and_then(Slot::stored);
    if !expected.holds(before.as_ref()) {
        return Err(Reason::Stale.into());
    }
    match rows::name_of_uid(tx, calendar.id, &piece.uid)? {
        Some(other) if other != *name => return Err(Reason::UidTaken(other).into()),
        _ => {}
    }
    // Whatever lies in a calendar is a change of it, so most need no counting.
    let may_be_too_many = before.is_none() && calendar.changes >= OBJECTS_MAX;
    if may_be_too_many && rows::count(tx, calendar.id)? >= OBJECTS_MAX {
        return Err(Reason::TooManyObjects.into());
    }
    let nobody = Mine::default();
    let gone = match (&before, mine) {
        (None, Some(_)) if piece.is_organized => rows::gone(tx, calendar.owner, &piece.uid)?,
        _ => None,
    };
    let told = scheduling::Change {
        before: before.as_ref().map(|before| before.text.as_str()),
        after: Some(&piece.text),
        gone: gone.as_deref(),
        mine: mine.unwrap_or(&nobody),
        now: piece.now,
        merges: matches!(expected, Expected::Scheduled(_)),
    };
    let since = before.as_ref().and_then(|before| before.schedule);
    // Most of what people write is for themselves.
    let concerns_others = piece.is_organized || since.is_some();
    let told = concerns_others.then(|| told.told()).flatten();
    let change = rows::next_change(tx, calendar.id)?;
    let schedule = told.as_ref().map(|told| match since {
        Some(since) if told.is_same_for_others => since,
        _ => change,
    });
    let told = told.unwrap_or_default();
    let as_given = told.kept.is_none() && piece.is_as_given;
    let stored = Stored {
        id,
        calendar: calendar.id,
        name: name.clone(),
        uid: piece.uid.clone(),
        kind: piece.kind,
        change,
        schedule,
        text: told.kept.map_or_else(|| piece.text.clone(), |kept| kept.write()),
        created: before.as_ref().map_or(piece.now, |before| before.created),
        changed: piece.now,
    };
    let is_new = before.is_none();
    lay(tx, calendar, before.as_ref(), &stored, piece)?;
    scheduling::announce(tx, calendar.owner, told.messages)?;
    Ok(Put {
        stored,
        is_new,
        as_given,
    })
}

/// Writes an object with all that is found by it, plans its next reminder, and keeps how it was.
pub(crate) fn lay(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    before: Option<&Stored>,
    stored: &Stored,
    piece: &Piece,
) -> Result<(), StoreError> {
    let owner = calendar.owner;
    if let Some(before) = before {
        rows::keep(tx, owner, before, stored.changed)?;
    }
    rows::save_object(tx, owner, stored)?;
    rows::save_spans(tx, owner, calendar.id, stored.id, &piece.spans)?;
    if stored
        .schedule
        .or(before.and_then(|before| before.schedule))
        .is_some()
    {
        let until = piece.is_unanswered.then(|| piece.ends());
        invitations::rows::save_unanswered(tx, owner, stored, until)?;
    }
    let may_remind = (piece.may_remind, before.is_none());
    reminders::plan(tx, calendar, stored, may_remind, piece.now)
}

/// Takes an object out of a calendar; what is left says that it was there.
pub(crate) fn take_out(
    tx: &mut Tx<'_>,
    calendar: &Calendar,
    name: &Name,
    expected: Expected,
    (now, mine): (Moment, Option<&Mine>),
) -> Result<(), Refused> {
    let before = rows::slot(tx, calendar.id, name)?.and_then(Slot::stored);
    let before = before.ok_or(Reason::NoObject)?;
    if !expected.holds(Some(&before)) {
        return Err(Reason::Stale.into());
    }
    rows::keep(tx, calendar.owner, &before, now)?;
    let change = rows::next_change(tx, calendar.id)?;
    rows::empty_object(tx, before.id, change, now)?;
    reminders::take_back(tx, calendar.owner, before.id)?;
    rows::save_spans(tx, calendar.owner, calendar.id, before.id, &[])?;
    invitations::rows::save_unanswered(tx, calendar.owner, &before, None)?;
    if let Some(mine) = mine.filter(|_| calendar.role == Role::Plain) {
        let told = scheduling::Change {
            before: Some(&before.text),
            after: None,
            gone: None,
            mine,
            now,
            merges: false,
        };
        let told = told.told().unwrap_or_default();
        scheduling::announce(tx, calendar.owner, told.messages)?;
    }
    Ok(())
}
