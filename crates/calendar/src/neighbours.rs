//! What people of the demo city have with each other: a calendar that one of them shares and publishes, an invitation that waits for
//! answers, a meeting in a room, a weekly one across offices in all their zones, and something of which one is reminded within
//! minutes.

use ical::zones::Zone;
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, ToSpan as _};
use kernel::{PersonId, Text};

use crate::demo::Settler;
use crate::directory::PublicName;
use crate::publishing::Shows;
use crate::resources::Sort;
use crate::rules::edits::times::{Times, TimesWish};
use crate::rules::edits::wish::{Guest, Wish};
use crate::service::{Calendars, Draft, Refused, Visitor};
use crate::sharing::Rights;
use crate::types::{About, Calendar, Color, Kinds, Name, Reason};

/// Made last: who has it has been brought together with the others.
const TOWN: &str = "town";
const TOWN_COLOR: i64 = 0x00_89_7b;
/// Those who know each other; the others have only what is theirs.
const NEIGHBOURS: usize = 13;
/// A reminder ten minutes before rings two minutes after the city was founded, and another one at the start.
const SOON_MINUTES: i64 = 12;

/// Somebody of the registry who is a room, and where it is.
pub struct Hall {
    pub id: PersonId,
    pub name: String,
    pub email: String,
    pub place: String,
    pub seats: i64,
}

impl Calendars {
    /// Brings the first people of the city together, unless they are.
    pub async fn bring_together(&self, people: &[Settler], halls: &[Hall]) -> Result<(), Refused> {
        let all = people.get(..NEIGHBOURS.min(people.len())).unwrap_or_default();
        let Some((host, others)) = all.split_first() else {
            return Ok(());
        };
        let named = self.calendar_named(host.id, Name::stored(TOWN.to_owned())).await;
        if named.is_ok() {
            return Ok(());
        }
        for hall in halls {
            let about = (Sort::Room, hall.place.clone(), hall.seats);
            self.make_resource(hall.id, about).await?;
        }
        for one in all {
            self.remind_soon(one).await?;
        }
        if let Some(inviting) = others.last() {
            self.invite(inviting, all, halls).await?;
        }
        self.meet_across_offices(host, people).await?;
        self.share_town(host, others).await
    }

    /// Something that begins within minutes.
    async fn remind_soon(&self, one: &Settler) -> Result<(), Refused> {
        let starts = self
            .here(one)
            .saturating_add(SignedDuration::from_mins(SOON_MINUTES));
        let title = one.pick("Call the archive", "Позвонить в архив");
        let home = self.first_of(one).await?;
        let wish = meeting(title, one, starts, 15);
        self.create_event(one.id, home.id, &wish).await?;
        Ok(())
    }

    /// A meeting to which all the others are asked, and a room.
    async fn invite(&self, host: &Settler, all: &[Settler], halls: &[Hall]) -> Result<(), Refused> {
        let home = self.first_of(host).await?;
        let day = next_week(self.here(host).date());
        let guests = all.iter().filter(|one| one.id != host.id);
        let guests = guests.filter_map(|one| Some((one.name.clone(), one.email.clone()?)));
        let hall = halls.first();
        let rooms = hall.map(|hall| (hall.name.clone(), hall.email.clone()));
        let guests = guests.chain(rooms).map(|(name, email)| Guest {
            name: Some(name),
            ..Guest::at(&email)
        });
        let title = host.pick("Evening of the street", "Вечер нашей улицы");
        let wish = Wish {
            place: hall.map(|hall| format!("{}, {}", hall.name, hall.place)),
            guests: Some(guests.collect()),
            ..meeting(title, host, day.at(18, 0, 0, 0), 120)
        };
        self.create_event(host.id, home.id, &wish).await?;
        Ok(())
    }

    /// A weekly meeting of people of all zones that there are, by the clock of whoever asks them.
    async fn meet_across_offices(&self, host: &Settler, people: &[Settler]) -> Result<(), Refused> {
        let mut zones = vec![host.zone.as_str()];
        let mut guests = Vec::new();
        for one in people {
            let Some(email) = one
                .email
                .as_deref()
                .filter(|_| !zones.contains(&one.zone.as_str()))
            else {
                continue;
            };
            zones.push(&one.zone);
            guests.push(Guest {
                name: Some(one.name.clone()),
                ..Guest::at(email)
            });
        }
        let home = self.first_of(host).await?;
        let weekly = "FREQ=WEEKLY;BYDAY=TU".parse::<ical::recurrence::Rule>();
        let weekly = weekly.map_err(|error| Reason::field("rule", error))?;
        let tuesday = next_week(self.here(host).date()).saturating_sub(1.day());
        let wish = Wish {
            guests: Some(guests),
            recurrence: Some(Some(weekly)),
            link: Some("https://meet.rivermouth.example/offices".to_owned()),
            ..meeting(
                host.pick("All offices", "Все офисы"),
                host,
                tuesday.at(11, 0, 0, 0),
                45,
            )
        };
        self.create_event(host.id, home.id, &wish).await?;
        Ok(())
    }

