//! What somebody may do with a place, as access control says it (RFC 3744).

use super::props::{Here, Resource};
use crate::library::Rights;
use crate::place::Place;
use crate::xml::{CALDAV, DAV, Name, Writer};

fn held(resource: Resource<'_>) -> Vec<Name> {
    let mut held = vec![
        Name::new(DAV, "read"),
        Name::new(DAV, "read-acl"),
        Name::new(DAV, "read-current-user-privilege-set"),
    ];
    let rights = match resource {
        Resource::Calendar(calendar) | Resource::Object(calendar, ..) => {
            held.push(Name::new(CALDAV, "read-free-busy"));
            calendar.rights
        }
        Resource::Home => {
            held.extend(["bind", "unbind"].map(|name| Name::new(DAV, name)));
            return held;
        }
        Resource::Outbox => {
            let sends = ["schedule-send", "schedule-send-freebusy"];
            held.extend(sends.map(|name| Name::new(CALDAV, name)));
            return held;
        }
        Resource::Shelf | Resource::Principal(_) | Resource::Other(_) => return held,
    };
    if rights == Rights::ALL {
        held.push(Name::new(DAV, "write"));
    }
    if rights.write {
        held.extend(["write-content", "bind", "unbind"].map(|name| Name::new(DAV, name)));
    }
    if rights.manage {
        held.push(Name::new(DAV, "write-properties"));
    }
    held
}

pub(super) fn privileges(resource: Resource<'_>, writer: &mut Writer) {
    for name in held(resource) {
        writer.element(DAV, "privilege", |inside| inside.empty(&name));
    }
}

/// What somebody may do stands in rules of the house, so nothing of it can be changed here.
pub(super) fn acl(resource: Resource<'_>, here: &Here, writer: &mut Writer) {
    writer.element(DAV, "ace", |ace| {
        ace.element(DAV, "principal", |inside| {
            inside.leaf(DAV, "href", &Place::Principal(here.person).href());
        });
        ace.element(DAV, "grant", |inside| privileges(resource, inside));
        ace.empty(&Name::new(DAV, "protected"));
    });
}

pub(super) fn supported_privileges(writer: &mut Writer) {
    let one = |writer: &mut Writer, name: Name, words: &str, inside: &dyn Fn(&mut Writer)| {
        writer.element(DAV, "supported-privilege", |writer| {
            writer.element(DAV, "privilege", |privilege| privilege.empty(&name));
            writer.element_with(DAV, "description", &[("xml:lang", "en")], |text| text.text(words));
            inside(writer);
        });
    };
    one(writer, Name::new(DAV, "all"), "Everything", &|all| {
        one(all, Name::new(DAV, "read"), "See", &|read| {
            one(
                read,
                Name::new(CALDAV, "read-free-busy"),
                "See when one is busy",
                &|_| (),
            );
        });
        one(all, Name::new(DAV, "read-acl"), "See who may do what", &|_| ());
        let own = Name::new(DAV, "read-current-user-privilege-set");
        one(all, own, "See what one may do", &|_| ());
        one(all, Name::new(DAV, "write"), "Change", &|write| {
            for (name, words) in [
                ("write-content", "Change what is there"),
                ("write-properties", "Change what is said of it"),
                ("bind", "Add to it"),
                ("unbind", "Take away from it"),
            ] {
                one(write, Name::new(DAV, name), words, &|_| ());
            }
        });
    });
}
