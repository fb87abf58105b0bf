//! All of a series: its start and everything that hangs on it move together.

use ical::recurrence::{Bound, Pattern, Rule, Until};
use ical::zones::Zone;
use ical::{Component, Property, Recurs, When, Zones, dates_properties, read_dates, read_rdates};
use jiff::civil::{DateTime, Time};

use super::times::{Form, Times, plus, seconds_from, times_of};
use super::wish::Wish;
use super::{Edited, Pen, Scene, bring_zone, is_override, master_place, nth_override, open, stamp};
use crate::types::Reason;

/// How a series moves: so far by the clock, and what its times are written as after that.
struct Move {
    seconds: i64,
    before: Form,
    after: Form,
}

impl Move {
    fn local(&self, local: DateTime) -> DateTime {
        plus(local, self.seconds)
    }

    fn is_none(&self) -> bool {
        self.seconds == 0 && self.before == self.after
    }

    fn when(&self, when: &When<'_>, zones: &Zones) -> When<'static> {
        if when.is_date() && self.after != Form::Days && self.before != Form::Days {
            // A whole day of a series of times.
            return When::Date(self.local(when.local()).date());
        }
        self.after.when(self.local(self.before.local(when, zones)))
    }
}

impl Scene<'_> {
    /// Changes everything. Times are about `instance`, if there is one, and everything else moves as far as it.
    pub(super) fn change_all(
        &self,
        instance: Option<DateTime>,
        wish: &Wish,
        pen: &Pen,
    ) -> Result<Edited, Reason> {
        let master = self.master()?;
        let zones = &self.timing.zones;
        let own = times_of(master, zones, None);
        let looked_at = match instance {
            Some(instance) if self.timing.recurs() => Some(self.seat(instance)?.times),
            _ => own.clone(),
        };
        let mut tree = self.tree();
        let mut how = Move {
            seconds: 0,
            before: self.form(),
            after: self.form(),
        };
        let mut length = None;
        if !wish.times.is_empty() {
            let wanted = match &looked_at {
                Some(times) => times.changed(&wish.times, &pen.zone)?,
                None => Times::new(&wish.times, &pen.zone)?,
            };
            bring_zone(&mut tree, &wanted);
            let seen = looked_at.as_ref().unwrap_or(&wanted);
            how.seconds = seconds_from(seen.starts(), wanted.starts());
            how.after = Form::of_when(&form_of(&wanted));
            length = Some((wanted.clone(), wanted.seconds() == seen.seconds()));
        }
        let place = master_place(&tree);
        let before = tree.components[place].clone();
        if let Some((wanted, length_stays)) = &length {
            let moved = match &own {
                Some(own) => placed(wanted, how.local(own.starts())),
                None => wanted.clone(),
            };
            let stays = *length_stays && how.before == how.after;
            let moved = if stays {
                own.as_ref().map_or(moved, |own| own.moved(how.seconds))
            } else {
                moved
            };
            moved.write_to(&mut tree.components[place], stays);
        }
        self.put_recurrence(&mut tree.components[place], wish, &how, pen)?;
        wish.put_into(&mut tree.components[place]);
        stamp(&mut tree.components[place], pen, wish.is_of_time());
        self.carry_overrides(&mut tree, wish, &how, (&before, pen))?;
        Ok(Edited {
            renamed: (how.seconds != 0).then_some((DateTime::MIN, how.seconds)),
            ..Edited::whole(&tree)
        })
    }

