//! The letter that says what a day brings.

use std::time::Duration;

use front::frame::Tongue;
use futures_util::future::BoxFuture;
use ical::zones::Zone;
use ical::{Answer, Happening, Status};
use jiff::ToSpan as _;
use jiff::civil::Date;
use kernel::{Moment, PersonId};
use post::words::tongue;
use post::{Body, Content, Kind, NotWritten, OnUnsure, Recipient, Wanted, Write};
use serde::{Deserialize, Serialize};
use store::StoreError;

use super::wording::{clock, date, day, titled};
use super::{WORDS, as_text, failed, for_its_reader, unwanted};
use crate::agenda::{Lasting, Shown, each};
use crate::service::{Calendars, Refused, Visitor};

pub const STREAM: &str = "calendar.daily";

/// Until midnight, which whoever asks says. Twice would be a nuisance, and tomorrow there is another one.
pub static DAILY: Kind = Kind::prompt(25, "calendar.daily", Duration::from_secs(24 * 3600))
    .stopped_as(STREAM)
    .when_unsure(OnUnsure::LetBe);

/// Lines of one letter; of more it is said how many they are.
const LINES_MAX: usize = 50;

/// What the letter is told: which day, and where. What that brings is looked up.
#[derive(Serialize, Deserialize)]
pub(crate) struct Told {
    #[serde(with = "as_text")]
    day: Date,
    zone: String,
}

impl Told {
    pub(crate) fn new(day: Date, zone: &str) -> Told {
        let zone = zone.to_owned();
        Told { day, zone }
    }

    fn zone(&self) -> Zone {
        Zone::iana(&self.zone).unwrap_or(Zone::UTC)
    }

    fn range(&self) -> (Moment, Moment) {
        let zone = self.zone();
        let midnight = |day: Date| Moment::from(zone.start_of(day));
        (midnight(self.day), midnight(self.day.saturating_add(1.day())))
    }

    pub(crate) fn as_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|error| StoreError::broken(error.to_string()))
    }
}

pub(crate) struct Writer(pub(crate) Calendars);

impl Write for Writer {
    fn write<'a>(
        &'a self,
        wanted: &'a Wanted,
        to: &'a Recipient,
    ) -> BoxFuture<'a, Result<Content, NotWritten>> {
        Box::pin(self.written(wanted, to))
    }
}

impl Writer {
    async fn written(&self, wanted: &Wanted, to: &Recipient) -> Result<Content, NotWritten> {
        for_its_reader(wanted)?;
        let told: Told = serde_json::from_str(&wanted.data).map_err(|error| failed(&error))?;
        let person = to
            .person
            .ok_or_else(|| failed("a daily letter is for a person"))?;
        let mut items = self.items(person, &told, to).await?;
        let (followed, holidays) = self.followed(person, &told, to).await?;
        items.extend(followed);
        // Nobody has to be told in the morning that they have nothing to do.
        if items.is_empty() {
            return Err(unwanted("the day is free"));
        }
        let zone = told.zone();
        items.sort_by(|one, other| one.order(&zone).cmp(&other.order(&zone)));
        let day = Day {
            day: told.day,
            zone: told.zone,
            holidays,
            items,
        };
        day.content(to, wanted.now).map_err(|error| failed(&error))
    }

    async fn items(&self, owner: PersonId, told: &Told, to: &Recipient) -> Result<Vec<Item>, NotWritten> {
        let (zone, range) = (told.zone(), told.range());
        let shard = self.0.store().shard_of(owner);
        let found = shard.read::<_, StoreError>(move |tx| {
            let calendars = crate::rows::calendars(tx, owner)?;
            let near = calendars
                .iter()
                .map(|calendar| crate::rows::near(tx, calendar.id, range));
            near.collect::<Result<Vec<_>, _>>()
        });
        let mut items = Vec::new();
        for object in found.await?.iter().flatten() {
            let found = each(object, range, &zone, |one| Some(Item::of(one, to)));
            items.extend(found.into_iter().flatten());
        }
        Ok(items)
    }

    /// What the day brings in what its reader follows, and which holidays it is.
    async fn followed(
        &self,
        owner: PersonId,
        told: &Told,
        to: &Recipient,
    ) -> Result<(Vec<Item>, Vec<String>), NotWritten> {
        let visitor = Visitor {
            id: owner,
            language: to.language,
            zone: told.zone.clone(),
        };
        let (mut items, mut holidays) = (Vec::new(), Vec::new());
        for one in self.0.subscriptions_for_sure(owner).await.map_err(unread)? {
            if !one.subscription.daily {
                continue;
            }
            let (mut shown, alone) = (Vec::new(), [&one]);
            let (range, zone) = (told.range(), told.zone());
            let added = self
                .0
                .add_followed(&mut shown, &visitor, &alone, range, &zone, "");
            match added.await {
                // A calendar elsewhere with too much in it keeps nothing else from its reader.
                Err(Refused::Reason(_)) => continue,
                // It is written later, with all that the day brings.
                Ok(Some(missing)) => return Err(missing.into()),
                added => added.map(|_| ()).map_err(unread)?,
            }
            match one.is_holidays() {
                true => holidays.extend(shown.into_iter().map(|day| day.title)),
                false => items.extend(shown.into_iter().filter_map(Item::seen)),
            }
        }
        holidays.dedup();
        Ok((items, holidays))
    }
}

