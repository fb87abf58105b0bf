//! Words of REST, and the numbers that stand for them on the wire.

use front::Problem;
use ical::Kind;
use wire::calendar::v1 as pb;

use crate::http::events::given::{ByWord, FrequencyWord, RoleWord, SortWord, StatusWord, VisibilityWord};
use crate::http::events::{AnswerWord, WhichWord};
use crate::http::finding::Day;
use crate::http::invitations::WhoseInvitations;
use crate::http::sharing::{OfferReply, ShareRights};
use crate::publishing::Shows;
use crate::resources::Sort;
use crate::rules::inviting::Standing;
use crate::sharing::{Consent, Rights};

/// A word that has a number on the wire.
pub(super) trait Word: Copy + 'static {
    type Wire: Copy + Into<i32>;
    const ALL: &'static [(Self, Self::Wire)];

    fn name(wire: Self::Wire) -> &'static str;
}

macro_rules! words {
    ($($word:ident = $wire:ident { $($variant:ident),+ $(,)? })+) => { $(
        impl Word for $word {
            type Wire = pb::$wire;
            const ALL: &'static [($word, pb::$wire)] = &[$(($word::$variant, pb::$wire::$variant)),+];

            fn name(wire: pb::$wire) -> &'static str {
                wire.as_str_name()
            }
        }
    )+ };
}

words! {
    FrequencyWord = Frequency { Hourly, Daily, Weekly, Monthly, Yearly }
    VisibilityWord = Visibility { Public, Private, Confidential }
    StatusWord = EventStatus {
        Tentative, Confirmed, Cancelled, NeedsAction, InProcess, Completed, Draft, Final,
    }
    RoleWord = ParticipantRole { Chair, Required, Optional, Informed }
    SortWord = ParticipantKind { Individual, Group, Resource, Room, Unknown }
    ByWord = ReminderBy { Email, Display }
    WhichWord = Which { This, Following, All }
    AnswerWord = Answer { Accepted, Tentative, Declined }
    ShareRights = Rights { Busy, Read, Edit, Manage }
    Rights = Rights { Busy, Read, Edit, Manage, Own }
    OfferReply = OfferReply { Waiting, Taken, Refused }
    Consent = OfferReply { Waiting, Taken, Refused }
    Shows = Shows { Everything, Busy }
    Standing = Standing { Known, Blocked }
    Sort = ResourceSort { Room, Thing }
    Day = Weekday { Mo, Tu, We, Th, Fr, Sa, Su }
    WhoseInvitations = Inviters { Everybody, House, Known }
}

/// A word that may be left out.
pub(super) fn read<W: Word>(field: &str, number: i32) -> Result<Option<W>, Problem> {
    match number {
        0 => Ok(None),
        number => must::<W>(field, number).map(Some),
    }
}

/// A word that must be there.
pub(super) fn must<W: Word>(field: &str, number: i32) -> Result<W, Problem> {
    let is_it = |wire: W::Wire| -> bool { wire.into() == number };
    let known = W::ALL.iter().find(|(_, wire)| is_it(*wire));
    known.map(|(word, _)| *word).ok_or_else(|| {
        let names: Vec<&str> = W::ALL.iter().map(|(_, wire)| W::name(*wire)).collect();
        Problem::invalid(field, "word", format!("must be one of {}", names.join(", ")))
    })
}

/// The number for a word; that of none where there is no such word.
pub(super) fn tell<W: Word + PartialEq>(word: W) -> i32 {
    let known = W::ALL.iter().find(|(known, _)| *known == word);
    known.map_or(0, |(_, wire)| (*wire).into())
}

pub(super) fn kind(kind: Kind) -> i32 {
    let kind = match kind {
        Kind::Event | Kind::FreeBusy => pb::Kind::Event,
        Kind::Todo => pb::Kind::Task,
        Kind::Journal => pb::Kind::Journal,
    };
    kind.into()
}

/// Kinds as REST calls them. A number that is none becomes a word that is none, and is refused for that.
pub(super) fn kinds_in(kinds: &[i32]) -> Option<Vec<String>> {
    let kind = |number: &i32| match pb::Kind::try_from(*number) {
        Ok(pb::Kind::Event) => "event".to_owned(),
        Ok(pb::Kind::Task) => "task".to_owned(),
        Ok(pb::Kind::Journal) => "journal".to_owned(),
        Ok(pb::Kind::Unspecified) | Err(_) => number.to_string(),
    };
    (!kinds.is_empty()).then(|| kinds.iter().map(kind).collect())
}
