//! The registry's pages: the front page, signing in, one's own account, people, groups, keys, the audit trail.
//!
//! A page calls the service and shows what it says; nothing is decided here. Each page works without script, so a
//! form that was refused comes back with what was typed and the reason beside the field, and an act that cannot be
//! taken back asks on a page of its own first.

mod account;
mod app_passwords;
mod audit;
mod confirm;
mod door;
mod forgotten;
mod groups;
mod home;
mod keys;
mod links;
mod people;
mod person;
mod person_acts;
mod reader;
mod sessions;

use std::sync::Arc;

use front::frame::{NavItem, Words};
use front::{Access, Routes};
use http::Method;

use crate::Registry;
use crate::grants::{ADMIN, AUDITOR, REGISTRAR};

/// What the pages say.
pub static WORDS: Words = Words::new(
    include_str!("../../locales/en.ftl"),
    include_str!("../../locales/ru.ftl"),
    Some(&front::frame::WORDS),
);

/// Reads people and what was done.
const READERS: Access = Access::role(&[ADMIN, REGISTRAR, AUDITOR]);
/// Reads the audit trail.
const AUDITORS: Access = Access::role(&[ADMIN, AUDITOR]);
/// Looks after people.
const REGISTRARS: Access = Access::role(&[ADMIN, REGISTRAR]);
/// Gives roles and keys.
const ADMINS: Access = Access::role(&[ADMIN]);

/// Where the header leads to.
pub const NAV: [NavItem; 3] = [
    NavItem {
        href: "/people",
        words: &WORDS,
        key: "people-title",
        access: READERS,
    },
    NavItem {
        href: "/keys",
        words: &WORDS,
        key: "keys-title",
        access: ADMINS,
    },
    NavItem {
        href: "/audit",
        words: &WORDS,
        key: "audit-title",
        access: AUDITORS,
    },
];

pub fn routes() -> Routes<Arc<Registry>> {
    let routes = Routes::new("registry");
    groups::routes(people_routes(own_routes(door_routes(routes))))
}

fn door_routes(routes: Routes<Arc<Registry>>) -> Routes<Arc<Registry>> {
    const GREETED: Access = Access::GREETED;
    routes
        .page(GREETED, Method::GET, "/", home::home)
        .page(GREETED, Method::GET, "/sign-in", door::sign_in_page)
        .page(GREETED, Method::POST, "/sign-in", door::sign_in)
        .page(GREETED, Method::GET, "/forgotten-password", forgotten::page)
        .page(GREETED, Method::POST, "/forgotten-password", forgotten::ask)
        .page(GREETED, Method::POST, "/sign-out", door::sign_out)
        .page(GREETED, Method::POST, "/language", door::choose_language)
        .page(GREETED, Method::GET, "/links/{token}", links::open)
        .page(GREETED, Method::POST, "/links/{token}", links::accept)
}

fn own_routes(routes: Routes<Arc<Registry>>) -> Routes<Arc<Registry>> {
    const OWN: Access = Access::SIGNED_IN;
    routes
        .page(OWN, Method::GET, "/me", account::profile)
        .page(OWN, Method::POST, "/me", account::change_profile)
        .page(OWN, Method::GET, "/me/password", account::password_page)
        .page(OWN, Method::POST, "/me/password", account::change_password)
        .page(OWN, Method::GET, "/me/sessions", sessions::list)
        .page(
            OWN,
            Method::GET,
            "/me/sessions/end-others",
            sessions::confirm_end_others,
        )
        .page(OWN, Method::POST, "/me/sessions/end-others", sessions::end_others)
        .page(OWN, Method::POST, "/me/sessions/{id}/end", sessions::end)
        .page(OWN, Method::GET, "/me/app-passwords", app_passwords::list)
        .page(OWN, Method::POST, "/me/app-passwords", app_passwords::create)
        .page(
            OWN,
            Method::GET,
            "/me/app-passwords/{id}/revoke",
            app_passwords::confirm_revoke,
        )
        .page(
            OWN,
            Method::POST,
            "/me/app-passwords/{id}/revoke",
            app_passwords::revoke,
        )
}

fn people_routes(routes: Routes<Arc<Registry>>) -> Routes<Arc<Registry>> {
    routes
        .page(READERS, Method::GET, "/people", people::list)
        .page(REGISTRARS, Method::GET, "/people/new", people::new_page)
        .page(REGISTRARS, Method::POST, "/people/new", people::create)
        .page(READERS, Method::GET, "/people/{id}", person::show)
        .page(REGISTRARS, Method::POST, "/people/{id}", person::change)
        .page(ADMINS, Method::POST, "/people/{id}/grants", person::grant)
        .page(
            ADMINS,
            Method::POST,
            "/people/{id}/grants/remove",
            person::ungrant,
        )
        .page(
            REGISTRARS,
            Method::POST,
            "/people/{id}/invite",
            person_acts::invite,
        )
        .page(REGISTRARS, Method::POST, "/people/{id}/reset", person_acts::reset)
        .page(
            REGISTRARS,
            Method::POST,
            "/people/{id}/unblock",
            person_acts::unblock,
        )
        .page(
            REGISTRARS,
            Method::GET,
            "/people/{id}/block",
            person_acts::confirm_block,
        )
        .page(REGISTRARS, Method::POST, "/people/{id}/block", person_acts::block)
        .page(
            REGISTRARS,
            Method::GET,
            "/people/{id}/end-sessions",
            person_acts::confirm_end_sessions,
        )
        .page(
            REGISTRARS,
            Method::POST,
            "/people/{id}/end-sessions",
            person_acts::end_sessions,
        )
        .page(
            REGISTRARS,
            Method::GET,
            "/people/{id}/delete",
            person_acts::confirm_delete,
        )
        .page(
            REGISTRARS,
            Method::POST,
            "/people/{id}/delete",
            person_acts::delete,
        )
        .page(
            REGISTRARS,
            Method::GET,
            "/people/{id}/export",
            person_acts::export,
        )
        .page(ADMINS, Method::GET, "/keys", keys::list)
        .page(ADMINS, Method::POST, "/keys", keys::create)
        .page(ADMINS, Method::GET, "/keys/{id}/revoke", keys::confirm_revoke)
        .page(ADMINS, Method::POST, "/keys/{id}/revoke", keys::revoke)
        .page(AUDITORS, Method::GET, "/audit", audit::list)
}
