//! Who lives in the demo city. A plan is made of a seed and nothing else: no clock, no chance, no store.

use std::collections::BTreeSet;

use kernel::{Id, Language, PersonId, Secret, Text};

use super::names::{ENGLISH_FIRST, ENGLISH_LAST, RUSSIAN_LAST, RUSSIAN_MEN, RUSSIAN_WOMEN, WORDS, in_latin};
use crate::grants::types::HouseRole;
use crate::people::limits::NAME_CHARS_MAX;
use crate::people::types::{About, Attributes, Email, Value, Zone};

/// People of the city.
const DWELLERS: u64 = 200;
const ADMINS: u64 = 2;
const REGISTRARS: u64 = 5;
const AUDITORS: u64 = 3;
const ANALYSTS: u64 = 2;
/// Of the residents, one in this many has not accepted their invitation yet, and one in that many is blocked.
const ONE_INVITED_IN: u64 = 19;
const ONE_BLOCKED_IN: u64 = 47;

/// The city as it is to be founded.
#[derive(Clone, Debug)]
pub struct City {
    pub dwellers: Vec<Dweller>,
    pub key_name: &'static str,
    /// What the one service key of the city may do.
    pub key_scopes: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Dweller {
    pub id: PersonId,
    pub about: About,
    pub role: RoleInCity,
    /// All residents have the same one, so that a visitor of the demo can be anybody.
    pub password: Secret,
    pub standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Active,
    Invited,
    Blocked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleInCity {
    Admin,
    Registrar,
    Auditor,
    Analyst,
    Resident,
}

impl RoleInCity {
    pub const fn as_str(self) -> &'static str {
        match self {
            RoleInCity::Admin => "admin",
            RoleInCity::Registrar => "registrar",
            RoleInCity::Auditor => "auditor",
            RoleInCity::Analyst => "analyst",
            RoleInCity::Resident => "resident",
        }
    }

    /// The role on the house that goes with it.
    pub const fn on_house(self) -> Option<HouseRole> {
        match self {
            RoleInCity::Admin => Some(HouseRole::Admin),
            RoleInCity::Registrar => Some(HouseRole::Registrar),
            RoleInCity::Auditor => Some(HouseRole::Auditor),
            RoleInCity::Analyst => Some(HouseRole::Analyst),
            RoleInCity::Resident => None,
        }
    }
}

/// An office of the city: its name in both languages, and the zone of those who work there.
struct Office {
    name: &'static str,
    zone: &'static str,
    language: Language,
}

const OFFICES: [Office; 10] = [
    Office {
        name: "City Hall",
        zone: "Europe/London",
        language: Language::English,
    },
    Office {
        name: "Harbour Office",
        zone: "Europe/London",
        language: Language::English,
    },
    Office {
        name: "Library",
        zone: "Europe/Dublin",
        language: Language::English,
    },
    Office {
        name: "Waterworks",
        zone: "Europe/Lisbon",
        language: Language::English,
    },
    Office {
        name: "Overseas Desk",
        zone: "America/New_York",
        language: Language::English,
    },
    Office {
        name: "Мэрия",
        zone: "Europe/Moscow",
        language: Language::Russian,
    },
    Office {
        name: "Школа № 7",
        zone: "Europe/Moscow",
        language: Language::Russian,
    },
    Office {
        name: "Порт",
        zone: "Europe/Kaliningrad",
        language: Language::Russian,
    },
    Office {
        name: "Депо",
        zone: "Asia/Yekaterinburg",
        language: Language::Russian,
    },
    Office {
        name: "Дальний отдел",
        zone: "Asia/Vladivostok",
        language: Language::Russian,
    },
];

/// The people of the city that this seed stands for.
pub fn plan(seed: u64) -> City {
    let mut chance = Chance(seed);
    let mut taken = BTreeSet::new();
    let passwords = [
        (RoleInCity::Admin, chance.password()),
        (RoleInCity::Registrar, chance.password()),
        (RoleInCity::Auditor, chance.password()),
        (RoleInCity::Resident, chance.password()),
        (RoleInCity::Analyst, chance.password()),
    ];
    let dwellers = (0..DWELLERS)
        .filter_map(|n| {
            let role = role_of(n);
            let password = passwords
                .iter()
                .find(|(of, _)| *of == role)
                .map(|(_, password)| password.clone())?;
            let standing = standing_of(role, n);
            let about = chance.somebody(n, &mut taken)?;
            Some(Dweller {
                id: PersonId(Id::named("demo", &format!("{seed}/{n}"))),
                about,
                role,
                password,
                standing,
            })
        })
        .collect();
    let scopes = [
        "people:read",
        "people:write",
        "people:replicate",
        "audit:read",
        "segments:read",
        "segments:write",
    ];
    City {
        dwellers,
        key_name: "Demo service",
        key_scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
    }
}

fn role_of(n: u64) -> RoleInCity {
    match n {
        n if n < ADMINS => RoleInCity::Admin,
        n if n < ADMINS + REGISTRARS => RoleInCity::Registrar,
        n if n < ADMINS + REGISTRARS + AUDITORS => RoleInCity::Auditor,
        n if n < ADMINS + REGISTRARS + AUDITORS + ANALYSTS => RoleInCity::Analyst,
        _ => RoleInCity::Resident,
    }
}

fn standing_of(role: RoleInCity, n: u64) -> Standing {
    match role {
        RoleInCity::Resident if n.is_multiple_of(ONE_INVITED_IN) => Standing::Invited,
        RoleInCity::Resident if n.is_multiple_of(ONE_BLOCKED_IN) => Standing::Blocked,
        _ => Standing::Active,
    }
}

/// Numbers that look like chance and are the same for the same seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    fn of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        let at = self.below(things.len());
        things.get(at)
    }

    /// Three words that do not belong together, and a number.
    fn password(&mut self) -> Secret {
        let words = (0..3)
            .filter_map(|_| self.of(&WORDS).copied())
            .collect::<Vec<_>>();
        Secret::new(format!("{}-{}", words.join("-"), 10 + self.next() % 90))
    }

    fn somebody(&mut self, n: u64, taken: &mut BTreeSet<String>) -> Option<About> {
        let office = self.of(&OFFICES)?;
        let (first, last) = self.name(office.language)?;
        let mut local = format!("{}.{}", in_latin(&first), in_latin(&last));
        if !taken.insert(local.clone()) {
            local = format!("{local}.{n}");
            taken.insert(local.clone());
        }
        let joined = 2005 + i64::try_from(self.next() % 20).unwrap_or(0);
        let attributes = [
            ("office".to_owned(), Value::Text(office.name.to_owned())),
            ("joined".to_owned(), Value::Integer(joined)),
            ("remote".to_owned(), Value::Flag(self.next().is_multiple_of(5))),
        ];
        Some(About {
            email: Email::parse(&format!("{local}@rivermouth.example")).ok(),
            name: Text::required(&format!("{first} {last}"), NAME_CHARS_MAX).ok()?,
            language: office.language,
            zone: Zone::parse(office.zone).ok()?,
            attributes: Attributes::new(attributes).ok()?,
        })
    }

    fn name(&mut self, language: Language) -> Option<(String, String)> {
        match language {
            Language::English => Some((
                (*self.of(&ENGLISH_FIRST)?).to_owned(),
                (*self.of(&ENGLISH_LAST)?).to_owned(),
            )),
            Language::Russian => {
                let last = *self.of(&RUSSIAN_LAST)?;
                if self.next().is_multiple_of(2) {
                    Some(((*self.of(&RUSSIAN_WOMEN)?).to_owned(), format!("{last}а")))
                } else {
                    Some(((*self.of(&RUSSIAN_MEN)?).to_owned(), last.to_owned()))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passwords;

    #[test]
    fn a_city_is_the_same_each_time_and_another_for_another_seed() {
        let (one, again, other) = (plan(1), plan(1), plan(2));
        let people = |city: &City| {
            city.dwellers
                .iter()
                .map(|d| (d.id, d.about.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(people(&one), people(&again));
        assert_ne!(people(&one), people(&other));
    }

    #[test]
    fn the_city_is_full_and_its_addresses_differ() {
        for seed in [0, 1, 7, u64::MAX] {
            let city = plan(seed);
            assert_eq!(city.dwellers.len(), 200);
            let emails = city
                .dwellers
                .iter()
                .filter_map(|d| Some(d.about.email.as_ref()?.key()))
                .collect::<BTreeSet<_>>();
            assert_eq!(emails.len(), 200, "everybody has an address of their own");
            for language in Language::ALL {
                let speakers = city
                    .dwellers
                    .iter()
                    .filter(|d| d.about.language == language)
                    .count();
                assert!(speakers > 50, "{speakers} speak {language}");
            }
            for role in ["admin", "registrar", "auditor", "analyst", "resident"] {
                assert!(
                    city.dwellers
                        .iter()
                        .any(|d| d.role.as_str() == role && d.standing == Standing::Active)
                );
            }
        }
    }

    #[test]
    fn its_passwords_pass_the_rules() {
        for dweller in &plan(1).dwellers {
            let email = dweller
                .about
                .email
                .as_ref()
                .map(|email| email.to_string())
                .unwrap_or_default();
            let about = passwords::About {
                email: &email,
                name: &dweller.about.name,
                house: "Townhall",
            };
            passwords::accept(dweller.password.reveal(), 10, &about).unwrap();
        }
    }
}
