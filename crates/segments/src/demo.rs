//! Segments of the demo city: a dozen with a year behind them, by the ordinary use cases at instants of the past, so that
//! every page and every report has something true to show.

use std::sync::Arc;

use kernel::{Clock, Language, Moment, PersonId, Text};

use crate::draws::Wanted;
use crate::service::{Refused, Segments};
use crate::types::{
    Actor, Condition, Definition, Ground, Key, Reason, Rollout, Share, Step, Test, Value, Variant,
};
use crate::{Draft, Edit};

const DAY: i64 = 86_400;
const HOUR: i64 = 60 * 60;
const YEAR_DAYS: i64 = 365;

/// What is shown first: it is there when all the others are.
const LAST: &str = "SMART_METER";

/// A year that is lived again: its clock goes from then to now.
struct Year<'a> {
    segments: Segments,
    clock: Clock,
    began: Moment,
    people: &'a [PersonId],
    by: Actor,
}

impl Segments {
    /// Founds the segments of the demo city, if they are not there.
    pub async fn found(&self, people: &[PersonId], admin: PersonId) -> Result<(), Refused> {
        if self.segment(LAST).is_ok() {
            return Ok(());
        }
        let began = self.0.clock.now().plus_seconds(-YEAR_DAYS * DAY);
        let clock = Clock::manual(began);
        let segments = Segments::new(
            self.0.store.clone(),
            clock.clone(),
            Arc::clone(&self.0.population),
            self.0.archive.clone(),
        );
        segments
            .learn(people)
            .await
            .map_err(|error| store::StoreError::broken(error.to_string()))?;
        segments.load().await?;
        let year = Year {
            segments,
            clock,
            began,
            people,
            by: Actor::Person(admin),
        };
        year.live().await?;
        self.reload_rules().await?;
        Ok(())
    }
}

