//! Calendars of the demo city: everybody has a week that is full of true things, meetings across offices in several zones,
//! whole days, series with a history, and tasks. What is planned follows from who somebody is and from the week it is.

use ical::Status;
use ical::zones::Zone;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use kernel::{Id, Language, Moment, PersonId, Text};

use crate::objects::{Piece, put_in};
use crate::rules::edits::times::{Times, TimesWish};
use crate::rules::edits::wish::{RemindWhen, Reminder, Wish};
use crate::rules::edits::{self, Aim, Pen, Which};
use crate::rules::holidays::Country;
use crate::service::{Calendars, Draft, Refused, Visitor};
use crate::subscriptions::types::Source;
use crate::types::{About, Calendar, Color, Expected, Kinds, Name, Reason};

/// The calendar that is made last: who has it has settled.
const WORK: &str = "work";
const WORK_COLOR: i64 = 0x8e_24_aa;
/// Series began so many weeks ago.
const WEEKS_BEFORE: i32 = 8;

/// Somebody of the city.
#[derive(Clone, Debug)]
pub struct Settler {
    pub id: PersonId,
    pub name: String,
    pub email: Option<String>,
    pub language: Language,
    pub zone: String,
}

impl Settler {
    /// What they read of two.
    pub(crate) fn pick<'t>(&self, english: &'t str, russian: &'t str) -> &'t str {
        pick(self.language, english, russian)
    }
}

impl Calendars {
    /// Gives everybody a week with something in it, unless they have it.
    pub async fn settle(&self, people: &[Settler]) -> Result<(), Refused> {
        for (number, one) in people.iter().enumerate() {
            let around: Vec<&Settler> = people
                .iter()
                .cycle()
                .skip(number + 1)
                .step_by(7)
                .take(3)
                .collect();
            self.settle_one(number, one, &around).await?;
        }
        Ok(())
    }

    async fn settle_one(&self, number: usize, one: &Settler, around: &[&Settler]) -> Result<(), Refused> {
        let owner = one.id;
        let named = self.calendar_named(owner, Name::stored(WORK.to_owned())).await;
        if named.is_ok() {
            return Ok(());
        }
        let visitor = Visitor {
            id: owner,
            language: one.language,
            zone: one.zone.clone(),
        };
        let home = self
            .home(&visitor)
            .await?
            .into_iter()
            .next()
            .ok_or(Reason::NoCalendar)?;
        let work = Draft {
            name: Some(Name::stored(WORK.to_owned())),
            about: About {
                title: Text::stored(pick(one.language, "Work", "Работа").to_owned()),
                color: Color::stored(WORK_COLOR).unwrap_or(Color::BLUE),
                position: 1,
                ..home.about.clone()
            },
            kinds: Kinds::EVENTS_AND_TASKS,
        };
        let at = self.now();
        let life = Life {
            number,
            one,
            around,
            at,
            monday: monday(at, &one.zone),
        };
        let own = life.own()?;
        let at_work = life.work()?;
        let work = self.create(owner, work).await?;
        self.lay(&home, own).await?;
        self.lay(&work, at_work).await?;
        self.follow_holidays(one).await
    }

    /// Shows somebody the holidays of the country they live in, if they are known.
    async fn follow_holidays(&self, one: &Settler) -> Result<(), Refused> {
        let Some(country) = Country::of_zone(&one.zone) else {
            return Ok(());
        };
        let (source, title) = (Source::Holidays(country), Text::stored(String::new()));
        let followed = self.subscribe(one.id, source, title, Color::GREEN).await;
        match followed {
            Ok(_) | Err(Refused::Reason(Reason::FollowedAlready)) => Ok(()),
            Err(why) => Err(why),
        }
    }

    /// Lays texts into a calendar, all at once.
    async fn lay(&self, calendar: &Calendar, texts: Vec<String>) -> Result<(), Refused> {
        let at = self.now();
        let owner = calendar.owner;
        let pieces = texts
            .into_iter()
            .map(|text| Piece::new(text, Id::beside(owner.0, at), at));
        let pieces = pieces.collect::<Result<Vec<_>, Reason>>()?;
        let id = calendar.id;
        let shard = self.store().shard_of(owner);
        let laid = shard.write::<_, Refused>(move |tx| {
            let calendar = crate::service::live(tx, owner, id)?;
            for piece in &pieces {
                let name = Name::of_object(piece.id());
                put_in(tx, &calendar, &name, piece, Expected::Nothing, None)?;
            }
            Ok(())
        });
        laid.await
    }
}

fn monday(at: Moment, zone: &str) -> Date {
    let zone = Zone::iana(zone).unwrap_or(Zone::UTC);
    let today = zone.local_at(at.to_timestamp()).date();
    today.saturating_sub(i32::from(today.weekday().to_monday_zero_offset()).days())
}

