//! How far a reader came, in numbers of transactions.
//!
//! A transaction gets its number when it begins to write and ends when it likes, so "all up to here" is no place in
//! the log. What a snapshot says is: all below `next` have ended, but for those that are `open`. A mark is such a
//! snapshot; what is new since is what has ended by now and had not ended then. That is exact: a transaction that stays
//! open for long is read when it ends, and holds up nobody else's entries meanwhile.

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) turn: i64,
    pub(super) topic: i64,
    pub(super) key: Vec<u8>,
}

/// What is in the log behind one place and before a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) after: Place,
    pub(super) before: i64,
}

/// What one snapshot shows of a server's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Which log it is. Numbers of two logs have nothing to do with each other.
    pub(super) log: String,
    /// Of turns below this one entries may have been taken away.
    pub(super) trimmed: i64,
    /// All turns from here on have not begun, or not ended.
    pub(super) next: i64,
    /// The turns below `next` that have not ended, in order.
    pub(super) open: Vec<i64>,
}

/// Up to where somebody read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    log: String,
    next: i64,
    open: Vec<i64>,
    /// The last entry that was read of a turn that was not read to its end.
    within: Option<Place>,
}

/// What was to be read is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost;

impl Look {
    /// Reads a snapshot as PostgreSQL says it: `xmin:xmax:open,open,…`.
    pub(super) fn new(snapshot: &str, log: String, trimmed: i64) -> Option<Look> {
        let mut parts = snapshot.splitn(3, ':').skip(1);
        let next = parts.next()?.parse().ok()?;
        let open = parts.next()?.split(',').filter(|turn| !turn.is_empty());
        let mut open = open.map(|turn| turn.parse().ok()).collect::<Option<Vec<i64>>>()?;
        open.sort_unstable();
        open.dedup();
        Some(Look {
            log,
            trimmed,
            next,
            open,
        })
    }

    /// All turns below this one have ended.
    pub(super) fn ended_below(&self) -> i64 {
        self.open.first().copied().unwrap_or(self.next)
    }

    fn is_open(&self, turn: i64) -> bool {
        self.open.binary_search(&turn).is_ok()
    }
}

impl Mark {
    /// Behind all that had ended.
    pub(super) fn of(look: Look) -> Mark {
        Mark {
            log: look.log,
            next: look.next,
            open: look.open,
            within: None,
        }
    }

    /// Where to read what ended since, in this order: first the rest of a turn that was read in part.
    pub(super) fn unread(&self, look: &Look) -> Result<Vec<Stretch>, Lost> {
        let first = self.open.first().copied().unwrap_or(self.next);
        // Numbers go back when a cluster is put back to an earlier day behind our back.
        if look.log != self.log || look.next < self.next || look.trimmed > first {
            return Err(Lost);
        }
        let mut stretches: Vec<Stretch> = self.within.iter().map(Stretch::rest_of_turn).collect();
        let mark = self.clone().past_its_turn();
        let late = mark.open.iter().filter(|turn| !look.is_open(**turn));
        stretches.extend(late.map(|turn| Stretch::of(*turn, turn + 1)));
        if mark.next < look.next {
            stretches.push(Stretch::of(mark.next, look.next));
        }
        Ok(stretches)
    }

    /// After all that [`unread`](Mark::unread) named was read, or was read up to and with `cut`.
    pub(super) fn advanced(mut self, look: Look, cut: Option<Place>) -> Mark {
        let Some(cut) = cut else {
            return Mark::of(look);
        };
        if self.within.as_ref().is_none_or(|place| place.turn != cut.turn) {
            self = self.past_its_turn();
            let is_late = cut.turn < self.next;
            self.open
                .retain(|turn| look.is_open(*turn) || (is_late && *turn >= cut.turn));
            if !is_late {
                let began_since = self.next..cut.turn;
                self.open
                    .extend(look.open.iter().filter(|turn| began_since.contains(turn)));
                self.next = cut.turn;
            }
        }
        self.within = Some(cut);
        self
    }

    /// Behind the turn that was read in part.
    fn past_its_turn(mut self) -> Mark {
        if let Some(place) = self.within.take() {
            self.open.retain(|turn| *turn != place.turn);
            self.next = self.next.max(place.turn + 1);
        }
        self
    }
}

impl Stretch {
    /// From the first entry of the turn `first` on.
    pub(super) fn of(first: i64, before: i64) -> Stretch {
        let after = Place {
            turn: first,
            topic: i64::MIN,
            key: Vec::new(),
        };
        Stretch { after, before }
    }

