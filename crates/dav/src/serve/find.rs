//! PROPFIND: what is there, and what is said of it.

use axum::response::Response;

use super::props::{Here, Live, Question, Resource};
use super::stop::Stop;
use super::tokens::{self, Seen};
use super::{ANSWER_BYTES_MAX, Call, Depth, PAGE};
use crate::answer::Multistatus;
use crate::library::{Calendar, Mark, Wanted};
use crate::place::{INBOX, Place};
use crate::request::propfind;
use crate::xml::{DAV, Name};

impl Call<'_> {
    /// Nobody needs everything at once: without a depth the members are meant, and all there is only where that is the same.
    pub(super) async fn find(&self) -> Result<Response, Stop> {
        let question = Question::new(propfind(&self.body)?, self.brief());
        let depth = self.depth()?;
        let ends_here = matches!(
            self.place,
            Place::Principal(_) | Place::Calendar(..) | Place::Object(..)
        );
        if depth == Depth::Infinity && !ends_here {
            let words = "Ask with Depth: 0 or 1.";
            return Err(Stop::dav("propfind-finite-depth", words));
        }
        let mut out = Multistatus::new();
        self.list(&question, depth != Depth::Zero, &mut out).await?;
        Ok(self.multistatus(out))
    }

    async fn list(&self, question: &Question, members: bool, out: &mut Multistatus) -> Result<(), Stop> {
        let person = self.who.id;
        let mut here = Here::of(self.who);
        let mut say = |place: &Place, resource: Resource<'_>, here: &Here| {
            out.response(&place.href(), |answer| question.answer(resource, here, answer));
        };
        match &self.place {
            Place::Top => say(&Place::Top, Resource::Shelf, &here),
            Place::Root => {
                say(&Place::Root, Resource::Shelf, &here);
                if members {
                    say(&Place::Principals, Resource::Shelf, &here);
                    say(&Place::Homes, Resource::Shelf, &here);
                }
            }
            Place::Principals => {
                say(&self.place, Resource::Shelf, &here);
                if members {
                    let principal = self.principal().await?;
                    say(&Place::Principal(person), Resource::Principal(&principal), &here);
                }
            }
            Place::Principal(_) => {
                let principal = self.principal().await?;
                say(&self.place, Resource::Principal(&principal), &here);
            }
            Place::Homes | Place::Home(_) => {
                let calendars = self.library.calendars(self.who).await?;
                here.home_token = Some(home_token(person, &calendars));
                if self.place == Place::Homes {
                    say(&Place::Homes, Resource::Shelf, &here);
                }
                if members || self.place != Place::Homes {
                    say(&Place::Home(person), Resource::Home, &here);
                }
                if members && self.place != Place::Homes {
                    for calendar in &calendars {
                        let place = Place::Calendar(person, calendar.name.clone());
                        say(&place, Resource::Calendar(calendar), &here);
                    }
                    let inbox = self.calendar(INBOX).await?;
                    let place = Place::Calendar(person, INBOX.to_owned());
                    say(&place, Resource::Calendar(&inbox), &here);
                    say(&Place::Outbox(person), Resource::Outbox, &here);
                }
            }
            Place::Outbox(_) => say(&self.place, Resource::Outbox, &here),
            Place::Calendar(_, name) => {
                let calendar = self.calendar(name).await?;
                say(&self.place, Resource::Calendar(&calendar), &here);
                if members {
                    self.list_objects(question, &calendar, &here, out).await?;
                }
            }
            Place::Object(_, calendar, name) => {
                let calendar = self.calendar(calendar).await?;
                let object = self.object(&calendar, name, false).await?;
                say(&self.place, Resource::Object(&calendar, &object, None), &here);
            }
        }
        Ok(())
    }

    async fn list_objects(
        &self,
        question: &Question,
        calendar: &Calendar,
        here: &Here,
        out: &mut Multistatus,
    ) -> Result<(), Stop> {
        let mut href = self.place.href();
        let begin = href.len();
        let mut after: Option<String> = None;
        loop {
            let wanted = Wanted::After(after.as_deref(), PAGE);
            let page = self.library.objects(self.who, calendar, wanted, false).await?;
            for object in &page {
                href.truncate(begin);
                crate::place::encode(&object.name, &mut href);
                let resource = Resource::Object(calendar, object, None);
                out.response(&href, |answer| question.answer(resource, here, answer));
            }
            if out.bytes() > ANSWER_BYTES_MAX {
                out.status(&self.place.href(), 507, Some(&WITHIN_LIMITS));
                return Ok(());
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.name.clone()),
                _ => return Ok(()),
            }
        }
    }

    /// What a resource says of itself, for those who only know where it is.
    pub(super) async fn describe(
        &self,
        place: &Place,
        question: &Question,
        write: &mut (dyn FnMut(Resource<'_>, &Here) + Send),
    ) -> Result<(), Stop> {
        let mut here = Here::of(self.who);
        match place {
            Place::Top | Place::Root | Place::Principals | Place::Homes => write(Resource::Shelf, &here),
            Place::Principal(_) => write(Resource::Principal(&self.principal().await?), &here),
            Place::Home(person) => {
                if question.asks(Live::SyncToken) || question.asks(Live::CTag) {
                    let calendars = self.library.calendars(self.who).await?;
                    here.home_token = Some(home_token(*person, &calendars));
                }
                write(Resource::Home, &here);
            }
            Place::Outbox(_) => write(Resource::Outbox, &here),
            Place::Calendar(_, name) => write(Resource::Calendar(&self.calendar(name).await?), &here),
            Place::Object(_, calendar, name) => {
                let calendar = self.calendar(calendar).await?;
                let object = self.object(&calendar, name, false).await?;
                write(Resource::Object(&calendar, &object, None), &here);
            }
        }
        Ok(())
    }
}

pub(super) const WITHIN_LIMITS: Name = Name::new(DAV, "number-of-matches-within-limits");

pub(super) fn home_token(person: kernel::PersonId, calendars: &[Calendar]) -> String {
    let seen: Vec<Seen> = calendars
        .iter()
        .map(|one| Seen::new(one, Mark::at(one.changes)))
        .collect();
    tokens::of_home(person, &seen)
}
