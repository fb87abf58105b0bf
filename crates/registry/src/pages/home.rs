//! The front page: what is yours, and what you look after.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::Problem;
use front::frame::{Frame, shown};

use super::people::called;
use super::reader::Reader;
use super::{ADMINS, AUDITORS, READERS};
use crate::failure::Failure;
use crate::{Registry, app_passwords};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    name: Option<String>,
    rooms: Vec<Room>,
}

struct Room {
    called: String,
    ways: Vec<Way>,
}

struct Way {
    href: &'static str,
    called: String,
    about: String,
}

pub async fn home(State(registry): State<Arc<Registry>>, reader: Reader) -> Result<Response, Problem> {
    let Some(person) = &reader.person else {
        return Ok(shown(&HomePage {
            name: None,
            rooms: Vec::new(),
            frame: reader.frame,
        }));
    };
    let sessions = registry.sessions(person.id).await.map_err(Failure::from)?.len();
    let programs = registry
        .app_passwords(person.id)
        .await
        .map_err(app_passwords::refused)?
        .len();
    let name = called(&reader.frame, person);
    let mut rooms = vec![own(&reader, sessions, programs)];
    rooms.extend(house(&reader));
    Ok(shown(&HomePage {
        name: Some(name),
        rooms,
        frame: reader.frame,
    }))
}

fn own(reader: &Reader, sessions: usize, programs: usize) -> Room {
    let counted = |key: &'static str, count| reader.frame.say(key).with("count", count).to_string();
    let way = |href, key: &str, about| Way {
        href,
        called: reader.say(key),
        about,
    };
    Room {
        called: reader.say("home-account"),
        ways: vec![
            way("/me", "menu-profile", reader.say("home-profile")),
            way("/me/password", "menu-password", reader.say("home-password")),
            way(
                "/me/sessions",
                "menu-sessions",
                counted("home-sessions", sessions),
            ),
            way(
                "/me/app-passwords",
                "menu-app-passwords",
                counted("home-app-passwords", programs),
            ),
            way("/groups", "menu-groups", reader.say("home-groups")),
        ],
    }
}

/// What the reader's roles open. Nothing for most.
fn house(reader: &Reader) -> Option<Room> {
    let ways: Vec<Way> = [
        (READERS, "/people", "people-title", "home-people"),
        (ADMINS, "/keys", "keys-title", "home-keys"),
        (AUDITORS, "/audit", "audit-title", "home-audit"),
    ]
    .into_iter()
    .filter(|(access, ..)| access.check(&reader.caller.who).is_ok())
    .map(|(_, href, key, about)| Way {
        href,
        called: reader.say(key),
        about: reader.say(about),
    })
    .collect();
    (!ways.is_empty()).then(|| Room {
        called: reader.say("home-house"),
        ways,
    })
}