    fn rest_of_turn(read: &Place) -> Stretch {
        Stretch {
            after: read.clone(),
            before: read.turn + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn look(snapshot: &str) -> Look {
        Look::new(snapshot, "log".to_owned(), 0).unwrap()
    }

    #[test]
    fn a_snapshot_reads_as_postgres_says_it() {
        let check = |text: &str, next: i64, open: &[i64], ended_below: i64| {
            let look = look(text);
            assert_eq!((look.next, &*look.open), (next, open), "{text}");
            assert_eq!(look.ended_below(), ended_below, "{text}");
        };
        check("7:7:", 7, &[], 7);
        check("5:12:5,9", 12, &[5, 9], 5);
        check("5:12:9,5,9", 12, &[5, 9], 5);
        for text in ["", "7", "7:7", "a:b:", "1:2:x"] {
            assert_eq!(Look::new(text, String::new(), 0), None, "{text:?}");
        }
    }

    #[test]
    fn whoever_cannot_read_on_exactly_is_told_so() {
        let mark = Mark::of(look("5:12:5,9"));
        assert!(mark.unread(&look("9:13:9")).is_ok());
        assert_eq!(mark.unread(&look("9:11:9")), Err(Lost), "the numbers went back");
        let mut other = look("9:13:9");
        other.log = "another".to_owned();
        assert_eq!(mark.unread(&other), Err(Lost));
        let trimmed = |trimmed| Look::new("13:13:", "log".to_owned(), trimmed).unwrap();
        assert!(mark.unread(&trimmed(5)).is_ok());
        assert_eq!(
            mark.unread(&trimmed(6)),
            Err(Lost),
            "turn 5 may have told something"
        );
    }

    /// What goes on beside a reader.
    #[derive(Clone, Debug)]
    enum Act {
        Begin { entries: u8 },
        Commit { which: usize },
        RollBack { which: usize },
        Read { count_max: usize },
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            4 => (0..4u8).prop_map(|entries| Act::Begin { entries }),
            3 => any::<usize>().prop_map(|which| Act::Commit { which }),
            1 => any::<usize>().prop_map(|which| Act::RollBack { which }),
            4 => (1..5usize).prop_map(|count_max| Act::Read { count_max }),
        ];
        proptest::collection::vec(act, 1..80)
    }

    /// A server: transactions with their entries, open and committed.
    #[derive(Default)]
    struct Server {
        last: i64,
        open: BTreeMap<i64, u8>,
        committed: BTreeSet<Place>,
    }

    impl Server {
        fn look(&self) -> Look {
            // Those that began after the last that ended are not below `xmax`, as in PostgreSQL.
            let ended = (1..=self.last).rfind(|turn| !self.open.contains_key(turn));
            let next = ended.map_or(1, |turn| turn + 1);
            let open: Vec<String> = self
                .open
                .range(..next)
                .map(|(turn, _)| turn.to_string())
                .collect();
            look(&format!("0:{next}:{}", open.join(",")))
        }

        fn end(&mut self, which: usize) -> Option<(i64, u8)> {
            let turn = *self.open.keys().nth(which % self.open.len().max(1))?;
            self.open.remove_entry(&turn)
        }
    }

    /// As the follower does it.
    fn read(server: &Server, mark: Mark, count_max: usize) -> (Vec<Place>, Mark, bool) {
        let look = server.look();
        let mut found = Vec::new();
        for stretch in mark.unread(&look).unwrap() {
            let in_it = |place: &&Place| **place > stretch.after && place.turn < stretch.before;
            found.extend(server.committed.iter().filter(in_it).take(count_max + 1).cloned());
        }
        let cut = (found.len() > count_max).then(|| {
            found.truncate(count_max);
            found[count_max - 1].clone()
        });
        let is_all = cut.is_none();
        (found, mark.advanced(look, cut), is_all)
    }

    proptest! {
        #[test]
        fn each_entry_is_read_once_whatever_order_transactions_end_in(acts in acts()) {
            let mut server = Server::default();
            let (mut mark, mut read_once) = (Mark::of(server.look()), BTreeSet::new());
            let mut take = |server: &Server, count_max: usize| {
                let (found, next, is_all) = read(server, mark.clone(), count_max);
                mark = next;
                for place in found {
                    assert!(server.committed.contains(&place));
                    assert!(read_once.insert(place.clone()), "{place:?} was read twice");
                }
                if is_all {
                    assert_eq!(read_once, server.committed, "what has ended was read");
                }
                is_all
            };
            for act in acts {
                match act {
                    Act::Begin { entries } => {
                        server.last += 1;
                        server.open.insert(server.last, entries);
                    }
                    Act::Commit { which } => {
                        if let Some((turn, entries)) = server.end(which) {
                            let place = |entry| Place { turn, topic: 1, key: vec![entry] };
                            server.committed.extend((0..entries).map(place));
                        }
                    }
                    Act::RollBack { which } => drop(server.end(which)),
                    Act::Read { count_max } => drop(take(&server, count_max)),
                }
            }
            while !take(&server, 3) {}
        }
    }
}
