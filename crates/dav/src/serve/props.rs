//! Properties: which there are, where, and what they say.
//!
//! What is not known here is somebody's own (a dead property of RFC 4918): calendars keep these as they were written.

use std::borrow::Cow;

use front::SignedIn;
use ical::zones::Zone;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use kernel::{Moment, PersonId};

use super::privileges::{acl, privileges, supported_privileges};
use super::tokens;
use crate::answer::Answer;
use crate::data::TooMany;
use crate::library::{Calendar, Mark, Object, Principal, Role};
use crate::opened::Opened;
use crate::place::{INBOX, Place};
use crate::request::{CalendarData, PropRequest};
use crate::xml::{APPLE, CALDAV, CALENDARSERVER, DAV, Element, Name, Writer, parse};

/// Somebody who asks.
pub(super) struct Here {
    pub person: PersonId,
    /// Where a reader of all calendars is, if anybody wants to know.
    pub home_token: Option<String>,
}

/// Something that has properties.
#[derive(Clone, Copy)]
pub(super) enum Resource<'r> {
    /// The root, and the shelves of principals and of homes.
    Shelf,
    /// Whoever asks.
    Principal(&'r Principal),
    /// Somebody else.
    Other(&'r Principal),
    Home,
    Calendar(&'r Calendar),
    Outbox,
    /// With its text in the form that was asked for.
    Object(&'r Calendar, &'r Object, Option<&'r str>),
}

macro_rules! properties {
    ($($live:ident = $space:ident $local:literal,)+) => {
        /// The properties that are worked out here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Live { $($live,)+ }

        impl Live {
            const ALL: &'static [Live] = &[$(Live::$live,)+];

            pub fn of(name: &Name) -> Option<Live> {
                match (name.space.as_ref(), name.local.as_ref()) {
                    $(($space, $local) => Some(Live::$live),)+
                    _ => None,
                }
            }

            pub fn name(self) -> Name {
                match self { $(Live::$live => Name::new($space, $local),)+ }
            }
        }
    };
}

properties! {
    ResourceType = DAV "resourcetype",
    DisplayName = DAV "displayname",
    Created = DAV "creationdate",
    Modified = DAV "getlastmodified",
    Tag = DAV "getetag",
    ContentType = DAV "getcontenttype",
    ContentLength = DAV "getcontentlength",
    CurrentPrincipal = DAV "current-user-principal",
    PrincipalUrl = DAV "principal-URL",
    PrincipalSets = DAV "principal-collection-set",
    Owner = DAV "owner",
    Groups = DAV "group-membership",
    AlternateUris = DAV "alternate-URI-set",
    Privileges = DAV "current-user-privilege-set",
    SupportedPrivileges = DAV "supported-privilege-set",
    Acl = DAV "acl",
    AclRestrictions = DAV "acl-restrictions",
    Reports = DAV "supported-report-set",
    SyncToken = DAV "sync-token",
    CTag = CALENDARSERVER "getctag",
    Addresses = CALENDARSERVER "email-address-set",
    HomeSet = CALDAV "calendar-home-set",
    UserAddresses = CALDAV "calendar-user-address-set",
    UserType = CALDAV "calendar-user-type",
    Description = CALDAV "calendar-description",
    Zone = CALDAV "calendar-timezone",
    ZoneId = CALDAV "calendar-timezone-id",
    Kinds = CALDAV "supported-calendar-component-set",
    DataKinds = CALDAV "supported-calendar-data",
    Collations = CALDAV "supported-collation-set",
    SizeMax = CALDAV "max-resource-size",
    AttendeesMax = CALDAV "max-attendees-per-instance",
    DateMin = CALDAV "min-date-time",
    DateMax = CALDAV "max-date-time",
    Transparency = CALDAV "schedule-calendar-transp",
    ScheduleTag = CALDAV "schedule-tag",
    InboxUrl = CALDAV "schedule-inbox-URL",
    OutboxUrl = CALDAV "schedule-outbox-URL",
    DefaultCalendar = CALDAV "schedule-default-calendar-URL",
    Data = CALDAV "calendar-data",
    Color = APPLE "calendar-color",
    Order = APPLE "calendar-order",
}

/// Those of RFC 4918; the others are asked for by name.
const USUAL: &[Live] = &[
    Live::ResourceType,
    Live::DisplayName,
    Live::Created,
    Live::Modified,
    Live::Tag,
    Live::ContentType,
    Live::ContentLength,
];

impl Live {
    pub fn is_shown(self, resource: Resource<'_>) -> bool {
        use Resource::{Calendar, Home, Object, Other, Principal, Shelf};
        match self {
            Live::ResourceType
            | Live::CurrentPrincipal
            | Live::PrincipalSets
            | Live::Privileges
            | Live::SupportedPrivileges
            | Live::Reports => true,
            Live::DisplayName => matches!(resource, Principal(_) | Other(_) | Home | Calendar(_)),
            Live::ScheduleTag => matches!(resource, Object(_, object, _) if object.schedule.is_some()),
            Live::DefaultCalendar => matches!(resource, Calendar(calendar) if calendar.role != Role::Plain),
            Live::Owner | Live::Acl | Live::AclRestrictions => !matches!(resource, Shelf | Other(_)),
            Live::Created | Live::Modified => matches!(resource, Calendar(_) | Object(..)),
            Live::Tag | Live::ContentType | Live::ContentLength => matches!(resource, Object(..)),
            Live::Data => matches!(resource, Object(_, _, Some(_))),
            Live::SyncToken | Live::CTag => matches!(resource, Home | Calendar(_)),
            // Libraries expect a home of everybody whom they find.
            Live::PrincipalUrl | Live::HomeSet | Live::Addresses | Live::UserAddresses | Live::UserType => {
                matches!(resource, Principal(_) | Other(_))
            }
            Live::Groups | Live::AlternateUris | Live::InboxUrl | Live::OutboxUrl => {
                matches!(resource, Principal(_))
            }
            Live::Color => matches!(resource, Calendar(calendar) if calendar.color.is_some()),
            Live::Description => matches!(resource, Calendar(calendar) if !calendar.description.is_empty()),
            Live::Zone
            | Live::ZoneId
            | Live::Kinds
            | Live::DataKinds
            | Live::Collations
            | Live::SizeMax
            | Live::AttendeesMax
            | Live::DateMin
            | Live::DateMax
            | Live::Transparency
            | Live::Order => matches!(resource, Calendar(_)),
        }
    }

    fn write(self, resource: Resource<'_>, here: &Here, writer: &mut Writer) {
        let Name { space, local } = self.name();
        let text = match (self, resource) {
            (Live::Data, Resource::Object(_, _, Some(text))) => return writer.leaf(&space, &local, text),
            (_, Resource::Calendar(calendar)) => self.of_calendar(calendar),
            (_, Resource::Object(calendar, object, _)) => self.of_object(calendar, object),
            (Live::DisplayName, Resource::Principal(one) | Resource::Other(one)) => Some(one.name.clone()),
            (Live::DisplayName, _) => Some("Calendars".to_owned()),
            (Live::SyncToken | Live::CTag, _) => here.home_token.clone(),
            (Live::UserType, Resource::Principal(one) | Resource::Other(one)) => {
                Some(one.sort.as_str().to_owned())
            }
            _ => None,
        };
        match text {
            Some(text) => writer.leaf(&space, &local, &text),
            None => writer.element(&space, &local, |inside| self.write_inside(resource, here, inside)),
        }
    }

    fn of_calendar(self, calendar: &Calendar) -> Option<String> {
        Some(match self {
            Live::DisplayName => calendar.title.clone(),
            Live::Created => to_the_second(calendar.created),
            Live::Modified => http_date(calendar.changed),
            Live::SyncToken | Live::CTag => tokens::of_calendar(calendar, Mark::at(calendar.changes)),
            Live::Description => calendar.description.clone(),
            Live::Zone => super::edit::zone_text(&calendar.zone),
            Live::ZoneId => calendar.zone.clone(),
            Live::SizeMax => ical::Limits::OBJECT.bytes.to_string(),
            Live::AttendeesMax => ical::ATTENDEES_MAX.to_string(),
            Live::DateMin => "00010101T000000Z".to_owned(),
            Live::DateMax => "99991231T235959Z".to_owned(),
            Live::Color => calendar.color.map(|color| format!("#{color:06X}"))?,
            Live::Order => calendar.order.to_string(),
            _ => return None,
        })
    }

    fn of_object(self, calendar: &Calendar, object: &Object) -> Option<String> {
        Some(match self {
            Live::Created => to_the_second(object.created),
            Live::Modified => http_date(object.changed),
            Live::Tag => tokens::tag(calendar, object.change),
            Live::ScheduleTag => tokens::tag(calendar, object.schedule?),
            Live::ContentType => {
                let kind = object.kind.as_str().to_ascii_lowercase();
                format!("text/calendar; charset=utf-8; component={kind}")
            }
            Live::ContentLength => object.bytes.to_string(),
            _ => return None,
        })
    }

    /// Those that are elements within.
    fn write_inside(self, resource: Resource<'_>, here: &Here, writer: &mut Writer) {
        let href = |writer: &mut Writer, place: Place| writer.leaf(DAV, "href", &place.href());
        match self {
            Live::ResourceType => resource_type(resource, writer),
            Live::CurrentPrincipal => href(writer, Place::Principal(here.person)),
            Live::PrincipalUrl => href(writer, Place::Principal(whose(resource, here))),
            Live::Owner => {
                let owner = match resource {
                    Resource::Calendar(calendar) | Resource::Object(calendar, ..) => calendar.owner,
                    _ => here.person,
                };
                href(writer, Place::Principal(owner));
            }
            Live::PrincipalSets => href(writer, Place::Principals),
            Live::HomeSet => href(writer, Place::Home(whose(resource, here))),
            Live::InboxUrl => href(writer, Place::Calendar(here.person, INBOX.to_owned())),
            Live::OutboxUrl => href(writer, Place::Outbox(here.person)),
            Live::DefaultCalendar => {
                if let Resource::Calendar(calendar) = resource
                    && let Role::Inbox {
                        default: Some(default),
                    } = &calendar.role
                {
                    href(writer, Place::Calendar(here.person, default.clone()));
                }
            }
            Live::UserAddresses => user_addresses(resource, writer),
            Live::Addresses => {
                if let Resource::Principal(one) | Resource::Other(one) = resource {
                    for address in &one.addresses {
                        writer.leaf(CALENDARSERVER, "email-address", address);
                    }
                }
            }
            Live::Privileges => privileges(resource, writer),
            Live::SupportedPrivileges => supported_privileges(writer),
            Live::Acl => acl(resource, here, writer),
            Live::AclRestrictions => writer.empty(&Name::new(DAV, "grant-only")),
            Live::Reports => reports(resource, writer),
            Live::Kinds => kinds(resource, writer),
            Live::DataKinds => writer.element_with(
                CALDAV,
                "calendar-data",
                &[("content-type", "text/calendar"), ("version", "2.0")],
                |_| (),
            ),
            Live::Collations => {
                for name in ["i;ascii-casemap", "i;octet", "i;unicode-casemap"] {
                    writer.leaf(CALDAV, "supported-collation", name);
                }
            }
            Live::Transparency => {
                let transparent = matches!(resource, Resource::Calendar(calendar) if calendar.transparent);
                let word = if transparent { "transparent" } else { "opaque" };
                writer.empty(&Name::new(CALDAV, word));
            }
            _ => {}
        }
    }
}

/// Who a principal is.
fn whose(resource: Resource<'_>, here: &Here) -> PersonId {
    match resource {
        Resource::Other(one) => one.id,
        _ => here.person,
    }
}

fn resource_type(resource: Resource<'_>, writer: &mut Writer) {
    let names: &[Name] = match resource {
        Resource::Shelf | Resource::Home => &[COLLECTION],
        Resource::Principal(_) | Resource::Other(_) => &[COLLECTION, Name::new(DAV, "principal")],
        Resource::Calendar(calendar) if calendar.role != Role::Plain => {
            &[COLLECTION, Name::new(CALDAV, "schedule-inbox")]
        }
        Resource::Calendar(_) => &[COLLECTION, Name::new(CALDAV, "calendar")],
        Resource::Outbox => &[COLLECTION, Name::new(CALDAV, "schedule-outbox")],
        Resource::Object(..) => &[],
    };
    names.iter().for_each(|name| writer.empty(name));
}

const COLLECTION: Name = Name::new(DAV, "collection");

/// By what others invite: their own addresses first, then what never changes.
fn user_addresses(resource: Resource<'_>, writer: &mut Writer) {
    let (Resource::Principal(one) | Resource::Other(one)) = resource else {
        return;
    };
    for address in &one.addresses {
        writer.leaf(DAV, "href", &format!("mailto:{address}"));
    }
    writer.leaf(DAV, "href", &Place::Principal(one.id).href());
    writer.leaf(DAV, "href", &format!("urn:uuid:{}", one.id));
}

fn reports(resource: Resource<'_>, writer: &mut Writer) {
    let of_people = [
        Name::new(DAV, "expand-property"),
        Name::new(DAV, "principal-property-search"),
        Name::new(DAV, "principal-search-property-set"),
    ];
    let query = Name::new(CALDAV, "calendar-query");
    let multiget = Name::new(CALDAV, "calendar-multiget");
    let busy = Name::new(CALDAV, "free-busy-query");
    let sync = Name::new(DAV, "sync-collection");
    let more = match resource {
        Resource::Shelf | Resource::Principal(_) | Resource::Other(_) | Resource::Outbox => vec![],
        Resource::Home | Resource::Calendar(_) => vec![query, multiget, busy, sync],
        Resource::Object(..) => vec![query, multiget],
    };
    for name in of_people.iter().chain(&more) {
        writer.element(DAV, "supported-report", |inside| {
            inside.element(DAV, "report", |report| report.empty(name));
        });
    }
}

fn kinds(resource: Resource<'_>, writer: &mut Writer) {
    use ical::Kind::{Event, Journal, Todo};
    if let Resource::Calendar(calendar) = resource {
        for kind in [Event, Todo, Journal] {
            if calendar.kinds.takes(kind) {
                writer.element_with(CALDAV, "comp", &[("name", kind.as_str())], |_| ());
            }
        }
    }
}

fn to_the_second(moment: Moment) -> String {
    Timestamp::from_second(moment.as_seconds())
        .unwrap_or_default()
        .to_string()
}

pub(super) fn http_date(moment: Moment) -> String {
    let second = Timestamp::from_second(moment.as_seconds()).unwrap_or_default();
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&second)
        .unwrap_or_default()
}

/// What is asked of each resource.
pub(super) struct Question {
    live: Vec<Live>,
    own: Vec<Name>,
    /// Names alone.
    names: bool,
    /// With what is kept for clients, whatever it is called.
    all: bool,
    brief: bool,
    pub data: CalendarData,
}

impl Question {
    pub fn new(asked: PropRequest, brief: bool) -> Question {
        let mut question = Question {
            live: Vec::new(),
            own: Vec::new(),
            names: false,
            all: false,
            brief,
            data: CalendarData::default(),
        };
        match asked {
            PropRequest::Named { names, calendar_data } => {
                question.add(names);
                question.data = *calendar_data;
            }
            PropRequest::All { include } => {
                question.live = USUAL.to_vec();
                question.add(include);
                question.all = true;
                question.brief = true;
            }
            PropRequest::Names => {
                question.live = Live::ALL.to_vec();
                question.names = true;
                question.all = true;
                question.brief = true;
            }
        }
        question
    }

    fn add(&mut self, names: Vec<Name>) {
        for name in names {
            match Live::of(&name) {
                Some(live) if !self.live.contains(&live) => self.live.push(live),
                Some(_) => {}
                None => self.own.push(name),
            }
        }
    }

    pub fn asks(&self, live: Live) -> bool {
        self.live.contains(&live)
    }

    /// The text of an object in the form that is asked for, if any is.
    pub fn text_of<'t>(
        &self,
        text: &'t str,
        opened: &Opened<'_>,
        viewer: &Zone,
    ) -> Result<Option<Cow<'t, str>>, TooMany> {
        match (self.asks(Live::Data), self.data.is_whole()) {
            (false, _) => Ok(None),
            (true, true) => Ok(Some(Cow::Borrowed(text))),
            (true, false) => Ok(Some(Cow::Owned(self.data.of_opened(opened, viewer)?))),
        }
    }

    /// Writes what there is, and names what there is not.
    pub fn answer(&self, resource: Resource<'_>, here: &Here, answer: &mut Answer<'_>) {
        let kept = self.kept_by(resource);
        let something = self.live.iter().any(|live| live.is_shown(resource)) || !kept.is_empty();
        let missing = self.missing(resource, &kept);
        if something || self.brief || missing.is_empty() {
            answer.props(200, |writer| self.write(resource, &kept, here, writer));
        }
        if !self.brief {
            answer.names(404, &missing);
        }
    }

    /// The same without statuses: what is not there is handed back.
    pub fn write_found(&self, resource: Resource<'_>, here: &Here, writer: &mut Writer) -> Vec<Name> {
        let kept = self.kept_by(resource);
        self.write(resource, &kept, here, writer);
        self.missing(resource, &kept)
    }

    fn write(&self, resource: Resource<'_>, kept: &[Element], here: &Here, writer: &mut Writer) {
        for live in self.live.iter().filter(|live| live.is_shown(resource)) {
            match self.names {
                true => writer.empty(&live.name()),
                false => live.write(resource, here, writer),
            }
        }
        for element in kept {
            match self.names {
                true => writer.empty(&element.name),
                false => writer.copy(element),
            }
        }
    }

    /// What is kept with a calendar and asked for.
    fn kept_by(&self, resource: Resource<'_>) -> Vec<Element> {
        match resource {
            Resource::Calendar(calendar) if self.all || !self.own.is_empty() => {
                let mut kept = kept(&calendar.extra);
                kept.retain(|one| self.all || self.own.contains(&one.name));
                kept
            }
            _ => Vec::new(),
        }
    }

    fn missing(&self, resource: Resource<'_>, kept: &[Element]) -> Vec<Name> {
        if self.brief {
            return Vec::new();
        }
        let live = self
            .live
            .iter()
            .filter(|live| !live.is_shown(resource))
            .map(|live| live.name());
        let own = self
            .own
            .iter()
            .filter(|name| !kept.iter().any(|one| one.name == **name));
        live.chain(own.cloned()).collect()
    }
}

/// What clients keep with a calendar.
pub(super) fn kept(extra: &str) -> Vec<Element> {
    let root = if extra.is_empty() {
        None
    } else {
        parse(extra.as_bytes()).ok().flatten()
    };
    root.map(|root| root.elements().cloned().collect())
        .unwrap_or_default()
}

/// The same, as it is stored.
pub(super) fn keep(elements: &[Element]) -> String {
    if elements.is_empty() {
        return String::new();
    }
    let mut writer = Writer::new();
    writer.element(DAV, "prop", |inside| {
        elements.iter().for_each(|one| inside.copy(one));
    });
    writer.finish()
}

impl Here {
    pub fn of(who: &SignedIn) -> Here {
        Here {
            person: who.id,
            home_token: None,
        }
    }
}