    fn put_recurrence(
        &self,
        master: &mut Component<'static>,
        wish: &Wish,
        how: &Move,
        pen: &Pen,
    ) -> Result<(), Reason> {
        match &wish.recurrence {
            Some(None) => {
                for name in ["RRULE", "EXRULE", "RDATE", "EXDATE"] {
                    master.remove(name);
                }
                return Ok(());
            }
            Some(Some(rule)) => {
                let zone = match &how.after {
                    Form::Zoned(name) => Zone::named(name).unwrap_or(Zone::UTC),
                    _ => Zone::UTC,
                };
                let rule = ended(rule, &how.after, &zone).to_string();
                let written: Vec<&str> = master.all("RRULE").map(Property::value).collect();
                if written != [rule.as_str()] {
                    master.clone_from(&with_rules(master, "RRULE", &[rule]));
                }
            }
            None => {}
        }
        if how.is_none() {
            return Ok(());
        }
        if wish.recurrence.is_none()
            && let Some(series) = self.timing.series()
        {
            // Into other forms only the day counts: by the clock, rules say nothing of a day.
            let start = self.own_start()?;
            let to = if (how.before == Form::Days) == (how.after == Form::Days) {
                how.local(start)
            } else {
                how.local(start).date().to_datetime(start.time())
            };
            let moved = series.moved(to).map_err(|error| Reason::field("starts", error))?;
            let (rules, except) = self.rules_after(&moved, how, pen);
            master.clone_from(&with_rules(master, "RRULE", &rules));
            master.clone_from(&with_rules(master, "EXRULE", &except));
        }
        move_dates(master, how, &self.timing.zones);
        Ok(())
    }

    fn own_start(&self) -> Result<DateTime, Reason> {
        let start = self.master()?.start.as_ref();
        Ok(start.map_or(DateTime::MIN, When::local))
    }

    /// Rules that were moved, with ends of the kind that the series has after it.
    fn rules_after(&self, moved: &Pattern, how: &Move, pen: &Pen) -> (Vec<String>, Vec<String>) {
        let zones = &self.timing.zones;
        let (old, mut new) = (how.before.zone(zones), how.after.zone(zones));
        if let (true, Form::Zoned(name)) = (new.is_floating(), &how.after) {
            new = Zone::named(name)
                .or_else(|| Zone::named(&pen.zone))
                .unwrap_or(Zone::UTC);
        }
        let read = |rules: &[Rule]| {
            let ended = rules.iter().map(|rule| {
                let local = match rule.parts().bound {
                    Bound::Until(Until::Utc(at)) => {
                        Bound::Until(Until::Local(old.local_at(Zone::UTC.instant_of(at))))
                    }
                    bound => bound,
                };
                ended(&rule.bounded(local), &how.after, &new).to_string()
            });
            ended.collect::<Vec<String>>()
        };
        if how.before == how.after {
            let as_they_are = |rules: &[Rule]| rules.iter().map(ToString::to_string).collect();
            return (as_they_are(&moved.rules), as_they_are(&moved.except_rules));
        }
        (read(&moved.rules), read(&moved.except_rules))
    }

    /// Instances that were changed by themselves come along where the series still has them.
    fn carry_overrides(
        &self,
        tree: &mut Component<'static>,
        wish: &Wish,
        how: &Move,
        (before, pen): (&Component<'static>, &Pen),
    ) -> Result<(), Reason> {
        if self.object.overrides.is_empty() {
            return Ok(());
        }
        let kept = self.still_there(tree, wish, how)?;
        for (nth, entry) in self.object.overrides.iter().enumerate() {
            let place = nth_override(tree, nth);
            let component = &mut tree.components[place];
            let id = self.id_of(entry).unwrap_or(DateTime::MIN);
            let is_moved = entry.start.as_ref().is_some_and(|start| self.local(start) != id);
            if !how.is_none() {
                component.set_when("RECURRENCE-ID", Some(&how.after.when(how.local(id))));
                if !is_moved && let Some(times) = times_of(entry, &self.timing.zones, None) {
                    let moved = reformed(&times.moved(how.seconds), &how.after);
                    moved.write_to(component, how.before == how.after);
                }
            }
            let follows = wish.followed_by(before, component);
            if follows != Wish::default() || !how.is_none() {
                follows.put_into(component);
                stamp(component, pen, wish.is_of_time());
            }
        }
        let mut nth = 0;
        tree.components.retain(|component| {
            if !is_override(component) {
                return true;
            }
            nth += 1;
            kept.get(nth - 1).copied().unwrap_or(true)
        });
        Ok(())
    }

    /// Of each override, whether the series has its instance after the edit.
    fn still_there(&self, tree: &Component<'static>, wish: &Wish, how: &Move) -> Result<Vec<bool>, Reason> {
        let ids: Vec<_> = self
            .object
            .overrides
            .iter()
            .map(|entry| self.id_of(entry))
            .collect();
        if wish.recurrence.is_none() {
            // What hung on the series before hangs on it still.
            return Ok(vec![true; ids.len()]);
        }
        let mut bare = tree.clone();
        bare.components.retain(|component| !is_override(component));
        open(&bare.write(), |scene| {
            let is_there =
                |id: &Option<DateTime>| id.is_some_and(|id| scene.instance(how.local(id)).is_some());
            Ok(ids.iter().map(is_there).collect())
        })
    }
}

fn form_of(times: &Times) -> When<'static> {
    match times {
        Times::Days { first, .. } => When::Date(*first),
        Times::Hours {
            starts, zone: None, ..
        } => When::Floating(*starts),
        Times::Hours {
            starts,
            zone: Some(zone),
            ..
        } if zone == "UTC" => When::Utc(*starts),
        Times::Hours {
            starts,
            zone: Some(zone),
            ..
        } => When::Zoned(*starts, zone.clone().into()),
    }
}