fn unread(why: Refused) -> NotWritten {
    match why {
        Refused::Store(error) => error.into(),
        Refused::Reason(reason) => failed(&reason),
    }
}

/// What a day brings.
pub(super) struct Day {
    pub(super) day: Date,
    pub(super) zone: String,
    /// What they are called.
    pub(super) holidays: Vec<String>,
    pub(super) items: Vec<Item>,
}

/// One thing of it.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) title: String,
    pub(super) when: Lasting,
    pub(super) place: Option<String>,
}

impl Item {
    /// `None` for what its reader need not think of.
    fn of(one: &Happening<'_>, to: &Recipient) -> Option<Item> {
        let entry = one.entry;
        let is_off = matches!(entry.status, Some(Status::Cancelled | Status::Completed));
        let mine = entry.attendee(&to.email).map(|mine| mine.answer);
        if is_off || mine == Some(Answer::Declined) {
            return None;
        }
        let place = entry.location.as_deref().map(str::trim);
        Some(Item {
            title: entry.summary.as_deref().unwrap_or_default().to_owned(),
            when: Lasting::of(one),
            place: place.filter(|place| !place.is_empty()).map(str::to_owned),
        })
    }

    /// The same of what is only followed.
    fn seen(shown: Shown) -> Option<Item> {
        (!shown.is_cancelled).then_some(Item {
            title: shown.title,
            when: shown.when,
            place: shown.place.filter(|place| !place.trim().is_empty()),
        })
    }

    /// Whole days stand before what begins in them.
    fn order(&self, zone: &Zone) -> (Moment, bool, &str) {
        let (starts, is_time) = match self.when {
            Lasting::Days { first, .. } => (zone.start_of(first).into(), false),
            Lasting::Time { starts, .. } => (starts, true),
        };
        (starts, is_time, &self.title)
    }
}

impl Day {
    pub(super) fn content(&self, to: &Recipient, now: Moment) -> Result<Content, askama::Error> {
        let tongue = tongue(&WORDS, to).read_in(to.language, &self.zone);
        let title = day(&tongue, self.day, now);
        let count = self.items.len();
        let mut lines: Vec<String> = self
            .items
            .iter()
            .take(LINES_MAX)
            .map(|item| self.line(&tongue, item))
            .collect();
        let preview = lines.first().cloned().unwrap_or_default();
        if count > LINES_MAX {
            lines.push(
                tongue
                    .say("daily-more")
                    .with("count", count - LINES_MAX)
                    .to_string(),
            );
        }
        let lead = tongue.say("daily-lead").with("count", count).to_string();
        let mut body = Body::new().heading(title.clone());
        if !self.holidays.is_empty() {
            let names = self.holidays.join(", ");
            body = body.paragraph(tongue.say("daily-holidays").with("names", names).to_string());
        }
        let body = body.paragraph(lead).list(lines);
        let subject = tongue.say("daily-subject").with("day", title);
        Ok(Content {
            subject: subject.with("count", count).to_string(),
            preview,
            html: body.html()?,
            text: body.text()?,
            why: tongue.say("daily-why").to_string(),
            ..Content::default()
        })
    }

    /// "09:00–10:00 Rounds, Room 5".
    fn line(&self, tongue: &Tongue, item: &Item) -> String {
        let title = titled(tongue, &item.title);
        let what = match &item.place {
            Some(place) => tongue
                .say("daily-place")
                .with("title", title)
                .with("place", place)
                .to_string(),
            None => title,
        };
        let Lasting::Time { starts, ends } = item.when else {
            return tongue.say("daily-all-day").with("what", what).to_string();
        };
        let from = clock(tongue, starts);
        let begins = date(tongue, starts) == self.day;
        let last = date(tongue, ends.plus_micros(-1).max(starts));
        let said = match (begins, last == self.day) {
            (true, true) if starts == ends => tongue.say("daily-at").with("from", from),
            (true, true) => tongue
                .say("daily-hours")
                .with("from", from)
                .with("to", clock(tongue, ends)),
            (true, false) => tongue.say("daily-from").with("from", from),
            (false, true) => tongue.say("daily-until").with("to", clock(tongue, ends)),
            (false, false) => tongue.say("daily-all-day"),
        };
        said.with("what", what).to_string()
    }
}
