//! Who takes part: ATTENDEE and ORGANIZER as types, and writing them without losing what is unknown.
//!
//! Two addresses are the same person if they are the same mailbox, whatever the case (`same_address`); that is what every client
//! does, and an invitation that is answered as `Anna@…` belongs to `anna@…`.

use std::borrow::Cow;

use crate::property::Property;
use crate::words::{Agent, Answer, Role, Sort};

/// An ATTENDEE or the ORGANIZER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant<'a> {
    /// The calendar address as written, such as `mailto:anna@example.org`.
    pub address: Cow<'a, str>,
    pub name: Option<Cow<'a, str>>,
    /// The EMAIL parameter (RFC 7986 6.2), for addresses that are none themselves.
    pub email: Option<Cow<'a, str>>,
    pub sort: Sort,
    pub role: Role,
    pub answer: Answer,
    /// RSVP: an answer is asked for.
    pub asked: bool,
    pub sent_by: Option<Cow<'a, str>>,
    pub delegated_to: Vec<Cow<'a, str>>,
    pub delegated_from: Vec<Cow<'a, str>>,
    pub member: Vec<Cow<'a, str>>,
    pub agent: Agent,
    /// SCHEDULE-STATUS, such as `1.2` or `2.0`, as written.
    pub schedule_status: Option<Cow<'a, str>>,
    /// SCHEDULE-FORCE-SEND: `REQUEST` or `REPLY`, as written.
    pub force_send: Option<Cow<'a, str>>,
    pub language: Option<Cow<'a, str>>,
}

impl<'a> Participant<'a> {
    /// Somebody who is required and has not answered yet.
    pub fn new(address: impl Into<Cow<'a, str>>) -> Participant<'a> {
        Participant {
            address: address.into(),
            name: None,
            email: None,
            sort: Sort::Individual,
            role: Role::Required,
            answer: Answer::NeedsAction,
            asked: false,
            sent_by: None,
            delegated_to: Vec::new(),
            delegated_from: Vec::new(),
            member: Vec::new(),
            agent: Agent::Server,
            schedule_status: None,
            force_send: None,
            language: None,
        }
    }

    /// Unknown words read as RFC 5545 says: a sort is unknown, a role is required, an answer is awaited.
    pub fn read(property: &'a Property<'_>) -> Participant<'a> {
        let mut read = Participant::new(property.value().trim());
        for param in property.params() {
            let is = |name: &str| param.is(name);
            if is("CN") {
                read.name = Some(param.value()).filter(|name| !name.is_empty());
            } else if is("PARTSTAT") {
                read.answer = Answer::read(&param.value()).unwrap_or(Answer::NeedsAction);
            } else if is("ROLE") {
                read.role = Role::read(&param.value()).unwrap_or(Role::Required);
            } else if is("RSVP") {
                read.asked = param.value().trim().eq_ignore_ascii_case("TRUE");
            } else if is("CUTYPE") {
                read.sort = Sort::read(&param.value()).unwrap_or(Sort::Unknown);
            } else if is("EMAIL") {
                read.email = Some(param.value());
            } else if is("SENT-BY") {
                read.sent_by = Some(param.value());
            } else if is("DELEGATED-TO") {
                read.delegated_to = param.values().collect();
            } else if is("DELEGATED-FROM") {
                read.delegated_from = param.values().collect();
            } else if is("MEMBER") {
                read.member = param.values().collect();
            } else if is("SCHEDULE-AGENT") {
                read.agent = Agent::read(&param.value()).unwrap_or(Agent::None);
            } else if is("SCHEDULE-STATUS") {
                read.schedule_status = Some(param.value());
            } else if is("SCHEDULE-FORCE-SEND") {
                read.force_send = Some(param.value());
            } else if is("LANGUAGE") {
                read.language = Some(param.value());
            }
        }
        read
    }

