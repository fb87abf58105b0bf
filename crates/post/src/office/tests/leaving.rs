//! Letters whose attempt is on disk, and whose provider's rate has gone to another process.

use super::*;
use crate::letters::rules::Event;
use crate::letters::{Stick, decide};
use crate::office::flight::{self, What};
use crate::providers::lines::PROMPT;
use crate::providers::{Pass, Reserved};
use bell::Part;

/// A place at the only provider.
fn place(office: &Arc<Office>, letter: Id) -> Pass {
    let now = office.now();
    match office
        .lines
        .reserve(&mut Vec::new(), PROMPT, (letter, Stick::Anywhere, ""), now)
    {
        Reserved::Given(pass) => pass,
        Reserved::Full | Reserved::Nobody => panic!("there is no place"),
    }
}

fn ready(letter: Id) -> Ready {
    Ready {
        letter,
        kind: "test.reset",
        message_id: "x@house.example".to_owned(),
        from: "house@house.example".to_owned(),
        to: "reader1@example.org".to_owned(),
        mime: Arc::from(b"Subject: x\r\n\r\nx".as_slice()),
    }
}

impl Town {
    /// A letter on its way by an attempt that is on disk, as the worker who gave it a place knows it.
    async fn sending(&self, number: u32) -> Letter {
        let id = self.ask(&RESET, number, "{}").await;
        let letter = self.post.letter(id).await.unwrap();
        let mut change = decide(&letter, Event::Attempt, self.house.clock.now(), "").unwrap();
        "relay".clone_into(&mut change.provider);
        let shard = self.house.store.shard_of(id);
        let kept = shard.write::<_, StoreError>(move |tx| crate::letters::rows::change(tx, &change));
        assert!(kept.await.unwrap());
        self.post.letter(id).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_waited_for_the_rate_is_given_if_it_is_still_ours_and_else_to_nobody() {
    let provider = Scripted::well("relay");
    let line = Line {
        rate_per_second: 5,
        ..Line::new(Arc::clone(&provider) as Arc<dyn Provider>)
    };
    let mut town = Town::of(stores::sqlite().await.unwrap(), vec![line]).await;
    town.close().await;
    let office = Arc::clone(&town.post.0);
    let share = |held| office.lines.shared(Lane::Prompt, 0, &Part::of(held, 4), 1);
    let fly = |letter: &Letter, pass| {
        let (id, office) = (letter.id, Arc::clone(&office));
        tokio::spawn(flight::hand_over(office, letter.clone(), ready(id), pass))
    };
    share(4);
    office.lines.room(office.now(), PROMPT, &[]);
    let (ours, lost, last) = (
        town.sending(1).await,
        town.sending(2).await,
        town.sending(3).await,
    );
    let mut places = Vec::new();
    for letter in [&ours, &lost, &last] {
        town.house.clock.advance_seconds(5);
        places.push(place(&office, letter.id));
    }
    let mut places = places.into_iter();

    let flown = fly(&ours, places.next().unwrap());
    tokio::time::sleep(Duration::from_millis(100)).await;
    town.house.clock.advance_seconds(2);
    assert_eq!(refusal(&flown.await.unwrap()), None);
    assert_eq!(provider.got(ours.id), 1);

    let flown = fly(&lost, places.next().unwrap());
    tokio::time::sleep(Duration::from_millis(100)).await;
    let change = decide(&lost, Event::NoAnswer, office.now(), "").unwrap();
    let shard = town.house.store.shard_of(lost.id);
    let kept = shard.write::<_, StoreError>(move |tx| crate::letters::rows::change(tx, &change));
    assert!(kept.await.unwrap(), "whoever has the work now takes it for lost");
    town.house.clock.advance_seconds(2);
    assert!(refusal(&flown.await.unwrap()).unwrap().contains("no longer ours"));
    assert_eq!(provider.got(lost.id), 0);

    share(0);
    let back = fly(&last, places.next().unwrap()).await.unwrap();
    assert!(refusal(&back).unwrap().contains("did not come to it"));
    assert_eq!(provider.got(last.id), 0);
    let next = back.decided(Some(&RESET)).unwrap().change.next;
    assert_eq!(next.state, State::Waiting, "it is asked for again");
}

/// Why a letter is to be asked for again.
fn refusal(landed: &flight::Landed) -> Option<String> {
    match &landed.what {
        What::Given {
            verdict: Verdict::Refused(refusal),
            ..
        } => Some(refusal.words.clone()),
        _ => None,
    }
}
