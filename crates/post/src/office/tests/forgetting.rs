//! What is forgotten of letters, and that it still adds up.

use store::{params, sql};

use super::*;

const DAY: i64 = 24 * 3600;

impl Town {
    async fn is_there(&self, id: Id) -> bool {
        self.post.letter(id).await.is_ok()
    }

    async fn lines_of_book(&self) -> Vec<i64> {
        let counted = self.house.store.read_each::<_, StoreError>(|tx| {
            tx.query_one(sql!("SELECT count(*) FROM letter_book"), params![], |row| {
                row.get(0)
            })
        });
        counted.await.unwrap()
    }

    /// What the house did in all its days.
    async fn sums(&self) -> Vec<(Option<State>, i64)> {
        let sums = self.post.book(5000).await.unwrap();
        sums.into_iter().map(|sum| (sum.state, sum.letters)).collect()
    }

    async fn adds_up(&self) {
        assert_eq!(self.post.audit(5000).await.unwrap(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_letters_and_their_stories_are_forgotten_and_their_sums_stay() {
    for kind in stores::KINDS {
        let provider = Scripted::well("relay");
        let lines = vec![Line::new(Arc::clone(&provider) as Arc<dyn Provider>)];
        let mut town = Town::of(stores::open(kind).await.unwrap(), lines).await;
        let mut old = Vec::new();
        for number in 0..20 {
            old.push(town.ask(&RESET, number, "{}").await);
        }
        for &id in &old {
            town.until(id, State::HandedOver).await;
        }
        let later = town.house.clock.now().plus_seconds(900 * DAY);
        let waiting = Ask::new(&RESET, to(50), *b"in years", later);
        let (still, now) = (waiting.id(), town.house.clock.now());
        let shard = town.house.store.shard_of(still);
        let asked = shard.write::<_, StoreError>(move |tx| ask(tx, &waiting, now).map(|_| ()));
        asked.await.unwrap();
        town.house.clock.advance_seconds(401 * DAY);
        let young = town.ask(&RESET, 60, "{}").await;
        town.until(young, State::HandedOver).await;
        let (before, lines_before) = (town.sums().await, town.lines_of_book().await);
        for _ in 0..2 {
            town.post.forget_old(400).await.unwrap();
            assert!(!town.is_there(old[0]).await && !town.is_there(old[19]).await);
            assert!(town.is_there(young).await, "it is young");
            assert!(town.is_there(still).await, "it still waits");
            assert_eq!(town.sums().await, before, "what was done stays known");
            town.adds_up().await;
        }
        assert!(town.lines_of_book().await < lines_before);
        town.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_to_somebody_who_is_deleted_are_withdrawn_and_forgotten() {
    let provider = Scripted::well("relay");
    let mut town = one(&provider).await;
    let sent = town.ask(&RESET, 1, "{}").await;
    let other = town.ask(&RESET, 2, "{}").await;
    for id in [sent, other] {
        town.until(id, State::HandedOver).await;
    }
    let (now, owner) = (town.house.clock.now(), to(1).owner());
    let later = Ask::new(&RESET, to(1), *b"later", now.plus_seconds(DAY)).telling("secret");
    let waiting = later.id();
    let shard = town.house.store.shard_of(owner);
    let asked = shard.write::<_, StoreError>(move |tx| ask(tx, &later, now).map(|_| ()));
    asked.await.unwrap();
    for _ in 0..2 {
        let forgotten = shard.write::<_, StoreError>(move |tx| crate::letters::forget::of_person(tx, owner));
        forgotten.await.unwrap();
        assert!(!town.is_there(sent).await && !town.is_there(waiting).await);
        assert!(town.is_there(other).await);
        town.adds_up().await;
        let withdrawn = town.sums().await.contains(&(Some(State::Withdrawn), 1));
        assert!(withdrawn, "{:?}", town.sums().await);
    }
    town.house.clock.advance_seconds(2 * DAY);
    town.close().await;
    assert_eq!(provider.got(waiting), 0);
}
