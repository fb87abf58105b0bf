//! REPORT sync-collection (RFC 6578): what changed since somebody looked, in one calendar or in all.
//!
//! What is kept true: whoever follows the tokens hears of every member, whatever the limits are. An answer ends at a number,
//! not at a count; its token is that number, and 507 says that there is more.

use axum::response::Response;

use super::find::{WITHIN_LIMITS, home_token};
use super::props::{Here, Live, Question, Resource};
use super::query::Shelf;
use super::stop::Stop;
use super::tokens::{self, Seen};
use super::{ANSWER_BYTES_MAX, Call, PAGE};
use crate::answer::Multistatus;
use crate::library::{Calendar, Changed, Denied, Mark, Object, Wanted};
use crate::place::Place;
use crate::report::Sync;

/// Members of one answer where the client sets no limit: more than calendars have.
const CHANGES_MAX: usize = 50_000;

/// How far an answer goes.
struct Reached {
    told: usize,
    mark: Mark,
    complete: bool,
}

impl Call<'_> {
    pub(super) async fn sync(&self, sync: Sync) -> Result<Response, Stop> {
        let limit = sync.limit.and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.unwrap_or(CHANGES_MAX).min(CHANGES_MAX);
        let question = Question::new(sync.props, self.brief());
        let mut out = Multistatus::new();
        match &self.place {
            Place::Calendar(_, name) => {
                let calendar = self.calendar(name).await?;
                let since = match sync.token.as_str() {
                    "" => Mark::first(&calendar),
                    token => tokens::read(token, &calendar).ok_or(Denied::TooOld)?,
                };
                let reached = self
                    .sync_one(&question, &calendar, since, limit, &mut out)
                    .await?;
                if !reached.complete {
                    out.status(&self.place.href(), 507, Some(&WITHIN_LIMITS));
                }
                out.sync_token(&tokens::of_calendar(&calendar, reached.mark));
            }
            Place::Home(_) => {
                self.sync_home(&question, &sync.token, sync.deep, limit, &mut out)
                    .await?;
            }
            _ => return Err(Stop::dav("supported-report", "This is asked of calendars.")),
        }
        Ok(self.multistatus(out))
    }

    /// What changed in one calendar, up to a limit.
    async fn sync_one(
        &self,
        question: &Question,
        calendar: &Calendar,
        since: Mark,
        limit: usize,
        out: &mut Multistatus,
    ) -> Result<Reached, Stop> {
        let (mut mark, mut told) = (since, 0);
        let shelf = self.shelf(calendar);
        loop {
            let page = (limit - told).min(PAGE);
            let changes = self.library.changes(self.who, calendar, mark, page).await?;
            let texts = question.asks(Live::Data);
            let unknown = changes.changed.iter();
            let unknown = unknown.filter(|one| !one.deleted && (texts || one.object.is_none()));
            let mut names: Vec<&str> = unknown.map(|one| one.name.as_str()).collect();
            names.sort_unstable();
            let wanted = Wanted::Named(&names);
            let objects = match names.is_empty() {
                true => Vec::new(),
                false => self.library.objects(self.who, calendar, wanted, texts).await?,
            };
            for one in &changes.changed {
                self.tell_change(question, &shelf, one, &objects, out)?;
            }
            told += changes.changed.len();
            mark = mark.reached(changes.reached);
            let ended = changes.complete || changes.changed.is_empty();
            if ended || told >= limit || out.bytes() > ANSWER_BYTES_MAX {
                let complete = changes.complete;
                let mark = if complete { Mark::at(mark.after) } else { mark };
                return Ok(Reached { told, mark, complete });
            }
        }
    }

    /// `objects` are those that were looked up. What was deleted a moment ago is told next time, when it stands among the changes.
    fn tell_change(
        &self,
        question: &Question,
        shelf: &Shelf<'_>,
        one: &Changed,
        objects: &[Object],
        out: &mut Multistatus,
    ) -> Result<(), Stop> {
        if one.deleted {
            out.status(&shelf.href_of(&one.name), 404, None);
            return Ok(());
        }
        let known = one.object.as_ref().filter(|_| !question.asks(Live::Data));
        let looked_up = || {
            let at = objects.binary_search_by(|object| object.name.cmp(&one.name));
            at.ok().and_then(|at| objects.get(at))
        };
        match known.or_else(looked_up) {
            Some(object) => self.tell(question, shelf, object, &shelf.zone, out),
            None => Ok(()),
        }
    }

    /// Calendars that came, went or changed, and what changed in them if that is asked for.
    async fn sync_home(
        &self,
        question: &Question,
        token: &str,
        deep: bool,
        limit: usize,
        out: &mut Multistatus,
    ) -> Result<(), Stop> {
        let person = self.who.id;
        let calendars = self.library.calendars(self.who).await?;
        let before = match token {
            "" => Vec::new(),
            token => tokens::seen_of(token, person).ok_or(Denied::TooOld)?,
        };
        let mut here = Here::of(self.who);
        here.home_token = Some(home_token(person, &calendars));
        let (mut seen, mut left, mut complete) = (Vec::new(), limit, true);
        let href = |name: &str| Place::Calendar(person, name.to_owned()).href();
        let is_there = |one: &Seen| calendars.iter().any(|there| there.name == one.name);
        for gone in before.iter().filter(|one| !is_there(one)) {
            if left == 0 {
                complete = false;
                seen.push(gone.clone());
            } else {
                out.status(&href(&gone.name), 404, None);
                left -= 1;
            }
        }
        for calendar in &calendars {
            let known = before.iter().find(|one| one.is_of(calendar));
            if known.is_some_and(|known| known.is_all(calendar)) {
                seen.extend(known.cloned());
                continue;
            }
            // With a calendar comes something of what is in it, so that a small limit gets on, too.
            if left < if deep { 2 } else { 1 } && limit > left {
                complete = false;
                seen.extend(known.cloned());
                continue;
            }
            out.response(&href(&calendar.name), |answer| {
                question.answer(Resource::Calendar(calendar), &here, answer);
            });
            left = left.saturating_sub(1);
            let mut mark = Mark::at(calendar.changes);
            if deep {
                let since = known.map_or_else(|| Mark::first(calendar), |known| known.mark);
                let reached = self.sync_one(question, calendar, since, left.max(1), out).await?;
                left = left.saturating_sub(reached.told);
                complete &= reached.complete;
                mark = reached.mark;
            }
            seen.push(Seen::new(calendar, mark));
        }
        if !complete {
            out.status(&self.place.href(), 507, Some(&WITHIN_LIMITS));
        }
        out.sync_token(&tokens::of_home(person, &seen));
        Ok(())
    }
}
