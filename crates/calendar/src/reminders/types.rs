//! How long before its events a calendar reminds of them.

use std::fmt;

/// Reminders that a calendar gives of each event.
pub const REMINDERS_MAX: usize = 5;
/// The longest time before an event that a calendar reminds of it: four weeks.
pub const REMINDER_MINUTES_MAX: u32 = 28 * 24 * 60;

/// Minutes before the start of an event, the earliest reminder first. None at all: the calendar reminds of nothing by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminders(Vec<u32>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be at most {REMINDERS_MAX} numbers of minutes, each from 0 to {REMINDER_MINUTES_MAX}")]
pub struct BadReminders;

impl Reminders {
    /// In any order; what stands twice is once.
    pub fn new(minutes: &[u32]) -> Result<Reminders, BadReminders> {
        let mut minutes = minutes.to_vec();
        minutes.sort_unstable_by_key(|minutes| std::cmp::Reverse(*minutes));
        minutes.dedup();
        let fits = minutes.len() <= REMINDERS_MAX && minutes.iter().all(|one| *one <= REMINDER_MINUTES_MAX);
        if fits {
            Ok(Reminders(minutes))
        } else {
            Err(BadReminders)
        }
    }

    /// Reminders that were checked before they were stored.
    pub fn stored(text: &str) -> Option<Reminders> {
        let minutes: Result<Vec<u32>, _> = text.split_whitespace().map(str::parse).collect();
        Reminders::new(&minutes.ok()?).ok()
    }

    pub fn minutes(&self) -> &[u32] {
        &self.0
    }
}

/// Some minutes before, so that one gets there, and at the start.
impl Default for Reminders {
    fn default() -> Reminders {
        Reminders(vec![10, 0])
    }
}

/// As they are stored.
impl fmt::Display for Reminders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&minutes.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reminders_are_kept_in_order_and_once_each() {
        let some = Reminders::new(&[0, 60, 10, 60]).unwrap();
        assert_eq!(some.minutes(), [60, 10, 0]);
        assert_eq!(Reminders::stored(&some.to_string()), Some(some));
        let none = Reminders::new(&[]).unwrap();
        assert_eq!(Reminders::stored(&none.to_string()), Some(none));
    }

    #[test]
    fn too_many_or_too_early_reminders_are_none() {
        assert_eq!(Reminders::new(&[1, 2, 3, 4, 5, 6]), Err(BadReminders));
        assert_eq!(Reminders::new(&[REMINDER_MINUTES_MAX + 1]), Err(BadReminders));
        assert_eq!(Reminders::new(&[1, 1, 2, 3, 4, 5]).unwrap().minutes().len(), 5);
    }
}
