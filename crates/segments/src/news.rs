//! Who is told that the flags of a person may have changed.
//!
//! A listener costs an entry in a table and no task: a change of the rules wakes all of them, a change of a person only
//! those who listen for that person, and the store is asked by nobody. What is told is never what changed but only that
//! something did; whoever is woken looks at memory, so that being woken twice or for nothing does no harm.
//!
//! Flags also change by themselves, at the instants of steps and ends of rules. One task of each instance waits for the
//! next of those and tells of it as if somebody had changed the rules.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kernel::PersonId;
use metrics::{Gauge, gauge};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::service::Segments;

/// Listeners of one person: devices and open tabs. An address that got around cannot take the places of others.
const OF_ONE_MAX: usize = 64;
/// Listeners of one instance. With a connection of HTTP/1.1 each takes 26 kB, so a few gigabytes are the end.
const ALL_MAX: usize = 100_000;
/// The system's clock may be set while somebody waits for an instant, so it is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Tells listeners of this instance.
pub(crate) struct News {
    /// True when nothing more will be told.
    rules: watch::Sender<bool>,
    people: Mutex<HashMap<PersonId, watch::Sender<()>>>,
    listening: Gauge,
}

/// Why somebody may not listen now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// Too many listen for this person.
    OfOne,
    /// Too many listen here.
    Anywhere,
}

impl News {
    pub(crate) fn new() -> Arc<News> {
        Arc::new(News {
            rules: watch::Sender::new(false),
            people: Mutex::default(),
            listening: gauge!("townhall_segments_listeners"),
        })
    }

    /// The rules changed, or what is known of many people.
    pub(crate) fn of_everybody(&self) {
        self.rules.send_modify(|_| ());
    }

    pub(crate) fn of_person(&self, person: PersonId) {
        if let Some(listened) = self.people.lock().get(&person) {
            listened.send_replace(());
        }
    }

    /// Lets go of everybody: the house closes.
    pub(crate) fn end(&self) {
        self.rules.send_replace(true);
    }

    pub(crate) fn listen(self: &Arc<News>, person: PersonId) -> Result<Listener, NoPlace> {
        if self.rules.receiver_count() >= ALL_MAX {
            return Err(NoPlace::Anywhere);
        }
        let mut people = self.people.lock();
        let listened = people.entry(person).or_default();
        if listened.receiver_count() >= OF_ONE_MAX {
            return Err(NoPlace::OfOne);
        }
        self.listening.increment(1.0);
        Ok(Listener {
            about: listened.subscribe(),
            rules: self.rules.subscribe(),
            news: Arc::clone(self),
            person,
        })
    }
}

/// Somebody who wants to know when the flags of a person may have changed.
pub(crate) struct Listener {
    rules: watch::Receiver<bool>,
    about: watch::Receiver<()>,
    news: Arc<News>,
    person: PersonId,
}

impl Listener {
    /// Waits until something changed since the last time, or since the listening began. False when nothing more will.
    pub(crate) async fn hears(&mut self) -> bool {
        let is_over = *self.rules.borrow();
        if is_over {
            return false;
        }
        let heard = tokio::select! {
            heard = self.rules.changed() => heard,
            heard = self.about.changed() => heard,
        };
        heard.is_ok() && !*self.rules.borrow()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.news.listening.decrement(1.0);
        let mut people = self.news.people.lock();
        // Our own receiver is dropped after this.
        if people
            .get(&self.person)
            .is_some_and(|listened| listened.receiver_count() <= 1)
        {
            people.remove(&self.person);
        }
    }
}

impl Segments {
    /// Tells of what changes by itself, for ever.
    pub(crate) async fn tell_in_time(&self) {
        let mut rules = self.0.news.rules.subscribe();
        loop {
            rules.mark_unchanged();
            let now = self.0.clock.now();
            // Rules whose time has come are made anew by this.
            let Some(until) = self.shelf(now).book.right_until() else {
                if rules.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let left = u64::try_from(until.micros_since(now)).unwrap_or(0);
            tokio::select! {
                () = tokio::time::sleep(Duration::from_micros(left).min(LOOK_AGAIN)) => {
                    if self.0.clock.now() >= until {
                        self.0.news.of_everybody();
                    }
                }
                changed = rules.changed() => if changed.is_err() { return },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Id;

    use super::*;

    fn person(number: u8) -> PersonId {
        PersonId(Id::from_bytes([number; 16]))
    }

    /// Whether something was told already.
    async fn heard(listener: &mut Listener) -> Option<bool> {
        tokio::time::timeout(Duration::from_millis(20), listener.hears())
            .await
            .ok()
    }

    #[tokio::test]
    async fn a_change_of_the_rules_is_for_all_and_a_change_of_a_person_for_those_who_asked() {
        let news = News::new();
        let mut one = news.listen(person(1)).unwrap();
        let mut same = news.listen(person(1)).unwrap();
        let mut other = news.listen(person(2)).unwrap();
        assert_eq!(heard(&mut one).await, None, "nothing has happened");
        news.of_person(person(1));
        assert_eq!(heard(&mut one).await, Some(true));
        assert_eq!(heard(&mut same).await, Some(true));
        assert_eq!(heard(&mut other).await, None);
        assert_eq!(heard(&mut one).await, None, "once is once");
        news.of_everybody();
        for listener in [&mut one, &mut same, &mut other] {
            assert_eq!(heard(listener).await, Some(true));
        }
    }

    #[tokio::test]
    async fn those_who_left_are_forgotten_and_those_who_stay_are_not() {
        let news = News::new();
        let one = news.listen(person(1)).unwrap();
        let mut same = news.listen(person(1)).unwrap();
        drop(one);
        news.of_person(person(1));
        assert_eq!(heard(&mut same).await, Some(true));
        drop(same);
        assert!(news.people.lock().is_empty());
        assert_eq!(news.rules.receiver_count(), 0);
    }

    #[tokio::test]
    async fn one_person_does_not_take_everybodys_place_and_the_end_is_told_to_all() {
        let news = News::new();
        let mut listeners: Vec<Listener> = (0..OF_ONE_MAX).map(|_| news.listen(person(1)).unwrap()).collect();
        assert_eq!(news.listen(person(1)).err(), Some(NoPlace::OfOne));
        let mut other = news.listen(person(2)).unwrap();
        news.end();
        for listener in &mut listeners {
            assert_eq!(heard(listener).await, Some(false));
        }
        assert_eq!(heard(&mut other).await, Some(false));
        assert_eq!(heard(&mut other).await, Some(false), "and it stays over");
        let mut late = news.listen(person(3)).unwrap();
        assert_eq!(
            heard(&mut late).await,
            Some(false),
            "nobody waits in a closed house"
        );
    }
}