impl Year<'_> {
    async fn live(&self) -> Result<(), Refused> {
        self.first_months().await?;
        self.summer().await?;
        self.autumn().await
    }

    /// To so many days after the year began.
    fn wait_until(&self, day: i64) {
        let ahead = self.began.plus_seconds(day * DAY).micros_since(self.clock.now()) / 1_000_000;
        self.clock.advance_seconds(ahead.max(0));
    }

    async fn first_months(&self) -> Result<(), Refused> {
        self.create(
            "STAFF",
            "People who work for the city",
            "People and culture",
            None,
        )
        .await?;
        for person in self.people.iter().take(12) {
            self.add(*person, "STAFF", None).await?;
        }
        self.wait_until(5);
        self.create("BETA_TESTERS", "They see everything first", "Product", None)
            .await?;
        for person in self.people.iter().skip(20).step_by(9) {
            self.add(*person, "BETA_TESTERS", None).await?;
        }
        self.wait_until(20);
        let voice = Some(rollout("VOICE_MESSAGES", "1"));
        self.create("VOICE_MESSAGES", "Voice messages to the city", "Messaging", voice)
            .await?;
        self.wait_until(27);
        self.change("VOICE_MESSAGES", rollout("VOICE_MESSAGES", "5"))
            .await?;
        let ru = Rollout {
            conditions: vec![Condition::Language(vec![Language::Russian])],
            ..rollout("RUSSIAN_GUIDE", "100")
        };
        self.create(
            "RUSSIAN_GUIDE",
            "A guide of the city in Russian",
            "Content",
            Some(ru),
        )
        .await?;
        self.wait_until(60);
        self.change("VOICE_MESSAGES", rollout("VOICE_MESSAGES", "30"))
            .await?;
        let draft = Draft {
            definition: Definition {
                rollout: Some(rollout("BUTTON_COLOUR", "100")),
                variants: ["blue", "green", "orange"].map(variant).to_vec(),
            },
            ..draft("BUTTON_COLOUR", "Which colour is pressed most", "Design", None)?
        };
        self.segments.create(draft, self.by).await?;
        Ok(())
    }

    async fn summer(&self) -> Result<(), Refused> {
        self.wait_until(150);
        self.create("SUMMER_PASS", "Free swimming for two weeks", "Sports", None)
            .await?;
        for person in self.people.iter().skip(30).step_by(5) {
            self.add(*person, "SUMMER_PASS", Some(14)).await?;
        }
        for (name, share) in [("NEW_CHECKOUT", "40"), ("QUICK_PAY", "30")] {
            let layered = Rollout {
                ground: Ground::Layer {
                    name: key("CHECKOUT")?,
                    spans: Vec::new(),
                },
                ..rollout(name, share)
            };
            self.create(
                name,
                "One of two ways to pay, never both",
                "Payments",
                Some(layered),
            )
            .await?;
        }
        self.wait_until(165);
        self.segments.end_what_is_over().await?;
        self.wait_until(200);
        self.segments.archive("SUMMER_PASS", None, self.by).await?;
        self.create(
            "GARDEN_LOTTERY",
            "Plots in the city garden, by lot",
            "Parks",
            None,
        )
        .await?;
        self.draw("GARDEN_LOTTERY", "10", "garden-2026", None).await?;
        self.wait_until(230);
        self.change("VOICE_MESSAGES", rollout("VOICE_MESSAGES", "60"))
            .await
    }

    async fn autumn(&self) -> Result<(), Refused> {
        self.wait_until(250);
        let share = share("2")?;
        let until = self.began.plus_seconds((YEAR_DAYS - 10) * DAY);
        self.segments
            .hold_out(key("AUTUMN_HOLDOUT")?, share, Some(until))
            .await?;
        let remote = Condition::Attribute {
            name: "remote".to_owned(),
            test: Test::OneOf(vec![Value::Flag(true)]),
        };
        let at_home = Rollout {
            conditions: vec![remote],
            ..rollout("HOME_DESK", "50")
        };
        self.create(
            "HOME_DESK",
            "A chair for those who work at home",
            "People and culture",
            Some(at_home),
        )
        .await?;
        self.wait_until(YEAR_DAYS - 20);
        let newcomers = Rollout {
            conditions: vec![Condition::CreatedSince(self.began.plus_seconds(275 * DAY))],
            ..rollout("NEWCOMERS", "100")
        };
        self.create(
            "NEWCOMERS",
            "People who came this autumn",
            "Welcome desk",
            Some(newcomers),
        )
        .await?;
        self.wait_until(YEAR_DAYS - 3);
        self.create(
            "THEATRE_TICKETS",
            "Two tickets at half the price, for some days",
            "Culture",
            None,
        )
        .await?;
        self.draw("THEATRE_TICKETS", "15", "theatre-2026-11", Some(10))
            .await?;
        self.create(
            "WEEKEND_DISCOUNT",
            "Buses for nothing, this weekend",
            "Transport",
            None,
        )
        .await?;
        for person in self.people.iter().skip(15).step_by(7) {
            self.add(*person, "WEEKEND_DISCOUNT", Some(5)).await?;
        }
        if let Some(person) = self.people.get(22) {
            let out = ["VOICE_MESSAGES".to_owned()];
            self.segments.put(*person, &[], &out, self.by).await?;
        }
        self.wait_until(YEAR_DAYS);
        self.plans().await
    }

    /// In so many days, at a full hour, as people plan.
    fn full_hour(&self, days: i64) -> Moment {
        let now = self.clock.now().as_seconds();
        Moment::from_seconds(now - now.rem_euclid(HOUR) + days * DAY)
    }

    /// What is to come: a roll-out whose steps lie ahead.
    async fn plans(&self) -> Result<(), Refused> {
        let next = |days: i64, percent: &str| {
            Ok::<_, Reason>(Step {
                at: self.full_hour(days),
                share: self::share(percent)?,
            })
        };
        let number = |key: &str| Ok::<_, Reason>(self.segments.segment(key)?.number);
        let meter = Rollout {
            steps: vec![next(7, "5")?, next(14, "30")?, next(28, "100")?],
            exclude: vec![number("STAFF")?],
            ..rollout(LAST, "1")
        };
        self.create(
            LAST,
            "Meters that read themselves, step by step",
            "Energy",
            Some(meter),
        )
        .await
    }

    async fn create(
        &self,
        key: &str,
        title: &str,
        owner: &str,
        rollout: Option<Rollout>,
    ) -> Result<(), Refused> {
        self.segments
            .create(draft(key, title, owner, rollout)?, self.by)
            .await?;
        Ok(())
    }

    async fn change(&self, key: &str, rollout: Rollout) -> Result<(), Refused> {
        let edit = Edit {
            definition: Some(Definition {
                rollout: Some(rollout),
                variants: Vec::new(),
            }),
            ..Edit::default()
        };
        self.segments.change(key, None, edit, self.by).await?;
        Ok(())
    }

    async fn add(&self, person: PersonId, key: &str, days: Option<i64>) -> Result<(), Refused> {
        let until = days.map(|days| self.clock.now().plus_seconds(days * DAY));
        self.segments
            .put(person, &[(key.to_owned(), until)], &[], self.by)
            .await?;
        Ok(())
    }

    async fn draw(&self, key: &str, percent: &str, name: &str, days: Option<i64>) -> Result<(), Refused> {
        let wanted = Wanted {
            share: share(percent)?,
            among: rollout("", "100"),
            until: days.map(|days| self.clock.now().plus_seconds(days * DAY)),
            request: Some(name.to_owned()),
        };
        self.segments.draw(key, wanted, self.by).await?;
        Ok(())
    }
}

