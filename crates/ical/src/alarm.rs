//! VALARM as a type.
//!
//! An alarm that cannot be understood (no trigger, an action nobody knows) rings nothing and stays in the text.

use std::borrow::Cow;

use crate::component::Component;
use crate::participant::Participant;
use crate::property::Property;
use crate::values::{Duration, When};
use crate::words::Action;

/// When an alarm rings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger<'a> {
    /// So long after the start; mostly negative.
    Start(Duration),
    /// So long after the end.
    End(Duration),
    At(When<'a>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm<'a> {
    pub uid: Option<Cow<'a, str>>,
    pub action: Option<Action>,
    pub trigger: Option<Trigger<'a>>,
    /// How often it rings again, and after how long each time.
    pub repeat: u32,
    pub every: Option<Duration>,
    /// ACKNOWLEDGED (RFC 9074 6.1): it was dealt with at that instant.
    pub acknowledged: Option<When<'a>>,
    pub summary: Option<Cow<'a, str>>,
    pub description: Option<Cow<'a, str>>,
    pub attendees: Vec<Participant<'a>>,
}

impl<'a> Alarm<'a> {
    pub fn new(action: Action, trigger: Trigger<'a>) -> Alarm<'a> {
        Alarm {
            uid: None,
            action: Some(action),
            trigger: Some(trigger),
            repeat: 0,
            every: None,
            acknowledged: None,
            summary: None,
            description: None,
            attendees: Vec::new(),
        }
    }

    pub fn read(component: &'a Component<'_>) -> Alarm<'a> {
        let text = |name| component.get(name).map(Property::as_text);
        // Apple wrote it under this name before RFC 9074
        let uid = text("UID").or_else(|| text("X-WR-ALARMUID"));
        let seen = component.get("ACKNOWLEDGED");
        let repeat = component
            .value("REPEAT")
            .and_then(|value| value.trim().parse().ok());
        Alarm {
            uid,
            action: component.value("ACTION").and_then(Action::read),
            trigger: component.get("TRIGGER").and_then(Trigger::read),
            repeat: repeat.unwrap_or(0),
            every: component.value("DURATION").and_then(Duration::parse),
            acknowledged: seen.and_then(|property| When::read(property).ok()),
            summary: text("SUMMARY"),
            description: text("DESCRIPTION"),
            attendees: component.all("ATTENDEE").map(Participant::read).collect(),
        }
    }

    /// A new VALARM. RFC 5545 3.6.6 wants a description of those that show or write something.
    pub fn to_component(&self, otherwise: &str) -> Component<'static> {
        let mut component = Component::new("VALARM");
        if let Some(uid) = &self.uid {
            component.add(Property::text("UID", uid));
        }
        let action = self.action.unwrap_or(Action::Display);
        component.add(Property::new("ACTION", action.as_str()));
        component
            .properties
            .extend(self.trigger.as_ref().map(Trigger::to_property));
        if let (true, Some(every)) = (self.repeat > 0, self.every) {
            component.add(Property::new("REPEAT", &self.repeat.to_string()));
            component.add(Property::new("DURATION", &every.to_string()));
        }
        if let Some(seen) = &self.acknowledged {
            component.add(Property::new("ACKNOWLEDGED", &seen.to_string()));
        }
        let summary = self
            .summary
            .as_deref()
            .or((action == Action::Email).then_some(otherwise));
        component
            .properties
            .extend(summary.map(|text| Property::text("SUMMARY", text)));
        let description = self
            .description
            .as_deref()
            .or((action != Action::Audio).then_some(otherwise));
        component
            .properties
            .extend(description.map(|text| Property::text("DESCRIPTION", text)));
        for attendee in &self.attendees {
            let mut property = Property::new("ATTENDEE", &attendee.address);
            attendee.write_to(&mut property);
            component.add(property);
        }
        component
    }
}

impl<'a> Trigger<'a> {
    fn read(property: &'a Property<'_>) -> Option<Trigger<'a>> {
        match Duration::parse(property.value()) {
            Some(duration) if property.param_is("RELATED", "END") => Some(Trigger::End(duration)),
            Some(duration) => Some(Trigger::Start(duration)),
            None => When::read(property).ok().map(Trigger::At),
        }
    }

    fn to_property(&self) -> Property<'static> {
        match self {
            Trigger::Start(duration) => Property::new("TRIGGER", &duration.to_string()),
            Trigger::End(duration) => Property::new("TRIGGER", &duration.to_string()).with("RELATED", "END"),
            Trigger::At(when) => Property::new("TRIGGER", &when.to_string()).with("VALUE", "DATE-TIME"),
        }
    }
}
