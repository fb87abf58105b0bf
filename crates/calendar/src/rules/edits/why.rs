//! Why something happens at a time, or does not: one answer for whoever expected something else.

use ical::recurrence::{Missing, Moment, Why};
use ical::zones::{Shows, Zone};
use jiff::civil::DateTime;

use super::times::times_of;
use super::{Scene, open};
use crate::types::Reason;

/// Why something is there, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explained {
    /// It happens once, at this time.
    Once,
    /// It happens once, at another time.
    OnceElsewhere(DateTime),
    /// The series starts with it.
    Start,
    Rule(String),
    /// It is a date beside the rules.
    Addition,
    /// It was changed for itself.
    Changed,
    /// It was moved here from another time.
    MovedHere(DateTime),
    /// It was moved away to another time.
    MovedAway(DateTime),
    ExceptedByDate,
    ExceptedByRule(String),
    /// Each rule, and why it does not give this time.
    NotGiven(Vec<(String, Missing)>),
}

impl Explained {
    pub fn is_there(&self) -> bool {
        use Explained::{Addition, Changed, MovedHere, Once, Rule, Start};
        matches!(self, Once | Start | Rule(_) | Addition | Changed | MovedHere(_))
    }
}

/// Why something is there or is not, and what clocks do with its time. `at` is local time where the event takes place.
pub fn explain(text: &str, at: DateTime) -> Result<(Explained, Shows), Reason> {
    open(text, |scene| Ok((scene.explain(at)?, scene.shows(at))))
}

impl Scene<'_> {
    /// Days and what floats are at any time of any clock.
    fn shows(&self, at: DateTime) -> Shows {
        let start = self.object.entries().find_map(|entry| entry.start.as_ref());
        match start.map(|start| self.timing.zones.moment(start)) {
            Some(Moment::Time(_, zone)) => zone.shows(at),
            _ => Shows::Once,
        }
    }

    fn explain(&self, at: DateTime) -> Result<Explained, Reason> {
        let overrides = self.object.overrides.iter().map(|entry| {
            let start = entry.start.as_ref().map(|start| self.local(start));
            (self.id_of(entry), start)
        });
        let overrides: Vec<_> = overrides.collect();
        if let Some((_, start)) = overrides.iter().find(|(id, _)| *id == Some(at)) {
            let moved = start.filter(|start| *start != at);
            return Ok(moved.map_or(Explained::Changed, Explained::MovedAway));
        }
        if let Some((Some(id), _)) = overrides.iter().find(|(_, start)| *start == Some(at)) {
            return Ok(Explained::MovedHere(*id));
        }
        let master = self.master()?;
        let Some(series) = self.timing.series() else {
            let times = times_of(master, &self.timing.zones, None);
            let starts = times.map_or(DateTime::MIN, |times| times.starts());
            return Ok(if starts == at {
                Explained::Once
            } else {
                Explained::OnceElsewhere(starts)
            });
        };
        let moment = match &series.pattern().start {
            Moment::Date(_) => Moment::Date(at.date()),
            Moment::Time(_, zone) => Moment::Time(at, zone.clone()),
        };
        let rule = |index: usize| {
            master
                .rrules
                .get(index)
                .map(|rule| (*rule).to_owned())
                .unwrap_or_default()
        };
        let except = |index: usize| master.exrules.get(index).map(|rule| (*rule).to_owned());
        Ok(match series.why(&moment, &Zone::UTC) {
            Why::Start => Explained::Start,
            Why::Rule(index) => Explained::Rule(rule(index)),
            Why::Extra(_) => Explained::Addition,
            Why::ExceptedByDate(_) => Explained::ExceptedByDate,
            Why::ExceptedByRule(index) => Explained::ExceptedByRule(except(index).unwrap_or_default()),
            Why::NotGiven(missing) => {
                let missing = missing
                    .into_iter()
                    .enumerate()
                    .map(|(index, why)| (rule(index), why));
                Explained::NotGiven(missing.collect())
            }
        })
    }
}
