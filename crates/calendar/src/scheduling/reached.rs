//! Whom an edit would reach: what somebody is told before they do it.
//!
//! What is kept true: it is worked out by the same decision that sends the messages of an edit, so it names everybody who would
//! get one, and nobody else.

use ical::{Component, Method, Participant, mailbox};
use kernel::PersonId;

use super::{Change, notices, tree};
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
        let mut all: Vec<Reached> = Vec::new();
        let edits = [
            Some((Some(before), after)),
            split.map(|split| (None, Some(split))),
        ];
        for (before, after) in edits.into_iter().flatten() {
            for (message, method, to) in self.told(before, after, &mine) {
                let Ok(message) = ical::parse(message.as_bytes()) else {
                    continue;
                };
                let goes_out = notices::outside(&message, &zone, self.now()).is_some();
                for address in to {
                    let sent = sent(method, was.as_ref(), &address);
                    let one = self.one(&address, sent, (&message, goes_out)).await?;
                    if let Some(one) = one {
                        add(&mut all, one);
                    }
                }
            }
        }
        Ok(all)
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

    /// `None`: nothing gets there.
    async fn one(
        &self,
        address: &str,
        sent: Sent,
        (message, goes_out): (&Component<'_>, bool),
    ) -> Result<Option<Reached>, Refused> {
        let person = self.reader(address).await?;
        let card = match person {
            Some(person) => self.card(person).await?,
            None => None,
        };
        let means = match (person, &card) {
            (Some(_), Some(_)) => Means::House,
            (None, _) if goes_out && mailbox(address).is_some() => Means::Mail,
            _ => return Ok(None),
        };
        let called = itip::entries(message).flat_map(|entry| {
            let people = entry.all("ATTENDEE").chain(entry.all("ORGANIZER"));
            people.map(Participant::read)
        });
        let mut called = called.filter(|one| one.is(address));
        let called = called.find_map(|one| one.name.map(|name| name.into_owned()));
        Ok(Some(Reached {
            address: address.to_owned(),
            name: card.map(|card| card.name).or(called),
            sent,
            means,
            person,
        }))
    }
}

/// Whoever takes part already hears of a change.
fn sent(method: Method, was: Option<&Component<'_>>, address: &str) -> Sent {
    let took_part = was.is_some_and(|was| {
        let mut all = itip::entries(was).flat_map(itip::attendees);
        all.any(|one| one.is(address))
    });
    match method {
        Method::Cancel => Sent::Cancellation,
        Method::Reply => Sent::Answer,
        _ if took_part => Sent::Change,
        _ => Sent::Invitation,
    }
}

/// Each of them once: who is taken out of one part and stays in the other hears of a change.
fn add(all: &mut Vec<Reached>, one: Reached) {
    let same = |known: &&mut Reached| match (known.person, one.person) {
        (Some(known), Some(other)) => known == other,
        _ => known.address.eq_ignore_ascii_case(&one.address),
    };
    match all.iter_mut().find(same) {
        Some(known) if known.sent == Sent::Cancellation => known.sent = one.sent,
        Some(_) => {}
        None => all.push(one),
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
