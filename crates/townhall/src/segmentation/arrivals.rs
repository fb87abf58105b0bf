//! People who come and go by Kafka: a message says who, the users service what is true of them now. So neither order nor
//! repetition of messages matters, and topics need no agreement but who is meant.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, join_all};
use futures_util::stream;
use intake::{Intake, Message, Options, Take, Verdict};
use kernel::PersonId;
use segments::{LearnError, Segments};
use serde_json::Value;
use tokio::sync::{OnceCell, watch};

use super::users::{Fault, Users};
use crate::config::Config;

/// People who are learned about together, and of whom one who fails has all of them asked for one by one. A batch is two
/// such rows, which go on at the same time; that fills a group commit and leaves room in the writers' queue.
const TOGETHER: usize = 250;
/// People who are asked for one by one at the same time.
const ALONE_AT_ONCE: usize = 32;
/// Who is asked for to see whether the users service is the right one: the chance that all of them are gone and nobody said so
/// yet is small.
const WITNESSES: usize = 8;

pub struct Arrivals {
    options: Options,
    learner: Learner,
}

impl Arrivals {
    pub fn new(config: &Config, segments: &Segments, users: Arc<Users>) -> Arrivals {
        let settings = &config.intake;
        Arrivals {
            options: Options {
                brokers: settings.brokers.clone(),
                group: settings.group.clone(),
                topics: settings.topics.clone(),
                retry: Options::RETRY,
                session: Options::SESSION,
            },
            learner: Learner {
                segments: segments.clone(),
                users,
            },
        }
    }

    /// Takes messages until `closing` says so.
    pub fn open(self, closing: watch::Receiver<bool>) -> Intake {
        Intake::open(self.options, Arc::new(self.learner), closing)
    }
}

struct Learner {
    segments: Segments,
    users: Arc<Users>,
}

/// Whether the users service is there and the right one; asked once in a round, when of somebody nothing can be known.
type Answers = OnceCell<Result<(), Fault>>;

impl Take for Learner {
    fn take<'a>(&'a self, batch: &'a [Message]) -> BoxFuture<'a, Vec<Verdict>> {
        Box::pin(async move {
            let named: Vec<Result<PersonId, String>> =
                batch.iter().map(|message| who(message.value())).collect();
            let people: BTreeSet<PersonId> = named.iter().flatten().copied().collect();
            let people: Vec<PersonId> = people.into_iter().collect();
            let answers = Answers::new();
            let learned = people.chunks(TOGETHER).map(|row| self.learn(row, &answers));
            let learned: HashMap<PersonId, Verdict> = join_all(learned).await.into_iter().flatten().collect();
            let verdict = |named: Result<PersonId, String>| match named {
                Ok(person) => learned.get(&person).cloned().unwrap_or(Verdict::Done),
                Err(why) => Verdict::Poison(why),
            };
            named.into_iter().map(verdict).collect()
        })
    }
}

impl Learner {
    /// All at once; when that cannot be, whoever is to blame is told from the others.
    async fn learn(&self, people: &[PersonId], answers: &Answers) -> Vec<(PersonId, Verdict)> {
        let alike = |verdict: Verdict| people.iter().map(|person| (*person, verdict.clone())).collect();
        for is_last in [false, true] {
            match self.segments.learn(people).await {
                Ok(()) => return alike(Verdict::Done),
                Err(error @ (LearnError::Store(_) | LearnError::Overtaken(_))) => {
                    return alike(Verdict::Later(error.to_string()));
                }
                Err(LearnError::Unknown(_)) => {}
            }
            let was_proved = is_last || self.users.is_proved();
            match answers.get_or_init(|| self.prove(people)).await {
                Ok(()) if !was_proved => {}
                Ok(()) | Err(Fault::Unproved) => break,
                Err(fault) => return alike(Verdict::Later(fault.to_string())),
            }
        }
        let alone = people.iter().copied();
        let alone = alone.map(|person| async move { (person, self.alone(person).await) });
        stream::iter(alone)
            .buffer_unordered(ALONE_AT_ONCE)
            .collect()
            .await
    }

    async fn prove(&self, people: &[PersonId]) -> Result<(), Fault> {
        let witnesses = people
            .first()
            .map(|person| self.segments.others(*person, WITNESSES));
        self.users.prove(&witnesses.unwrap_or_default()).await
    }

    async fn alone(&self, person: PersonId) -> Verdict {
        match self.users.about(person).await {
            Err(fault @ Fault::Wrong(_)) => Verdict::Poison(fault.to_string()),
            Err(fault @ (Fault::Failed(_) | Fault::Away(_))) => Verdict::Doubtful(fault.to_string()),
            Err(fault @ Fault::Unproved) => Verdict::Later(fault.to_string()),
            Ok(_) => match self.segments.learn(&[person]).await {
                Ok(()) => Verdict::Done,
                Err(error) => Verdict::Later(error.to_string()),
            },
        }
    }
}

/// A GUID, as it is, as a JSON text, or as `id` of a JSON object.
fn who(value: &[u8]) -> Result<PersonId, String> {
    let text = std::str::from_utf8(value).map_err(|_| "it names nobody: it is not text")?;
    let text = text.trim();
    let id = match serde_json::from_str(text) {
        Ok(Value::String(id)) => id,
        Ok(Value::Object(fields)) => match fields.get("id") {
            Some(Value::String(id)) => id.clone(),
            _ => return Err("it names nobody: it has no text `id`".into()),
        },
        _ => text.to_owned(),
    };
    id.parse::<PersonId>()
        .map_err(|bad| format!("it names nobody: {bad}"))
}

#[cfg(test)]
mod tests {
    use kernel::Id;

    use super::*;

    #[test]
    fn a_message_names_a_person_in_any_of_three_ways() {
        let person = PersonId(Id::named("person", "1"));
        for text in [
            format!("{person}"),
            format!(" {person}\n"),
            format!("\"{person}\""),
            format!("{{\"id\": \"{person}\", \"name\": \"Anna\"}}"),
        ] {
            assert_eq!(who(text.as_bytes()), Ok(person), "{text}");
        }
        // Digits only is a number to JSON, and a person all the same.
        let digits = "1".repeat(32);
        assert_eq!(who(digits.as_bytes()), Ok(digits.parse().unwrap()));
    }

    #[test]
    fn garbage_names_nobody() {
        for garbage in [
            &b""[..],
            b"\xff\xfe",
            b"Anna",
            b"{}",
            b"{\"id\": 7}",
            b"[]",
            b"null",
            b"0197",
        ] {
            assert!(who(garbage).unwrap_err().starts_with("it names nobody"));
        }
    }
}
