//! Changing a component without losing what it says besides.
//!
//! What is kept true: a property that is changed stays in its place and keeps the parameters that are still true (LANGUAGE of a
//! summary, whatever nobody knows); one that already says so is not touched. What only repeats the old value in another form goes
//! with it: ALTREP, the HTML of a description, the map pin of a place. Otherwise clients would go on showing the old one.

use crate::alarm::Alarm;
use crate::component::Component;
use crate::participant::{Participant, same_address};
use crate::property::Property;
use crate::values::{self, Duration, Recurs, When};

/// Properties that say the same as another in a form that we do not write.
const OTHER_FORMS: [(&str, &[&str]); 2] = [
    ("DESCRIPTION", &["STYLED-DESCRIPTION", "X-ALT-DESC"]),
    ("LOCATION", &["X-APPLE-STRUCTURED-LOCATION", "GEO"]),
];

impl<'a> Component<'a> {
    /// Sets SUMMARY, DESCRIPTION, LOCATION or another text; none takes it away.
    pub fn set_text(&mut self, name: &str, text: Option<&str>) {
        let before = self.get(name).map(Property::as_text);
        if before.as_deref() == text {
            return;
        }
        let others = OTHER_FORMS.iter().filter(|(of, _)| of.eq_ignore_ascii_case(name));
        for other in others.flat_map(|(_, forms)| *forms) {
            self.remove(other);
        }
        match text {
            Some(text) => self.change(name, |property| {
                property.remove_param("ALTREP");
                property.set_text(text);
            }),
            None => self.remove(name),
        }
    }

