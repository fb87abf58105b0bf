//! Who may see a group, who may change it, and who keeps it when its keeper is no more.

use kernel::PersonId;

use super::types::{Group, Member};
use crate::grants::types::Acting;

/// Whether `by` may know of a group. Who may not is told that there is none.
pub(super) fn may_see(by: Acting, is_in: bool) -> bool {
    match by {
        Acting::House => true,
        Acting::Person { roles, .. } => is_in || roles.admin,
        Acting::Service | Acting::Nobody => false,
    }
}

/// Whether `by` may change a group. An administrator may, because a keeper may be blocked or away.
pub(super) fn may_keep(by: Acting, group: &Group) -> bool {
    match by {
        Acting::House => true,
        Acting::Person { id, roles } => id == group.keeper || roles.admin,
        Acting::Service | Acting::Nobody => false,
    }
}

/// Who keeps a group from now on that its keeper left for ever: whoever is in it for longest, of those who can sign in if there are
/// any.
pub(super) fn heir(
    members: &[Member],
    gone: PersonId,
    is_active: impl Fn(PersonId) -> bool,
) -> Option<PersonId> {
    let others = members.iter().filter(|member| member.person != gone);
    let first = others.min_by_key(|member| (!is_active(member.person), member.since, member.person));
    first.map(|member| member.person)
}

#[cfg(test)]
mod tests {
    use kernel::{Id, Moment, Text};

    use super::*;
    use crate::grants::types::{HouseRole, HouseRoles};

    fn person(number: u8) -> PersonId {
        PersonId(Id::from_bytes([number; 16]))
    }

    fn acting(number: u8, roles: &[HouseRole]) -> Acting {
        Acting::Person {
            id: person(number),
            roles: HouseRoles::of(roles.iter().copied()),
        }
    }

    #[test]
    fn those_in_a_group_see_it_and_its_keeper_changes_it() {
        let group = Group {
            id: Id::from_bytes([9; 16]),
            name: Text::stored("Choir".to_owned()),
            keeper: person(1),
            made: Moment::from_seconds(0),
        };
        let check = |by, is_in, expected: (bool, bool)| {
            assert_eq!((may_see(by, is_in), may_keep(by, &group)), expected, "{by:?}");
        };
        check(acting(1, &[]), true, (true, true));
        check(acting(2, &[]), true, (true, false));
        check(acting(3, &[]), false, (false, false));
        check(
            acting(3, &[HouseRole::Registrar, HouseRole::Auditor]),
            false,
            (false, false),
        );
        check(acting(3, &[HouseRole::Admin]), false, (true, true));
        check(Acting::House, false, (true, true));
        check(Acting::Service, false, (false, false));
        check(Acting::Nobody, false, (false, false));
    }

    #[test]
    fn whoever_is_in_a_group_for_longest_takes_it_over() {
        let member = |number, since| Member {
            person: person(number),
            since: Moment::from_seconds(since),
        };
        let all = [member(1, 0), member(4, 20), member(3, 10), member(2, 10)];
        assert_eq!(heir(&all, person(1), |_| true), Some(person(2)));
        assert_eq!(heir(&all[..1], person(1), |_| true), None);
    }

    #[test]
    fn whoever_cannot_sign_in_takes_a_group_over_only_if_nobody_in_it_can() {
        let member = |number, since| Member {
            person: person(number),
            since: Moment::from_seconds(since),
        };
        let all = [member(1, 0), member(2, 10), member(3, 20), member(4, 30)];
        let can = |one: PersonId| one == person(3) || one == person(4);
        assert_eq!(heir(&all, person(1), can), Some(person(3)));
        assert_eq!(heir(&all[..2], person(1), can), Some(person(2)));
    }
}