fn pick<'t>(language: Language, english: &'t str, russian: &'t str) -> &'t str {
    match language {
        Language::English => english,
        Language::Russian => russian,
    }
}

/// One person's plans.
struct Life<'a> {
    number: usize,
    one: &'a Settler,
    around: &'a [&'a Settler],
    at: Moment,
    monday: Date,
}

impl Life<'_> {
    fn pick<'t>(&self, english: &'t str, russian: &'t str) -> &'t str {
        pick(self.one.language, english, russian)
    }

    /// Something of this person's that differs from others'.
    fn of(&self, count: usize) -> i32 {
        i32::try_from(self.number % count.max(1)).unwrap_or_default()
    }

    fn day(&self, days: i32) -> Date {
        self.monday.saturating_add(days.days())
    }

    fn pen(&self) -> Pen {
        Pen {
            at: Zone::UTC.local_at(self.at.to_timestamp()),
            uid: Id::beside(self.one.id.0, self.at).to_string(),
            zone: self.one.zone.clone(),
        }
    }

    /// By the clock of this person.
    fn hours(&self, day: Date, hour: i8, minute: i8, minutes: i32) -> Times {
        self.hours_of(&self.one.zone, day.at(hour, minute, 0, 0), minutes)
    }

    fn hours_of(&self, zone: &str, starts: DateTime, minutes: i32) -> Times {
        Times::Hours {
            starts,
            ends: starts.saturating_add(minutes.minutes()),
            zone: Some(zone.to_owned()),
        }
    }

    fn plan(&self, title: &str, times: &Times, rule: &str) -> Result<Wish, Reason> {
        let rule = (!rule.is_empty()).then(|| rule.parse().map_err(|error| Reason::field("rule", error)));
        Ok(Wish {
            title: Some(title.to_owned()),
            times: TimesWish::all(times),
            recurrence: rule.transpose()?.map(Some),
            ..Wish::default()
        })
    }

    fn own(&self) -> Result<Vec<String>, Reason> {
        let (sport, birthday, dentist) = (self.of(3), self.of(5), self.of(4));
        let sport = ["MO,TH", "TU,FR", "WE,SA"]
            .get(usize::try_from(sport).unwrap_or_default())
            .copied()
            .unwrap_or("MO");
        let trip = Times::Days {
            first: self.day(4),
            last: self.day(6),
        };
        let rent = self.monday.first_of_month().saturating_sub(6.months());
        let friend = self.around.first().map_or("Anna", |friend| friend.name.as_str());
        let plans = [
            Wish {
                place: Some(self.pick("City pool", "Городской бассейн").to_owned()),
                ..self.plan(
                    self.pick("Swimming", "Бассейн"),
                    &self.hours(self.day(-7 * WEEKS_BEFORE), 19, 0, 75),
                    &format!("FREQ=WEEKLY;BYDAY={sport}"),
                )?
            },
            Wish {
                reminders: Some(vec![Reminder {
                    when: RemindWhen::BeforeStart(60),
                    by: ical::Action::Display,
                }]),
                place: Some(self.pick("12 Mill Lane", "Мельничная ул., 12").to_owned()),
                ..self.plan(
                    self.pick("Dentist", "Стоматолог"),
                    &self.hours(self.day(dentist), 8, 30, 30),
                    "",
                )?
            },
            Wish {
                busy: Some(false),
                ..self.plan(
                    &format!("{}: {friend}", self.pick("Birthday", "День рождения")),
                    &Times::Days {
                        first: self.day(birthday),
                        last: self.day(birthday),
                    },
                    "FREQ=YEARLY",
                )?
            },
            Wish {
                busy: Some(false),
                ..self.plan(self.pick("Cottage by the river", "Дача у реки"), &trip, "")?
            },
            self.plan(
                self.pick("Rent", "Квартплата"),
                &Times::Days {
                    first: rent,
                    last: rent,
                },
                "FREQ=MONTHLY;BYMONTHDAY=25",
            )?,
            self.plan(
                self.pick("Concert in the old town hall", "Концерт в старой ратуше"),
                &self.hours(self.day(5), 18, 30, 150),
                "",
            )?,
        ];
        plans
            .iter()
            .map(|plan| edits::create(plan, &self.pen()))
            .collect()
    }

    fn work(&self) -> Result<Vec<String>, Reason> {
        let began = self.day(-7 * WEEKS_BEFORE);
        let review = self.day(3);
        let plans = [
            self.plan(
                self.pick("Stand-up", "Планёрка"),
                &self.hours(began, 9, 30, 15),
                "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            )?,
            Wish {
                place: Some(self.pick("Room Ferry", "Комната «Паром»").to_owned()),
                ..self.plan(
                    self.pick("Review", "Обзор"),
                    &self.hours(review.saturating_sub(28.days()), 15, 0, 60),
                    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH",
                )?
            },
            self.plan(
                self.pick("Interview", "Собеседование"),
                &self.hours(review, 15, 30, 60),
                "",
            )?,
            Wish {
                status: Some(Status::Tentative),
                ..self.plan(
                    self.pick("Time to think", "Время подумать"),
                    &self.hours(self.day(2), 10, 0, 120),
                    "",
                )?
            },
            self.plan(
                self.pick("Lunch together", "Обед вместе"),
                &self.hours(self.day(self.of(5)), 12, 30, 60),
                "",
            )?,
        ];
        let mut texts: Vec<String> = plans
            .iter()
            .map(|plan| edits::create(plan, &self.pen()))
            .collect::<Result<_, _>>()?;
        texts.push(self.across_offices()?);
        texts.push(self.report());
        Ok(texts)
    }

    /// A weekly call by the clock of London, moved this week.
    fn across_offices(&self) -> Result<String, Reason> {
        let tuesday = self.day(1);
        let began = self.hours_of(
            "Europe/London",
            tuesday.saturating_sub((7 * WEEKS_BEFORE).days()).at(11, 0, 0, 0),
            45,
        );
        let plan = Wish {
            link: Some("https://meet.rivermouth.example/offices".to_owned()),
            reminders: Some(vec![Reminder {
                when: RemindWhen::BeforeStart(10),
                by: ical::Action::Display,
            }]),
            ..self.plan(
                self.pick("Call with London", "Созвон с Лондоном"),
                &began,
                "FREQ=WEEKLY;BYDAY=TU",
            )?
        };
        let series = edits::create(&plan, &self.pen())?;
        let moved = self.hours_of(
            "Europe/London",
            tuesday.saturating_add(1.day()).at(13, 0, 0, 0),
            45,
        );
        let wish = Wish {
            times: TimesWish {
                zone: None,
                ..TimesWish::all(&moved)
            },
            ..Wish::default()
        };
        let aim = Aim {
            which: Which::This,
            instance: Some(tuesday.at(11, 0, 0, 0)),
        };
        edits::change(&series, aim, &wish, &self.pen())?
            .text
            .ok_or(Reason::NoObject)
    }

    /// A task, due on Friday.
    fn report(&self) -> String {
        let pen = self.pen();
        let (title, due) = (
            self.pick("Send the report", "Отправить отчёт"),
            self.day(4).strftime("%Y%m%d"),
        );
        let at = pen.at.strftime("%Y%m%dT%H%M%SZ");
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Townhall//Calendar//EN\r\nBEGIN:VTODO\r\nUID:{}\r\nDTSTAMP:{at}\r\n\
             DUE;VALUE=DATE:{due}\r\nSUMMARY:{title}\r\nSTATUS:NEEDS-ACTION\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
            pen.uid
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sharing::Held;
    use testkit::stores::{self, Kind};

    #[tokio::test]
    async fn everybody_has_a_full_week_and_settles_once() {
        let store = stores::open(Kind::Sqlite).await.unwrap();
        let calendars = crate::tests::calendars(&store);
        let people: Vec<Settler> = (0..3)
            .map(|number| Settler {
                id: PersonId(Id::named("settler", &number.to_string())),
                name: format!("Person {number}"),
                email: Some(format!("p{number}@rivermouth.example")),
                language: if number == 0 {
                    Language::Russian
                } else {
                    Language::English
                },
                zone: ["Asia/Vladivostok", "Europe/London", "America/New_York"][number].to_owned(),
            })
            .collect();
        calendars.settle(&people).await.unwrap();
        calendars.settle(&people).await.unwrap();
        for one in &people {
            let visitor = Visitor {
                id: one.id,
                language: one.language,
                zone: one.zone.clone(),
            };
            let home = calendars.home(&visitor).await.unwrap();
            assert_eq!(home.len(), 2);
            let zone = Zone::iana(&one.zone).unwrap();
            let first = monday(store.clock.now(), &one.zone);
            let at = |date: Date| Moment::from(zone.start_of(date));
            let week = (at(first), at(first.saturating_add(7.days())));
            let held: Vec<_> = home.into_iter().map(Held::own).collect();
            let shown = calendars.agenda(&held, week, &zone, "").await.unwrap();
            assert!((14..30).contains(&shown.len()), "{}", shown.len());
            assert!(shown.iter().any(|one| one.is_changed), "the call was moved");
            let followed = calendars.subscriptions(one.id).await.unwrap();
            let sources: Vec<String> = followed
                .iter()
                .map(|one| one.subscription.source.to_string())
                .collect();
            let country = Country::of_zone(&one.zone).unwrap().code;
            assert_eq!(
                sources,
                [format!("holidays:{country}")],
                "the holidays of their country"
            );
        }
    }
}