fn share(percent: &str) -> Result<Share, Reason> {
    Share::parse_percent(percent).map_err(|bad| field("share", bad.to_string()))
}

fn key(text: &str) -> Result<Key, Reason> {
    Key::parse(text).map_err(|bad| field("key", bad.to_string()))
}

fn field(field: &str, problem: String) -> Reason {
    Reason::Field {
        field: field.to_owned(),
        problem,
    }
}

fn rollout(salt: &str, percent: &str) -> Rollout {
    Rollout::plain(salt, Share::parse_percent(percent).unwrap_or(Share::NOBODY))
}

fn variant(name: &str) -> Variant {
    Variant {
        name: Key::stored(name.to_owned()),
        weight: 1,
    }
}

fn draft(key: &str, title: &str, owner: &str, rollout: Option<Rollout>) -> Result<Draft, Reason> {
    let text = |text: &str| Text::new(text, 200).map_err(|bad| field("title", bad.to_string()));
    Ok(Draft {
        key: self::key(key)?,
        title: text(title)?,
        description: text("")?,
        owner: text(owner)?,
        definition: Definition {
            rollout,
            variants: Vec::new(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Scene;
    use testkit::stores::Kind;

    #[tokio::test]
    async fn a_city_has_a_year_behind_it_and_is_founded_once() {
        let scene = Scene::on(Kind::Sqlite).await;
        let mut people = Vec::new();
        for number in 0..60 {
            people.push(scene.old_person(number).await);
        }
        scene.segments.found(&people, people[0]).await.unwrap();
        let founded = scene.segments.segments(true);
        assert!(founded.len() >= 12, "{}", founded.len());
        scene.segments.found(&people, people[0]).await.unwrap();
        assert_eq!(scene.segments.segments(true), founded);
        let (fresh, _) = scene.another().await;
        let (_, numbers) = fresh.numbers().await.unwrap();
        for (key, least) in [
            ("VOICE_MESSAGES", 20),
            ("BUTTON_COLOUR", 50),
            ("GARDEN_LOTTERY", 5),
            ("STAFF", 12),
        ] {
            let members = numbers[&Key::stored(key.to_owned())].members();
            assert!(members >= least, "{key}: {members}");
        }
        let now = scene.store.clock.now();
        let steps = scene
            .segments
            .steps(people[30], now.plus_seconds(-400 * DAY), now)
            .await
            .unwrap();
        assert!(
            steps
                .iter()
                .any(|step| step.segment.as_str() == "SUMMER_PASS" && !step.joined),
            "{steps:?}"
        );
    }
}
