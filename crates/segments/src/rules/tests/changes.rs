//! What can be saved, and what a wish makes of a list.

use super::{AT, LATER, THEN, key, number, segment};
use crate::rules::change::{Added, What, Wish, apply, check, check_wish, leave_all, sweep};
use crate::types::{ByHand, Definition, Key, Reason, Rollout, Share, Side, Step, Variant};

fn inside(at: u16) -> ByHand {
    ByHand {
        segment: number(at),
        side: Side::In,
        until: None,
    }
}

fn outside(at: u16) -> ByHand {
    ByHand {
        side: Side::Out,
        ..inside(at)
    }
}

fn wish(add: &[u16], remove: &[u16]) -> Wish {
    let added = |at: &u16| Added {
        segment: number(*at),
        until: None,
    };
    Wish {
        add: add.iter().map(added).collect(),
        remove: remove.iter().copied().map(number).collect(),
    }
}

#[test]
fn a_wish_changes_what_it_names_and_nothing_twice() {
    let check = |before: &[ByHand], wish: &Wish, after: &[ByHand], happened: &[What]| {
        let (list, what) = apply(before, wish, AT);
        assert_eq!(list, after);
        assert_eq!(what.iter().map(|one| one.what).collect::<Vec<_>>(), happened);
        let (again, nothing) = apply(&list, wish, AT);
        assert_eq!((again, nothing), (list, vec![]), "a wish that came twice");
    };
    check(
        &[],
        &wish(&[3, 1], &[]),
        &[inside(1), inside(3)],
        &[What::Added, What::Added],
    );
    check(&[inside(1)], &wish(&[1], &[]), &[inside(1)], &[]);
    check(&[inside(1)], &wish(&[], &[1]), &[outside(1)], &[What::Removed]);
    check(&[outside(1)], &wish(&[1], &[]), &[inside(1)], &[What::Added]);
    check(&[], &wish(&[], &[5]), &[outside(5)], &[What::Removed]);
    let lasting = ByHand {
        until: Some(LATER),
        ..inside(1)
    };
    check(&[lasting], &wish(&[1], &[]), &[lasting], &[]);
    let over = ByHand {
        until: Some(THEN),
        ..inside(1)
    };
    check(
        &[over],
        &wish(&[1], &[]),
        &[inside(1)],
        &[What::Ended, What::Added],
    );
}

#[test]
fn what_is_over_ends_at_its_own_instant() {
    let over = ByHand {
        until: Some(AT),
        ..inside(1)
    };
    let (left, ended) = sweep(&[over, inside(2)], AT);
    assert_eq!(left, [inside(2)]);
    assert_eq!((ended[0].what, ended[0].until), (What::Ended, Some(AT)));
    assert_eq!(leave_all(&[over, outside(3), inside(4)]).len(), 2);
}

#[test]
fn a_wish_against_itself_is_refused() {
    let name = |at: crate::types::Number| key(&format!("S{}", at.get()));
    let both = check_wish(&wish(&[1, 2], &[2]), AT, name);
    assert_eq!(both, Err(Reason::AddedAndRemoved(key("S2"))));
    let mut past = wish(&[1], &[]);
    past.add[0].until = Some(AT);
    assert_eq!(check_wish(&past, AT, name), Err(Reason::EndsInThePast));
}

fn rollout() -> Rollout {
    Rollout::plain("salt", Share::parse_percent("10").unwrap())
}

fn naming(include: &[u16], exclude: &[u16]) -> Rollout {
    Rollout {
        include: include.iter().copied().map(number).collect(),
        exclude: exclude.iter().copied().map(number).collect(),
        ..rollout()
    }
}

#[test]
fn a_definition_that_cannot_be_kept_is_refused_with_its_field() {
    let others = [
        segment(1, Some(naming(&[2], &[]))),
        segment(2, Some(naming(&[], &[3]))),
        segment(3, None),
    ];
    let refused = |definition: Definition| {
        let refused =
            check(number(3), &key("S3"), &definition, &others, AT).map_err(|reason| reason.to_string());
        refused.err().unwrap_or_default()
    };
    let of = |rollout: Rollout| Definition {
        rollout: Some(rollout),
        variants: Vec::new(),
    };
    assert_eq!(refused(of(rollout())), "");
    assert_eq!(
        refused(of(naming(&[1], &[]))),
        "S3 would depend on itself: S3, S1, S2, S3"
    );
    assert_eq!(
        refused(of(naming(&[], &[3]))),
        "S3 would depend on itself: S3, S3"
    );
    assert_eq!(
        refused(of(naming(&[2], &[2]))),
        "rollout.exclude must not name S2, which include names"
    );
    let late = Rollout {
        until: Some(AT),
        ..rollout()
    };
    assert_eq!(refused(of(late)), "rollout.until must lie in the future");
    let step = |at| Step {
        at,
        share: Share::NOBODY,
    };
    let steps = Rollout {
        steps: vec![step(LATER), step(AT)],
        ..rollout()
    };
    assert_eq!(
        refused(of(steps)),
        "rollout.steps must be in the order of their instants"
    );
    let variants = |names: &[(&str, u32)]| Definition {
        rollout: None,
        variants: names
            .iter()
            .map(|(name, weight)| Variant {
                name: key(name),
                weight: *weight,
            })
            .collect(),
    };
    assert_eq!(
        refused(variants(&[("a", 1)])),
        "variants must be at least two, or none"
    );
    assert_eq!(
        refused(variants(&[("a", 1), ("a", 2)])),
        "variants must have different names"
    );
    assert_eq!(
        refused(variants(&[("a", 0), ("b", 0)])),
        "variants must have a weight above 0 somewhere"
    );
    assert_eq!(refused(variants(&[("a", 0), ("b", 1)])), "");
}

#[test]
fn keys_and_shares_are_read_as_they_are_written() {
    for good in ["VOICE_MESSAGES", "a", "x-1.2_3"] {
        assert_eq!(Key::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "two words", "ключ", "a/b", &"k".repeat(101)] {
        assert!(Key::parse(bad).is_err(), "{bad:?}");
    }
    for (text, parts, shown) in [
        ("0", 0, "0"),
        ("100", 1_000_000_000, "100"),
        ("12.50", 125_000_000, "12.5"),
        ("0.01", 100_000, "0.01"),
        ("0.0000001", 1, "0.0000001"),
    ] {
        let share = Share::parse_percent(text).unwrap();
        assert_eq!((share.parts(), share.to_string().as_str()), (parts, shown));
    }
    for bad in [
        "",
        "-1",
        "101",
        "100.0000001",
        "1e2",
        "0.00000001",
        ".5",
        "5,5",
        "+5",
    ] {
        assert!(Share::parse_percent(bad).is_err(), "{bad:?}");
    }
    assert_eq!(Share::EVERYBODY.threshold(), None);
    assert_eq!(Share::NOBODY.threshold(), Some(0));
}
