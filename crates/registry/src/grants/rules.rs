//! Who may do what with whom. The gate at the route asks whether somebody may knock; these ask about the person
//! behind the door, inside the transaction that changes them, so a role given meanwhile counts.

use super::super::people::types::{Edit, Reason};
use super::types::{Acting, HouseRoles};
use kernel::PersonId;

/// Whether `by` may see `person`. Who may not is told that there is nobody. An analyst works with numbers, and with
/// people only as segments know them: without names and addresses.
pub fn may_see(by: Acting, person: PersonId) -> Result<(), Reason> {
    let may = match by {
        Acting::House | Acting::Service => true,
        Acting::Person { id, roles } => id == person || roles.admin || roles.registrar || roles.auditor,
        Acting::Nobody => false,
    };
    if may { Ok(()) } else { Err(Reason::NotFound) }
}

/// Whether `by` may make this edit of what is known about `person`, who holds `held`. Their name, language and zone
/// are their own; the address they sign in with and what segments are chosen by are not.
pub fn may_edit(by: Acting, person: PersonId, held: HouseRoles, edit: &Edit) -> Result<(), Reason> {
    match by {
        Acting::Person { id, .. } if id == person && edit.email.is_none() && edit.attributes.is_none() => {
            Ok(())
        }
        _ => may_administer(by, person, held),
    }
}

/// Whether `by` may invite, block or delete `person`, who holds `held`. Nobody acts on somebody who may do what they
/// may not: a registrar who could send an administrator a new password would be an administrator.
pub fn may_administer(by: Acting, person: PersonId, held: HouseRoles) -> Result<(), Reason> {
    match by {
        Acting::House => Ok(()),
        Acting::Service if held == HouseRoles::default() => Ok(()),
        Acting::Person { roles, .. } if roles.admin => Ok(()),
        Acting::Person { roles, .. } if roles.registrar && roles.cover(held) => Ok(()),
        Acting::Person { roles, .. } if roles.registrar => Err(Reason::Outranked),
        Acting::Service => Err(Reason::Outranked),
        Acting::Person { .. } | Acting::Nobody => may_see(by, person).and(Err(Reason::AdminOnly)),
    }
}

/// Whether `by` may read what was done on `person`.
pub fn may_audit(by: Acting, person: PersonId) -> Result<(), Reason> {
    match by {
        Acting::House => Ok(()),
        Acting::Person { id, roles } if id == person || roles.admin || roles.auditor => Ok(()),
        _ => may_see(by, person).and(Err(Reason::AdminOnly)),
    }
}

/// Whether `by` may take out everything that is held about `person`, who holds `held`.
pub fn may_export(by: Acting, person: PersonId, held: HouseRoles) -> Result<(), Reason> {
    match by {
        Acting::Person { id, .. } if id == person => Ok(()),
        _ => may_administer(by, person, held),
    }
}

/// Whether `by` may give and take roles.
pub fn may_grant(by: Acting, person: PersonId) -> Result<(), Reason> {
    match by {
        Acting::House => Ok(()),
        Acting::Person { roles, .. } if roles.admin => Ok(()),
        _ => may_see(by, person).and(Err(Reason::AdminOnly)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::types::HouseRole;
    use super::*;
    use kernel::Id;

    const ANNA: PersonId = PersonId(Id::from_bytes([1; 16]));
    const BORIS: PersonId = PersonId(Id::from_bytes([2; 16]));

    fn boris(roles: &[HouseRole]) -> Acting {
        Acting::Person {
            id: BORIS,
            roles: HouseRoles::of(roles.iter().copied()),
        }
    }

    #[test]
    fn nobody_acts_on_somebody_who_may_do_more() {
        use HouseRole::{Admin, Auditor, Registrar};
        let check = |by: Acting, held: &[HouseRole], expected: Result<(), Reason>| {
            let held = HouseRoles::of(held.iter().copied());
            assert_eq!(
                may_administer(by, ANNA, held),
                expected,
                "{by:?} on somebody with {held:?}"
            );
        };
        check(boris(&[Admin]), &[Admin, Auditor], Ok(()));
        check(boris(&[Registrar]), &[], Ok(()));
        check(boris(&[Registrar]), &[Registrar], Ok(()));
        check(boris(&[Registrar]), &[Admin], Err(Reason::Outranked));
        check(boris(&[Registrar]), &[Auditor], Err(Reason::Outranked));
        check(boris(&[Registrar, Auditor]), &[Auditor], Ok(()));
        check(boris(&[Auditor]), &[], Err(Reason::AdminOnly));
        check(boris(&[]), &[], Err(Reason::NotFound));
        check(Acting::Service, &[], Ok(()));
        check(Acting::Service, &[Auditor], Err(Reason::Outranked));
        check(Acting::House, &[Admin], Ok(()));
        check(Acting::Nobody, &[], Err(Reason::NotFound));
    }

    #[test]
    fn people_see_and_edit_themselves_and_nobody_else() {
        let anna = Acting::Person {
            id: ANNA,
            roles: HouseRoles::default(),
        };
        assert_eq!(may_see(anna, ANNA), Ok(()));
        assert_eq!(may_see(anna, BORIS), Err(Reason::NotFound));
        assert_eq!(may_see(boris(&[HouseRole::Analyst]), ANNA), Err(Reason::NotFound));
        let nothing = Edit::default();
        let attributes = Edit {
            attributes: Some(Default::default()),
            ..Edit::default()
        };
        assert_eq!(may_edit(anna, ANNA, HouseRoles::default(), &nothing), Ok(()));
        assert_eq!(
            may_edit(anna, ANNA, HouseRoles::default(), &attributes),
            Err(Reason::AdminOnly)
        );
        assert_eq!(
            may_edit(anna, BORIS, HouseRoles::default(), &nothing),
            Err(Reason::NotFound)
        );
        assert_eq!(
            may_administer(anna, ANNA, HouseRoles::default()),
            Err(Reason::AdminOnly)
        );
    }

    #[test]
    fn only_an_administrator_gives_roles() {
        assert_eq!(may_grant(boris(&[HouseRole::Admin]), ANNA), Ok(()));
        assert_eq!(
            may_grant(boris(&[HouseRole::Registrar]), ANNA),
            Err(Reason::AdminOnly)
        );
        assert_eq!(may_grant(Acting::Service, ANNA), Err(Reason::AdminOnly));
        assert_eq!(may_grant(boris(&[]), ANNA), Err(Reason::NotFound));
    }
}
