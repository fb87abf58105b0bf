//! `serve --demo`: the demo city, and the paper about it. `demo.json` beside the store says how to sign in as whom; it is
//! read again at the next start, so that the password and the service key stay what they were.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use calendar::{Hall, Settler};
use kernel::{Id, PersonId, Secret, Text};
use registry::demo::{City, Dweller, Ground, RoleInCity, plan};
use registry::grants::types::Doer;
use registry::people::limits::NAME_CHARS_MAX;
use registry::people::service::{NewPerson, Start};
use registry::people::types::{About, Email};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::house::Built;
use crate::print;

/// Rooms: their names, addresses and places, and how many find a seat in them.
const HALLS: [(&str, &str, &str, i64); 3] = [
    ("Room Ferry", "ferry", "City Hall, first floor", 8),
    ("Room Lighthouse", "lighthouse", "City Hall, under the roof", 30),
    ("Зал «Паром»", "parom", "Мэрия, второй этаж", 15),
];

const FILE_NAME: &str = "demo.json";
/// What the role of somebody without one is called in the file.
const NO_ROLE: &str = "person";
/// Of each role, so many are printed; the file has all.
const PRINTED_OF_EACH_ROLE: usize = 1;

#[derive(Serialize, Deserialize)]
struct Paper {
    base: String,
    people: Vec<Citizen>,
    service_key: String,
}

#[derive(Serialize, Deserialize)]
struct Citizen {
    role: String,
    email: String,
    password: String,
    id: String,
}

/// A demo city in a house that is about to open.
pub struct Demo {
    file: PathBuf,
    paper: Paper,
    has_mailbox: bool,
}

/// Founds the city or finds it again, and writes down what is true now.
pub async fn settle(config: &Config, house: &Built) -> anyhow::Result<Demo> {
    let registry = &house.registry;
    let city = plan(seed(&registry.options().secret));
    if registry.ground(&city).await? == Ground::Others {
        bail!(
            "--demo: this house holds real people, and everybody in a demo has a known password; use an empty --data"
        );
    }
    registry.found(&city).await?;
    if let Some(segments) = &house.segments {
        let people: Vec<PersonId> = city.dwellers.iter().map(|dweller| dweller.id).collect();
        let first = city.dwellers.first().context("a demo city has people")?;
        segments.segments.found(&people, first.id).await?;
    }
    let settlers: Vec<Settler> = city.dwellers.iter().map(settler).collect();
    house.calendars.settle(&settlers).await?;
    let halls = halls(house, &city).await?;
    house.calendars.bring_together(&settlers, &halls).await?;
    let people = who_can_sign_in(house, &city).await?;
    let file = config.store.data.join(FILE_NAME);
    let kept = read(&file).map(|paper| paper.service_key);
    let key = registry.demo_key(kept.as_deref(), &key_scopes(house)).await?;
    let paper = Paper {
        base: house.base.clone(),
        people,
        service_key: key.reveal().to_owned(),
    };
    write(&file, &paper).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(Demo {
        file,
        paper,
        has_mailbox: house.has_mailbox,
    })
}

/// Rooms of the city: somebody in the registry, whom nobody signs in as.
async fn halls(house: &Built, city: &City) -> anyhow::Result<Vec<Hall>> {
    let first = city.dwellers.first().context("a demo city has people")?;
    let mut halls = Vec::new();
    for (name, word, place, seats) in HALLS {
        let email = format!("{word}@rivermouth.example");
        let id = PersonId(Id::named("hall of a demo", &format!("{}/{word}", first.id)));
        let doer = Doer::house("demo");
        if house.registry.person(&doer, id).await.is_err() {
            let about = About {
                email: Some(Email::parse(&email)?),
                name: Text::new(name, NAME_CHARS_MAX)?,
                ..first.about.clone()
            };
            let new = NewPerson {
                id: Some(id),
                about,
                start: Start::Invited,
            };
            house.registry.create_person(&doer, new).await?;
        }
        halls.push(Hall {
            id,
            name: name.to_owned(),
            email,
            place: place.to_owned(),
            seats,
        });
    }
    Ok(halls)
}

fn settler(dweller: &Dweller) -> Settler {
    let about = &dweller.about;
    Settler {
        id: dweller.id,
        name: about.name.to_string(),
        email: about.email.as_ref().map(|email| email.as_str().to_owned()),
        language: about.language,
        zone: about.zone.as_str().to_owned(),
    }
}

/// Each house has a city of its own, with passwords that nobody else can know: both follow from the house's secret.
fn seed(secret: &Secret) -> u64 {
    let hash = Sha256::new()
        .chain_update("demo city")
        .chain_update(secret.reveal())
        .finalize();
    hash.iter()
        .take(8)
        .fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

async fn who_can_sign_in(house: &Built, city: &City) -> anyhow::Result<Vec<Citizen>> {
    let doer = Doer::house("demo");
    let mut people = Vec::new();
    for dweller in &city.dwellers {
        let person = house.registry.person(&doer, dweller.id).await?;
        let Some(email) = person.email().filter(|_| person.state.is_active()) else {
            continue;
        };
        people.push(Citizen {
            role: match dweller.role {
                RoleInCity::Resident => NO_ROLE.to_owned(),
                role => role.as_str().to_owned(),
            },
            email: email.as_str().to_owned(),
            password: dweller.password.reveal().to_owned(),
            id: dweller.id.to_string(),
        });
    }
    Ok(people)
}

impl Demo {
    /// Where to look and how to sign in.
    pub fn print(&self) {
        let base = &self.paper.base;
        print::line(&format!("  sign in      {base}/sign-in"));
        if self.has_mailbox {
            print::line(&format!(
                "  the mailbox  {base}/mailbox (every letter that went out, for the admin)"
            ));
        }
        print::line(&format!("  the API      {base}/api/docs"));
        for role in ["admin", "registrar", "auditor", "analyst", NO_ROLE] {
            let people = self.paper.people.iter().filter(|citizen| citizen.role == role);
            for citizen in people.take(PRINTED_OF_EACH_ROLE) {
                print::line(&format!(
                    "  {role:12} {}  password {}",
                    citizen.email, citizen.password
                ));
            }
        }
        print::line(&format!(
            "  everybody    {} (people, passwords, a service key)",
            self.file.display()
        ));
    }
}

/// Every scope that some route takes: the demo's service may try them all.
fn key_scopes(house: &Built) -> Vec<&'static str> {
    let mut scopes: Vec<&str> = house
        .front
        .table()
        .iter()
        .filter_map(|route| route.access.key_scope())
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// What is not there or cannot be read is written anew.
fn read(file: &Path) -> Option<Paper> {
    serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()
}

/// Written beside and renamed, so that a script never reads half of it; for its owner's eyes only.
fn write(file: &Path, paper: &Paper) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let part = file.with_extension("json.part");
    let mut options = std::fs::OpenOptions::new();
    let mut opened = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&part)?;
    opened.write_all(serde_json::to_string_pretty(paper)?.as_bytes())?;
    opened.write_all(b"\n")?;
    opened.sync_all()?;
    Ok(std::fs::rename(&part, file)?)
}
