//! What calendars have done later: who rings their timers, what their own changes lead to, and what is done again and again.

use std::path::PathBuf;
use std::time::Duration;

use bell::{Bell, Duty, Failed, Hear, Scope};
use futures_util::future::BoxFuture;
use kernel::{Id, PersonId};
use store::StoreError;
use store::outbox::Change;

use crate::service::Calendars;
use crate::sharing::groups;
use crate::{checking, daily, reminders, scheduling, sharing, subscriptions};

/// What is old may be an hour older.
const FORGETS: Duration = Duration::from_secs(3600);
/// Rules of zones change with the program or the machine, so mostly at the first round.
const RULES: Duration = Duration::from_secs(3600);
/// Fifty objects a server each time: a million are looked through in two weeks.
const CHECKS: Duration = Duration::from_secs(60);
/// Whoever answered by mail waits for nothing; whoever invites wants to know soon.
const READS: Duration = Duration::from_secs(10);
/// Who begins to follow a calendar elsewhere looks at the page in the meantime.
const FETCHES: Duration = Duration::from_secs(3);

impl Calendars {
    /// Hears what changes of calendars lead to. Every process of a house does, whatever it answers for.
    pub fn hearing(&self, bell: Bell) -> Bell {
        bell.hear(reminders::again::CHANGE, Again(self.clone()))
            .hear(scheduling::TOLD, Courier(self.clone()))
            .hear(sharing::SHARED, Sharer(self.clone()))
            .hear(sharing::ANSWERED, Answerer(self.clone()))
            .hear(groups::SHARED_WITH_GROUP, GroupSharer(self.clone()))
            .hear(groups::MEMBER, Members(self.clone()))
            .hear(subscriptions::CHANGE, Follower(self.clone()))
    }

    /// Has the bell do what calendars leave for later.
    pub fn later(&self, bell: Bell) -> Bell {
        checking::describe();
        let rounds = checking::Rounds::default();
        bell.ring(&reminders::NEXT, reminders::ring)
            .ring(&daily::NEXT, daily::ring)
            .duty(self.duty("calendar.forget", FORGETS, |calendars| async move {
                calendars.forget_old().await
            }))
            .duty(
                // Servers elsewhere answer when they like; who was asked is left alone for a while.
                self.duty("calendar.feeds", FETCHES, |calendars| async move {
                    calendars.fetch_due().await
                })
                .cut_off(),
            )
            .duty(self.duty("calendar.check", CHECKS, move |calendars| {
                let rounds = rounds.clone();
                async move { calendars.check_some(&rounds).await.map(drop) }
            }))
            .duty(self.duty("calendar.zones", RULES, |calendars| async move {
                calendars.follow_zone_rules().await
            }))
    }

    /// Has the bell take in what a mail server delivers for calendars into a Maildir.
    pub fn reading_mail(&self, bell: Bell, folder: PathBuf) -> Bell {
        let calendars = self.clone();
        bell.duty(Duty::new(
            "calendar.mail",
            READS,
            Scope::OncePerHouse,
            move || {
                let (calendars, folder) = (calendars.clone(), folder.clone());
                async move {
                    let looked = calendars.look_into_maildir(&folder).await;
                    looked.map_err(|trouble| {
                        let place = "mail to calendars cannot be taken out of its mailbox (calendar.maildir)";
                        Failed::because(format!("{place}: {trouble}"))
                    })
                }
            },
        ))
    }

    fn duty<F>(
        &self,
        name: &'static str,
        every: Duration,
        round: impl Fn(Calendars) -> F + Send + Sync + 'static,
    ) -> Duty
    where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let calendars = self.clone();
        Duty::new(name, every, Scope::OncePerHouse, move || {
            let round = round(calendars.clone());
            async move { Ok(round.await?) }
        })
    }
}

/// Works reminders out again after an edit of their calendar.
struct Again(Calendars);

impl Hear for Again {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let calendar: [u8; 16] = change
                .key
                .as_slice()
                .try_into()
                .map_err(|_| Failed::because("the change names no calendar"))?;
            let owner = PersonId(change.owner);
            Ok(self.0.remind_again(owner, Id::from_bytes(calendar)).await?)
        })
    }
}

/// Tells calendars elsewhere who follows them.
struct Follower(Calendars);

impl Hear for Follower {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let feed: [u8; 16] = change
                .key
                .as_slice()
                .try_into()
                .map_err(|_| Failed::because("the change names no calendar elsewhere"))?;
            let person = PersonId(change.owner);
            Ok(self.0.follow(person, Id::from_bytes(feed)).await?)
        })
    }
}

/// Brings participants what others told them.
struct Courier(Calendars);

impl Hear for Courier {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let delivered = self.0.deliver(change).await;
            delivered.map_err(|error| Failed::because(error.to_string()))
        })
    }
}

/// Has people know what others share with them.
struct Sharer(Calendars);

impl Hear for Sharer {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let followed = self.0.follow_share(change).await;
            followed.map_err(|error| Failed::because(error.to_string()))
        })
    }
}

/// Has people know what others said to what they share.
struct Answerer(Calendars);

impl Hear for Answerer {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let followed = self.0.follow_answer(change).await;
            followed.map_err(|error| Failed::because(error.to_string()))
        })
    }
}

/// Has groups know what is shared with them.
struct GroupSharer(Calendars);

impl Hear for GroupSharer {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let followed = self.0.follow_group_share(change).await;
            followed.map_err(|error| Failed::because(error.to_string()))
        })
    }
}

/// Has calendars know who is in the groups that they are shared with.
struct Members(Calendars);

impl Hear for Members {
    fn hear<'a>(&'a self, change: &'a Change) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let followed = self.0.follow_group_member(change).await;
            followed.map_err(|error| Failed::because(error.to_string()))
        })
    }
}
