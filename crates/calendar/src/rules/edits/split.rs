//! This and following: a series is cut in two at an instance, and the second part is one of its own.
//!
//! Both parts name each other (RELATED-TO), guests keep their answers, and what was changed for single instances goes to the
//! part that they lie in.

use ical::recurrence::Rule;
use ical::zones::Zone;
use ical::{Component, Property, Recurs, When, read_dates, read_rdates};
use jiff::civil::DateTime;

use super::series::with_rules;
use super::times::{TimesWish, times_of};
use super::wish::Wish;
use super::{
    Aim, Edited, Pen, Scene, bring_zone, entries, is_override, master_place, no_instance, nth_override, open,
    stamp,
};
use crate::rules::again::of_another;
use crate::types::Reason;

impl Scene<'_> {
    pub(super) fn change_following(&self, aim: Aim, wish: &Wish, pen: &Pen) -> Result<Edited, Reason> {
        let local = aim.instance.ok_or_else(no_instance)?;
        if self.is_first(local)? {
            return self.change_all(aim.instance, wish, pen);
        }
        let (first, second) = self.cut(local, pen)?;
        let moved = self.moved_by_future(local)?;
        let second = open(&second.write(), |scene| scene.change_all(None, &moved, pen))?;
        let by_future = second.renamed;
        let second = second.text.unwrap_or_default();
        let second = open(&second, |scene| {
            let start = scene.master()?.start.as_ref().map(When::local);
            scene.change_all(start.filter(|_| scene.timing.recurs()), wish, pen)
        })?;
        let seconds: i64 = by_future
            .iter()
            .chain(&second.renamed)
            .map(|(_, seconds)| seconds)
            .sum();
        Ok(Edited {
            text: Some(first.write()),
            split: second.text,
            renamed: (seconds != 0).then_some((local, seconds)),
        })
    }

    pub(super) fn delete_following(&self, aim: Aim, pen: &Pen) -> Result<Edited, Reason> {
        let local = aim.instance.ok_or_else(no_instance)?;
        if self.is_first(local)? {
            return Ok(Edited::nothing());
        }
        let (mut first, _) = self.cut(local, pen)?;
        let at = master_place(&first);
        // Nothing comes after it that it could name.
        let related = |property: &Property<'_>| property.is("RELATED-TO") && property.as_text() == pen.uid;
        first.components[at]
            .properties
            .retain(|property| !related(property));
        Ok(Edited::whole(&first))
    }

    /// Whether the series has nothing before an instance.
    fn is_first(&self, local: DateTime) -> Result<bool, Reason> {
        self.master()?;
        let series = self.timing.series().ok_or_else(no_instance)?;
        let instance = self.instance(local).ok_or_else(|| {
            Reason::field(
                "instance",
                "is one that stands alone, outside of the rule: change this one",
            )
        })?;
        Ok(series.count_before(instance.instant(), &Zone::UTC, 1) == 0)
    }

    /// How far a THISANDFUTURE moved what follows it.
    fn moved_by_future(&self, local: DateTime) -> Result<Wish, Reason> {
        let seat = self.seat(local)?;
        let mut wish = Wish::default();
        if let (None, Some(_)) = (seat.own, seat.follows) {
            wish.times = TimesWish::all(&seat.times);
        }
        Ok(wish)
    }

    fn cut(&self, local: DateTime, pen: &Pen) -> Result<(Component<'static>, Component<'static>), Reason> {
        let series = self.timing.series().ok_or_else(no_instance)?;
        let instance = self.instance(local).ok_or_else(no_instance)?;
        let split = series
            .split(&instance, &Zone::UTC)
            .map_err(|error| Reason::field("instance", error))?;
        let seat = self.seat(local)?;
        let early = |when: &When<'_>| {
            let at = self.local(when);
            if when.is_date() {
                at.date() < local.date()
            } else {
                at < local
            }
        };
        let mut first = self.tree();
        let place = master_place(&first);
        let rules = (texts(&split.before.rules), texts(&split.before.except_rules));
        first.components[place] = part(&first.components[place], &rules, early);
        relate(&mut first.components[place], &pen.uid);
        stamp(&mut first.components[place], pen, true);
        self.keep_overrides(&mut first, |id| id < local);

        let mut second = self.tree();
        let rules = (texts(&split.from.rules), texts(&split.from.except_rules));
        let mut master = part(&second.components[place], &rules, |when| !early(when));
        if let (None, Some(at)) = (seat.own, seat.follows) {
            master = like(&second.components[nth_override(&second, at)], &master);
        }
        let own = self.master()?;
        if let Some(times) = times_of(own, &self.timing.zones, Some(local)) {
            bring_zone(&mut second, &times);
            times.write_to(&mut master, true);
        }
        relate(&mut master, &self.object.uid);
        let place = master_place(&second);
        second.components[place] = master;
        self.keep_overrides(&mut second, |id| id >= local);
        for entry in entries(&mut second) {
            entry.set_text("UID", Some(&pen.uid));
            entry.set_value("SEQUENCE", Some("0"));
            of_another(entry);
            stamp(entry, pen, false);
        }
        let place = master_place(&second);
        second.components[place].set_when("CREATED", Some(&When::Utc(pen.at)));
        Ok((first, second))
    }

    fn keep_overrides(&self, tree: &mut Component<'static>, keep: impl Fn(DateTime) -> bool) {
        let ids: Vec<_> = self
            .object
            .overrides
            .iter()
            .map(|entry| self.id_of(entry))
            .collect();
        let mut nth = 0;
        tree.components.retain(|component| {
            if !is_override(component) {
                return true;
            }
            nth += 1;
            ids.get(nth - 1).copied().flatten().is_none_or(&keep)
        });
    }
}

fn texts(rules: &[Rule]) -> Vec<String> {
    rules.iter().map(ToString::to_string).collect()
}

/// A series with other rules, and those of its dates and exceptions that are of this part.
fn part(
    of: &Component<'static>,
    (rules, except): &(Vec<String>, Vec<String>),
    is_of_it: impl Fn(&When<'_>) -> bool,
) -> Component<'static> {
    let mut after = with_rules(&with_rules(of, "RRULE", rules), "EXRULE", except);
    let exceptions = of
        .all("EXDATE")
        .filter_map(|property| read_dates(property).ok())
        .flatten();
    let exceptions: Vec<When<'static>> = exceptions.filter(&is_of_it).map(When::into_owned).collect();
    after.set_exdates(&exceptions);
    let extras = of
        .all("RDATE")
        .filter_map(|property| read_rdates(property).ok())
        .flatten();
    let extras: Vec<Recurs<'_>> = extras
        .filter(|extra| match extra {
            Recurs::At(when) => is_of_it(when),
            Recurs::During(period) => is_of_it(&period.start),
        })
        .collect();
    after.set_rdates(&extras);
    after.into_owned()
}

/// What an override says, as a series: with the rules of `series`.
fn like(own: &Component<'static>, series: &Component<'static>) -> Component<'static> {
    let mut after = own.clone();
    after.remove("RECURRENCE-ID");
    for name in ["RRULE", "EXRULE", "RDATE", "EXDATE"] {
        after.properties.extend(series.all(name).cloned());
    }
    after
}

/// Names the other part, beside whatever else it is related to.
fn relate(entry: &mut Component<'static>, uid: &str) {
    if !entry.all("RELATED-TO").any(|property| property.as_text() == uid) {
        entry.add(Property::text("RELATED-TO", uid).with("RELTYPE", "SIBLING"));
    }
}