    /// The e-mail address, if there is one.
    pub fn mailbox(&self) -> Option<&str> {
        mailbox(&self.address).or_else(|| self.email.as_deref().map(|email| mailbox(email).unwrap_or(email)))
    }

    /// Whether this is the person of that calendar address.
    pub fn is(&self, address: &str) -> bool {
        same_address(&self.address, address)
            || self
                .mailbox()
                .is_some_and(|mine| mine.eq_ignore_ascii_case(mailbox(address).unwrap_or(address)))
    }

    /// Puts this into a property. Parameters that are not of a participant stay, and so does each that says the same already.
    pub fn write_to(&self, property: &mut Property<'_>) {
        let before = Participant::read(property);
        let mut now = property.clone().into_owned();
        if before.address != self.address {
            now.set_value(&self.address);
        }
        let mut one = |same: bool, name: &str, value: Option<&str>| match value {
            _ if same => {}
            Some(value) => now.set_param(name, value),
            None => now.remove_param(name),
        };
        one(before.name == self.name, "CN", self.name.as_deref());
        one(before.email == self.email, "EMAIL", self.email.as_deref());
        one(before.sort == self.sort, "CUTYPE", Some(self.sort.as_str()));
        one(before.role == self.role, "ROLE", Some(self.role.as_str()));
        one(
            before.answer == self.answer,
            "PARTSTAT",
            Some(self.answer.as_str()),
        );
        one(before.asked == self.asked, "RSVP", self.asked.then_some("TRUE"));
        one(before.sent_by == self.sent_by, "SENT-BY", self.sent_by.as_deref());
        one(
            before.agent == self.agent,
            "SCHEDULE-AGENT",
            Some(self.agent.as_str()),
        );
        let status = self.schedule_status.as_deref();
        one(
            before.schedule_status == self.schedule_status,
            "SCHEDULE-STATUS",
            status,
        );
        let force = self.force_send.as_deref();
        one(before.force_send == self.force_send, "SCHEDULE-FORCE-SEND", force);
        one(
            before.language == self.language,
            "LANGUAGE",
            self.language.as_deref(),
        );
        let lists = [
            ("DELEGATED-TO", &before.delegated_to, &self.delegated_to),
            ("DELEGATED-FROM", &before.delegated_from, &self.delegated_from),
            ("MEMBER", &before.member, &self.member),
        ];
        for (name, was, is) in lists {
            if was != is {
                now.set_params(name, &is.iter().map(AsRef::as_ref).collect::<Vec<_>>());
            }
        }
        property.become_like(now);
    }

    pub fn into_owned(self) -> Participant<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let all = |texts: Vec<Cow<'_, str>>| texts.into_iter().map(own).collect();
        Participant {
            address: own(self.address),
            name: self.name.map(own),
            email: self.email.map(own),
            sort: self.sort,
            role: self.role,
            answer: self.answer,
            asked: self.asked,
            sent_by: self.sent_by.map(own),
            delegated_to: all(self.delegated_to),
            delegated_from: all(self.delegated_from),
            member: all(self.member),
            agent: self.agent,
            schedule_status: self.schedule_status.map(own),
            force_send: self.force_send.map(own),
            language: self.language.map(own),
        }
    }
}

/// The e-mail address in a `mailto:` of any case.
pub fn mailbox(address: &str) -> Option<&str> {
    let mut rest = without_scheme(address)?;
    // some programs write the scheme twice
    while let Some(inner) = without_scheme(rest) {
        rest = inner;
    }
    Some(rest.split('?').next().unwrap_or(rest).trim())
}

fn without_scheme(address: &str) -> Option<&str> {
    let (scheme, rest) = address.trim().split_at_checked("mailto:".len())?;
    scheme.eq_ignore_ascii_case("mailto:").then_some(rest)
}

/// Whether two calendar addresses are one person's.
pub fn same_address(one: &str, other: &str) -> bool {
    match (mailbox(one), mailbox(other)) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => one.trim() == other.trim(),
    }
}
