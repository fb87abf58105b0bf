//! Places and rates that several share.

use super::*;
use crate::providers::Folder;

const NOW: Moment = Moment::from_seconds(1_795_000_000);

#[test]
fn who_found_every_place_taken_is_next() {
    const PLACES: usize = 6;
    let folder = tempfile::tempdir().unwrap();
    let line = Line {
        concurrency: 8,
        ..Line::new(Arc::new(Folder::open("folder", folder.path()).unwrap()))
    };
    let lines = Arc::new(Lines::new(vec![line], NOW));
    let [usual, next] = [false, true].map(|has_claim| Asker {
        lane: Lane::Bulk,
        has_claim,
    });
    let take = |returned: &mut Vec<Pass>, asker| {
        let letter = Id::named("letter", "any");
        match lines.reserve(returned, asker, (letter, Stick::Anywhere, ""), NOW) {
            Reserved::Given(pass) => Some(pass),
            Reserved::Full | Reserved::Nobody => None,
        }
    };
    let mut first: Vec<Pass> = std::iter::from_fn(|| take(&mut Vec::new(), usual)).collect();
    assert_eq!(
        first.len(),
        PLACES,
        "two are kept for letters that somebody waits for"
    );
    assert!(lines.is_crowded(NOW, Lane::Bulk) && !lines.is_crowded(NOW, Lane::Prompt));
    let claim = lines.claim(Lane::Bulk);
    assert!(lines.gives_way(usual) && !lines.gives_way(next));
    assert_eq!(
        lines.room(NOW, usual, &first),
        PLACES,
        "what one has one may use again"
    );
    first.truncate(PLACES / 2);
    assert_eq!(lines.room(NOW, usual, &first), PLACES / 2);
    assert!(
        take(&mut Vec::new(), usual).is_none(),
        "what is free is somebody else's"
    );
    let second: Vec<Pass> = std::iter::from_fn(|| take(&mut Vec::new(), next)).collect();
    assert_eq!(second.len(), PLACES - PLACES / 2);
    drop((claim, second));
    assert_eq!(
        lines.room(NOW, usual, &[]),
        PLACES - PLACES / 2,
        "nobody waits any more"
    );
}

#[test]
fn processes_that_share_a_house_keep_its_rate_together() {
    const RATE: u32 = 50;
    let folder = tempfile::tempdir().unwrap();
    let process = || {
        let provider = Arc::new(Folder::open("folder", folder.path()).unwrap());
        let line = Line {
            rate_per_second: RATE,
            ..Line::new(provider)
        };
        Arc::new(Lines::new(vec![line], NOW))
    };
    let (one, other, idle) = (process(), process(), process());
    for (lines, prompt, bulk) in [(&one, 3, 2), (&other, 1, 2), (&idle, 0, 0)] {
        lines.shared(Lane::Prompt, 0, &Part::of(prompt, 4), 1);
        lines.shared(Lane::Bulk, 0, &Part::of(bulk, 4), 1);
    }
    assert!(
        (process().share() - 1.0).abs() < 1e-9,
        "who is alone has all of it"
    );
    let mut given = [0u32; 3];
    for step in 0..6_000 {
        let now = NOW.plus_micros(step * 10_000);
        for (lines, given) in [&one, &other, &idle].into_iter().zip(&mut given) {
            let letter = Id::named("letter", "any");
            while let Reserved::Given(mut pass) =
                lines.reserve(&mut Vec::new(), PROMPT, (letter, Stick::Anywhere, ""), now)
            {
                pass.ended(&Verdict::HandedOver { name: None }, now);
                *given += 1;
            }
        }
    }
    let all: u32 = given.iter().sum();
    assert!((RATE * 56..=RATE * 60).contains(&all), "{given:?}");
    assert!(given[0] > given[1] && given[2] == 0, "{given:?}");
}