/// Times of this length and form at another start.
fn placed(times: &Times, starts: DateTime) -> Times {
    times.moved(seconds_from(times.starts(), starts))
}

/// The same local times in another form.
fn reformed(times: &Times, form: &Form) -> Times {
    let starts = times.starts();
    match (times, form) {
        (Times::Days { .. }, Form::Days) => times.clone(),
        (Times::Hours { starts, ends, .. }, Form::Days) => {
            let last = plus(*ends, -1).max(*starts);
            Times::Days {
                first: starts.date(),
                last: last.date(),
            }
        }
        (_, form) => Times::Hours {
            starts,
            ends: plus(starts, times.seconds()),
            zone: match form {
                Form::Utc => Some("UTC".to_owned()),
                Form::Zoned(zone) => Some(zone.clone()),
                Form::Floating | Form::Days => None,
            },
        },
    }
}

/// A rule with its end as RFC 5545 wants it: of the kind of the start, and in UTC for a series in a zone.
fn ended(rule: &Rule, form: &Form, zone: &Zone) -> Rule {
    let Bound::Until(until) = rule.parts().bound else {
        return rule.clone();
    };
    let end_of = |date: jiff::civil::Date| date.to_datetime(Time::constant(23, 59, 59, 0));
    let until = match (until, form) {
        (Until::Date(date), Form::Floating) => Until::Local(end_of(date)),
        (Until::Date(date), Form::Utc) => Until::Utc(end_of(date)),
        (Until::Date(date), Form::Zoned(_)) => Until::Utc(Zone::UTC.local_at(zone.instant_of(end_of(date)))),
        (Until::Local(at) | Until::Utc(at), Form::Days) => Until::Date(at.date()),
        (Until::Local(at), Form::Utc) => Until::Utc(at),
        (Until::Local(at), Form::Zoned(_)) => Until::Utc(Zone::UTC.local_at(zone.instant_of(at))),
        (Until::Utc(at), Form::Floating) => Until::Local(at),
        (until, _) => until,
    };
    rule.bounded(Bound::Until(until))
}

pub(super) fn with_rules(of: &Component<'static>, name: &str, rules: &[String]) -> Component<'static> {
    let mut after = of.clone();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    after.set_rules(name, &rules);
    after.into_owned()
}

/// Dates and exceptions move with the series.
fn move_dates(master: &mut Component<'static>, how: &Move, zones: &Zones) {
    let old = master.clone();
    let exceptions = old
        .all("EXDATE")
        .filter_map(|property| read_dates(property).ok())
        .flatten();
    let exceptions: Vec<When<'static>> = exceptions.map(|when| how.when(&when, zones)).collect();
    if !exceptions.is_empty() {
        master.replace_all("EXDATE", dates_properties("EXDATE", &exceptions));
    }
    let extras = old
        .all("RDATE")
        .filter_map(|property| read_rdates(property).ok())
        .flatten();
    let extras: Vec<Recurs<'static>> = extras
        .map(|extra| match extra {
            Recurs::At(when) => Recurs::At(how.when(&when, zones)),
            Recurs::During(period) => Recurs::During(ical::Period {
                start: how.when(&period.start, zones),
                until: match period.until {
                    ical::Until::End(end) => ical::Until::End(how.when(&end, zones)),
                    ical::Until::Lasting(length) => ical::Until::Lasting(length),
                },
            }),
        })
        .collect();
    if !extras.is_empty() {
        master.set_rdates(&extras);
    }
}
