//! Whom an edit would reach: what somebody is told before they do it.
//!
//! What is kept true: it is worked out by the same decision that sends the messages of an edit, so it names everybody who would
//! get one, and nobody else.

use std::collections::{HashMap, HashSet};

use ical::{Component, Method, Participant, mailbox};
use kernel::PersonId;

use super::{Change, notices, tree};
use crate::people::called_by_id;
use crate::rules::itip::{self, Mine};
use crate::service::{Calendars, Refused};

/// What somebody would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Invitation,
    Change,
    Cancellation,
    Answer,
}

impl Sent {
    pub fn word(self) -> &'static str {
        match self {
            Sent::Invitation => "invitation",
            Sent::Change => "change",
            Sent::Cancellation => "cancellation",
            Sent::Answer => "answer",
        }
    }
}

/// How they would get it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// It comes into their calendar here, and a letter tells of it.
    House,
    /// By mail alone: nobody here has this address.
    Mail,
}

impl Means {
    pub fn word(self) -> &'static str {
        match self {
            Means::House => "house",
            Means::Mail => "mail",
        }
    }
}

/// Somebody who would be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// As it stands in the event.
    pub address: String,
    pub name: Option<String>,
    pub sent: Sent,
    pub means: Means,
    person: Option<PersonId>,
}

impl Calendars {
    /// Whom the owner of an object would reach, were it `after`; with the part that is cut off, if there is one.
    pub(crate) async fn reached(
        &self,
        owner: PersonId,
        before: &str,
        after: Option<&str>,
        split: Option<&str>,
    ) -> Result<Vec<Reached>, Refused> {
        let mine = self.mine(owner).await?;
        let own = self.card(owner).await?;
        let zone = own.map_or_else(|| "UTC".to_owned(), |card| card.zone);
        let was = tree(before);
        let took_part = was.as_ref().map_or_else(HashSet::new, part);
        let mut all = Everybody::default();
        let edits = [
            Some((Some(before), after)),
            split.map(|split| (None, Some(split))),
        ];
        for (before, after) in edits.into_iter().flatten() {
            for (message, method, to) in self.told(before, after, &mine) {
                let Ok(message) = ical::parse(message.as_bytes()) else {
                    continue;
                };
                let goes_out = notices::goes_out(&message, &zone, self.now());
                let names = names(&message);
                let met = self.met(&to).await?;
                let readers = met.iter().filter_map(|(_, reader)| *reader).collect();
                let cards = self.cards(readers).await?;
                for (address, person) in met {
                    let card = person.map(|person| cards.get(&person));
                    let means = match card {
                        Some(Some(_)) => Means::House,
                        None if goes_out && mailbox(&address).is_some() => Means::Mail,
                        // Nothing gets there.
                        _ => continue,
                    };
                    let key = key(&address);
                    let name = card.flatten().map(|card| card.name.clone());
                    all.add(Reached {
                        name: name.or_else(|| names.get(&key).cloned()),
                        sent: sent(method, took_part.contains(&key)),
                        means,
                        person,
                        address,
                    });
                }
            }
        }
        Ok(all.people)
    }

    /// The messages of one edit: text, method and addresses.
    fn told(
        &self,
        before: Option<&str>,
        after: Option<&str>,
        mine: &Mine,
    ) -> Vec<(String, Method, Vec<String>)> {
        let change = Change {
            before,
            after,
            gone: None,
            mine,
            now: self.now(),
            merges: false,
        };
        let messages = change.told().unwrap_or_default().messages.into_iter();
        messages.map(|one| (one.text, one.method, one.to)).collect()
    }
}

/// An address as it is compared.
fn key(address: &str) -> String {
    address.trim().to_lowercase()
}

/// Whoever takes part in something.
fn part(calendar: &Component<'_>) -> HashSet<String> {
    let all = itip::entries(calendar).flat_map(itip::attendees);
    all.map(|one| key(&one.address)).collect()
}