    /// Sets a value that is written as it is: STATUS, TRANSP, CLASS, URL, PRIORITY, SEQUENCE; none takes it away.
    pub fn set_value(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) if self.value(name) == Some(value) => {}
            Some(value) => self.change(name, |property| property.set_value(value)),
            None => self.remove(name),
        }
    }

    /// Sets DTSTART, DTEND, DUE, RECURRENCE-ID or another date or time; none takes it away.
    pub fn set_when(&mut self, name: &str, when: Option<&When<'_>>) {
        match when {
            Some(when) if self.get(name).and_then(|old| When::read(old).ok()).as_ref() == Some(when) => {}
            Some(when) => self.change(name, |property| when.write_to(property)),
            None => self.remove(name),
        }
    }

    /// Sets when it ends by DTEND (or DUE, of a task); DURATION goes, for both cannot stand together.
    pub fn set_end(&mut self, end: Option<&When<'_>>) {
        self.remove("DURATION");
        let name = if self.is("VTODO") { "DUE" } else { "DTEND" };
        self.set_when(name, end);
    }

    /// Sets how long it lasts; DTEND and DUE go.
    pub fn set_duration(&mut self, duration: Duration) {
        self.remove("DTEND");
        self.remove("DUE");
        if self.value("DURATION").and_then(Duration::parse) != Some(duration) {
            self.set_value("DURATION", Some(&duration.to_string()));
        }
    }

    /// Sets CATEGORIES or RESOURCES; none of them takes it away.
    pub fn set_list(&mut self, name: &str, texts: &[&str]) {
        let before: Vec<_> = self.all(name).flat_map(Property::as_list).collect();
        if before == texts {
            return;
        }
        let value: Vec<_> = texts.iter().map(|text| crate::text::escape(text)).collect();
        match texts {
            [] => self.remove(name),
            _ => self.change(name, |property| property.set_value(&value.join(","))),
        }
    }

    /// Sets the rules of a series (RRULE, EXRULE), as written.
    pub fn set_rules(&mut self, name: &str, rules: &[&str]) {
        if !self
            .all(name)
            .map(|rule| rule.value().trim())
            .eq(rules.iter().copied())
        {
            self.replace_all(name, rules.iter().map(|rule| Property::new(name, rule)).collect());
        }
    }

    /// Sets EXDATE.
    pub fn set_exdates(&mut self, dates: &[When<'_>]) {
        let before: Result<Vec<_>, _> = self.all("EXDATE").map(values::read_dates).collect();
        if before.is_ok_and(|before| before.concat() == dates) {
            return;
        }
        self.replace_all("EXDATE", values::dates_properties("EXDATE", dates));
    }

    /// One instance less: adds to EXDATE, if it is not there.
    pub fn add_exdate(&mut self, date: &When<'_>) {
        let there =
            |property: &Property<'_>| values::read_dates(property).is_ok_and(|dates| dates.contains(date));
        if !self.all("EXDATE").any(there) {
            self.properties
                .extend(values::dates_properties("EXDATE", std::slice::from_ref(date)));
        }
    }

    /// Sets RDATE.
    pub fn set_rdates(&mut self, dates: &[Recurs<'_>]) {
        let before: Result<Vec<_>, _> = self.all("RDATE").map(values::read_rdates).collect();
        if before.is_ok_and(|before| before.concat() == dates) {
            return;
        }
        let one = |recurs: &Recurs<'_>| match recurs {
            Recurs::At(when) => values::dates_properties("RDATE", std::slice::from_ref(when)),
            Recurs::During(period) => {
                let mut written = values::dates_properties("RDATE", std::slice::from_ref(&period.start));
                for property in &mut written {
                    property.set_param("VALUE", "PERIOD");
                    property.set_value(&period.to_string());
                }
                written
            }
        };
        self.replace_all("RDATE", dates.iter().flat_map(one).collect());
    }

    /// Sets the organizer; parameters nobody knows stay if it is the same person.
    pub fn set_organizer(&mut self, organizer: Option<&Participant<'_>>) {
        match organizer {
            Some(organizer) => self.put_participant("ORGANIZER", organizer, |_| true),
            None => self.remove("ORGANIZER"),
        }
    }

    /// Adds an attendee, or changes the one of that address in their place.
    pub fn put_attendee(&mut self, attendee: &Participant<'_>) {
        self.put_participant("ATTENDEE", attendee, |there| there.is(&attendee.address));
    }

    pub fn remove_attendee(&mut self, address: &str) {
        let is = |property: &Property<'_>| property.is("ATTENDEE") && Participant::read(property).is(address);
        self.properties.retain(|property| !is(property));
    }

    fn put_participant(
        &mut self,
        name: &str,
        participant: &Participant<'_>,
        is: impl Fn(&Participant<'_>) -> bool,
    ) {
        let found = self
            .properties
            .iter_mut()
            .find(|property| property.is(name) && is(&Participant::read(property)));
        match found {
            Some(property) if same_address(property.value(), &participant.address) => {
                participant.write_to(property);
            }
            Some(property) => {
                let mut fresh = Property::new(name, &participant.address);
                participant.write_to(&mut fresh);
                property.become_like(fresh);
            }
            None => {
                let mut fresh = Property::new(name, &participant.address);
                participant.write_to(&mut fresh);
                self.add(fresh);
            }
        }
    }

    /// Sets the alarms. One that says the same as before stays as it was spelled, with all that nobody knows in it.
    pub fn set_alarms(&mut self, alarms: &[Alarm<'_>], otherwise: &str) {
        let (mut before, others): (Vec<_>, Vec<_>) = self
            .components
            .drain(..)
            .partition(|component| component.is("VALARM"));
        self.components = others;
        for alarm in alarms {
            let same = before.iter().position(|old| Alarm::read(old) == *alarm);
            let component = same.map_or_else(|| alarm.to_component(otherwise), |at| before.remove(at));
            self.components.push(component);
        }
    }

    /// Puts these in the place of all properties of a name.
    pub fn replace_all(&mut self, name: &str, properties: Vec<Property<'a>>) {
        let at = self.properties.iter().position(|property| property.is(name));
        let at = at.unwrap_or(self.properties.len());
        self.remove(name);
        self.properties.splice(at..at, properties);
    }

    /// Changes the first property of a name, or a new one; others of its name go.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Property<'a>)) {
        let mut property = self.get(name).cloned().unwrap_or_else(|| Property::new(name, ""));
        change(&mut property);
        self.set(property);
    }
}

#[cfg(test)]
mod tests;