    /// A calendar that whoever has its link may see; the others are offered it.
    async fn share_town(&self, host: &Settler, others: &[Settler]) -> Result<(), Refused> {
        let home = self.first_of(host).await?;
        let town = Draft {
            name: Some(Name::stored(TOWN.to_owned())),
            about: About {
                title: Text::stored(host.pick("Events of the city", "События города").to_owned()),
                color: Color::stored(TOWN_COLOR).unwrap_or(Color::GREEN),
                busy: false,
                position: 2,
                ..home.about.clone()
            },
            kinds: Kinds::EVENTS_AND_TASKS,
        };
        let town = self.create(host.id, town).await?;
        let day = next_week(self.here(host).date());
        let weekly = "FREQ=WEEKLY;BYDAY=SA".parse::<ical::recurrence::Rule>();
        let weekly = weekly.map_err(|error| Reason::field("rule", error))?;
        let market = Wish {
            recurrence: Some(Some(weekly)),
            ..meeting(
                host.pick("Market by the river", "Ярмарка у реки"),
                host,
                day.saturating_sub(4.days()).at(9, 0, 0, 0),
                240,
            )
        };
        let council = meeting(
            host.pick("Open hour of the council", "Открытый час совета"),
            host,
            day.at(16, 0, 0, 0),
            60,
        );
        for wish in [market, council] {
            self.create_event(host.id, town.id, &wish).await?;
        }
        self.publish(host.id, town.id, Some(Shows::Everything), false)
            .await?;
        self.make_public(host.id, town.id, PublicName::stored(TOWN.to_owned()))
            .await?;
        for (number, one) in others.iter().enumerate() {
            let rights = if number == 0 { Rights::Edit } else { Rights::Read };
            self.share(host.id, town.id, one.id, rights).await?;
        }
        Ok(())
    }

    async fn first_of(&self, one: &Settler) -> Result<Calendar, Refused> {
        let visitor = Visitor {
            id: one.id,
            language: one.language,
            zone: one.zone.clone(),
        };
        let all = self.home(&visitor).await?;
        Ok(all.into_iter().next().ok_or(Reason::NoCalendar)?)
    }

    /// What the clock of somebody shows.
    fn here(&self, one: &Settler) -> DateTime {
        let zone = Zone::iana(&one.zone).unwrap_or(Zone::UTC);
        zone.local_at(self.now().to_timestamp())
    }
}

/// Wednesday of the coming week.
fn next_week(today: Date) -> Date {
    let monday = today.saturating_sub(i32::from(today.weekday().to_monday_zero_offset()).days());
    monday.saturating_add(9.days())
}

fn meeting(title: &str, one: &Settler, starts: DateTime, minutes: i32) -> Wish {
    let times = Times::Hours {
        starts,
        ends: starts.saturating_add(minutes.minutes()),
        zone: Some(one.zone.clone()),
    };
    Wish {
        title: Some(title.to_owned()),
        times: TimesWish::all(&times),
        ..Wish::default()
    }
}

#[cfg(test)]
mod tests {
    use kernel::Language;
    use testkit::stores::Kind;

    use super::*;
    use crate::tests::{NAMES, Scene, visitor};

    const ZONES: [&str; 3] = ["Europe/London", "America/New_York", "Asia/Vladivostok"];

    fn settlers() -> Vec<Settler> {
        let each = NAMES.into_iter().zip(ZONES);
        each.map(|(name, zone)| Settler {
            id: visitor(name).id,
            name: name.to_owned(),
            email: Some(format!("{name}@town.example")),
            language: Language::English,
            zone: zone.to_owned(),
        })
        .collect()
    }

    async fn events(scene: &Scene, name: &str) -> Vec<String> {
        let home = scene.first(&visitor(name)).await;
        let objects = scene.calendars.objects(home.owner, home.id, None, 100).await;
        let objects = objects.unwrap();
        let title = |text: &str| {
            let tree = ical::parse(text.as_bytes()).unwrap();
            tree.child("VEVENT").unwrap().value("SUMMARY").unwrap().to_owned()
        };
        let mut titles: Vec<String> = objects.iter().map(|one| title(&one.text)).collect();
        titles.sort();
        titles
    }

    #[tokio::test]
    async fn neighbours_have_something_with_each_other_once() {
        let scene = Scene::on(Kind::Sqlite).await;
        let people = settlers();
        for _ in 0..2 {
            scene.calendars.bring_together(&people, &[]).await.unwrap();
        }
        scene.post().await;
        let (soon, offices, evening) = ("Call the archive", "All offices", "Evening of the street");
        for name in NAMES {
            assert_eq!(events(&scene, name).await, [offices, soon, evening], "{name}");
        }
        // Whoever asks has nothing to answer.
        let waiting = |name| scene.calendars.count_invitations(visitor(name).id);
        assert_eq!(waiting("anna").await.unwrap(), 1);
        assert_eq!(waiting("boris").await.unwrap(), 2);
        assert_eq!(waiting("chen").await.unwrap(), 1);
        let town = Name::stored(TOWN.to_owned());
        let town = scene.calendars.calendar_named(people[0].id, town).await.unwrap();
        let link = scene.calendars.link(people[0].id, town.id).await.unwrap();
        assert!(link.is_some(), "everybody with the link may see it");
        let objects = scene.calendars.objects(town.owner, town.id, None, 10).await;
        assert_eq!(objects.unwrap().len(), 2);
        let starts = scene.calendars.now().plus_seconds(SOON_MINUTES * 60);
        let home = scene.first(&visitor("anna")).await;
        let range = (starts, starts.plus_seconds(60));
        let near = scene.calendars.near(home.owner, home.id, range).await.unwrap();
        assert_eq!(
            near.len(),
            1,
            "there is something to be reminded of within minutes"
        );
        assert!(!home.about.reminders.minutes().is_empty());
    }
}