/// How people are called in a message.
fn names(message: &Component<'_>) -> HashMap<String, String> {
    let people = itip::entries(message).flat_map(|entry| entry.all("ATTENDEE").chain(entry.all("ORGANIZER")));
    let mut names = HashMap::new();
    for one in people.map(Participant::read) {
        if let Some(name) = one.name {
            names
                .entry(key(&one.address))
                .or_insert_with(|| name.into_owned());
        }
    }
    names
}

/// Whoever takes part already hears of a change.
fn sent(method: Method, took_part: bool) -> Sent {
    match method {
        Method::Cancel => Sent::Cancellation,
        Method::Reply => Sent::Answer,
        _ if took_part => Sent::Change,
        _ => Sent::Invitation,
    }
}

/// Each of them once: who is taken out of one part and stays in the other hears of a change.
#[derive(Default)]
struct Everybody {
    people: Vec<Reached>,
    /// By the person of the house, or else by the address.
    places: HashMap<String, usize>,
}

impl Everybody {
    fn add(&mut self, one: Reached) {
        let called = one.person.map_or_else(|| key(&one.address), called_by_id);
        let known = self.places.get(&called).and_then(|at| self.people.get_mut(*at));
        match known {
            Some(known) if known.sent == Sent::Cancellation => known.sent = one.sent,
            Some(_) => {}
            None => {
                self.places.insert(called, self.people.len());
                self.people.push(one);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use testkit::stores::Kind;

    use crate::tests::{Scene, visitor};

    fn text(starts: &str, guests: &[&str]) -> String {
        let guests: String = guests
            .iter()
            .map(|guest| format!("ATTENDEE;CN={}:mailto:{guest}\r\n", &guest[..5]))
            .collect();
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:tea\r\n\
             DTSTAMP:20261101T000000Z\r\nDTSTART:{starts}\r\nDURATION:PT1H\r\nSUMMARY:Tea\r\n\
             ORGANIZER:mailto:anna@town.example\r\n{guests}END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    }

    #[tokio::test]
    async fn everybody_is_named_once_with_what_they_get_and_how() {
        let scene = Scene::on(Kind::Sqlite).await;
        let (boris, greta) = ("boris@town.example", "greta@elsewhere.example");
        let reached = async |before: &str, after: Option<&str>, split: Option<&str>| {
            let anna = visitor("anna").id;
            let all = scene.calendars.reached(anna, before, after, split).await.unwrap();
            let said = all.into_iter().map(|one| {
                let name = one.name.unwrap_or_default();
                format!("{} {} {name}", one.sent.word(), one.means.word())
            });
            said.collect::<Vec<_>>()
        };
        let before = text("20800108T100000Z", &[boris, greta]);
        let later = text("20800108T120000Z", &[boris, greta]);
        assert_eq!(
            reached(&before, Some(&later), None).await,
            ["change house boris", "change mail greta"]
        );
        assert_eq!(
            reached(&before, None, None).await,
            ["cancellation house boris", "cancellation mail greta"]
        );
        assert_eq!(reached(&before, Some(&before), None).await, Vec::<String>::new());
        // Who is taken out of the first part and stays in the second hears of a change, as does who stays and sees others go.
        let alone = text("20800108T100000Z", &[boris]);
        let other =
            text("20800109T100000Z", &[greta, "maxim@elsewhere.example"]).replace("UID:tea", "UID:cake");
        let mut told = reached(&before, Some(&alone), Some(&other)).await;
        told.sort();
        assert_eq!(
            told,
            ["change house boris", "change mail greta", "invitation mail maxim"]
        );
        // Nobody outside is written to about what is over.
        let over = text("20200108T100000Z", &[greta]);
        let moved = text("20200108T120000Z", &[greta]);
        assert_eq!(reached(&over, Some(&moved), None).await, Vec::<String>::new());
    }
}
