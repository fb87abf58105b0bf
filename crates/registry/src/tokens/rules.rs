//! Decisions about tokens and the keys that sign them.

use kernel::{Id, Moment};

use super::types::{AUDIENCE, BadToken, Bearer, Claims, SigningKey};

/// Clocks of two instances may differ by this much.
pub const SKEW_SECONDS: i64 = 60;

/// The claims of a token for `bearer`.
pub fn claims(bearer: &Bearer, issuer: &str, at: Moment, seconds: i64) -> Claims {
    Claims {
        iss: issuer.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: bearer.person.to_string(),
        sid: bearer.session.to_string(),
        iat: at.as_seconds(),
        exp: at.as_seconds() + seconds,
        generation: bearer.generation,
        roles: bearer.role_words(),
        lang: bearer.language.code().to_owned(),
        zone: bearer.zone.clone(),
    }
}

/// Whose token it is, if it is ours and not over. The signature was checked before.
///
/// The issuer is for others to look at. To us the key says more: it is from our own store, while two instances of one
/// house, or one before and after a move, may be reached by different addresses.
pub fn accept(claims: &Claims, at: Moment) -> Result<Bearer, BadToken> {
    if claims.aud != AUDIENCE {
        return Err(BadToken::NotOurs);
    }
    if at.as_seconds() >= claims.exp {
        return Err(BadToken::Expired);
    }
    if claims.iat > at.as_seconds() + SKEW_SECONDS {
        return Err(BadToken::NotOurs);
    }
    claims.bearer().ok_or(BadToken::NotOurs)
}

/// The key that signs: the youngest that still does.
pub fn signing(keys: &[SigningKey]) -> Option<&SigningKey> {
    keys.iter()
        .filter(|key| key.verifies_until.is_none())
        .max_by_key(|key| (key.created_at, key.id))
}

/// Whether a token that names this key may be good.
pub fn verifies(key: &SigningKey, at: Moment) -> bool {
    key.verifies_until.is_none_or(|until| at < until)
}

/// Whether it is time for a new key: there is none, or it has signed for long enough.
pub fn is_due(keys: &[SigningKey], at: Moment, key_seconds: i64) -> bool {
    signing(keys).is_none_or(|key| key.created_at.plus_seconds(key_seconds) <= at)
}

/// How long a key that stops signing now must still verify.
pub fn last_token_ends(at: Moment, token_seconds: i64) -> Moment {
    at.plus_seconds(token_seconds + SKEW_SECONDS)
}

/// Those that are of no more use to anybody.
pub fn spent(keys: &[SigningKey], at: Moment) -> Vec<Id> {
    keys.iter()
        .filter(|key| !verifies(key, at))
        .map(|key| key.id)
        .collect()
}

#[cfg(test)]
mod tests {
    use front::{Grant, Roles};
    use kernel::PersonId;
    use proptest::prelude::*;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);
    const HOUSE: &str = "https://people.example.org";

    fn anna() -> Bearer {
        Bearer {
            person: PersonId::new(NOW),
            session: Id::new(NOW),
            generation: 3,
            roles: Roles::new(vec![
                Grant::new("admin", "house"),
                Grant::new("teacher", "school:7"),
            ]),
            language: kernel::Language::Russian,
            zone: "Europe/Moscow".to_owned(),
        }
    }

    fn key(created: i64, until: Option<i64>) -> SigningKey {
        SigningKey {
            id: Id::new(NOW.plus_seconds(created)),
            public: [0; 32],
            sealed: None,
            created_at: NOW.plus_seconds(created),
            verifies_until: until.map(|seconds| NOW.plus_seconds(seconds)),
        }
    }

    #[test]
    fn a_token_says_who_signed_in_until_it_expires() {
        let anna = anna();
        let claims = claims(&anna, HOUSE, NOW, 600);
        assert_eq!(accept(&claims, NOW), Ok(anna.clone()));
        assert_eq!(accept(&claims, NOW.plus_seconds(599)), Ok(anna));
        assert_eq!(accept(&claims, NOW.plus_seconds(600)), Err(BadToken::Expired));
        assert_eq!(
            accept(&claims, NOW.plus_seconds(-61)),
            Err(BadToken::NotOurs),
            "made in the future"
        );
        let mut other = claims.clone();
        other.aud = "another".to_owned();
        assert_eq!(accept(&other, NOW), Err(BadToken::NotOurs));
        let mut nobody = claims;
        nobody.sub = "anna".to_owned();
        assert_eq!(accept(&nobody, NOW), Err(BadToken::NotOurs));
    }

    #[test]
    fn the_youngest_key_signs_and_the_old_one_verifies_until_its_tokens_are_over() {
        let keys = [key(0, Some(660)), key(600, None)];
        assert_eq!(signing(&keys), Some(&keys[1]));
        assert!(verifies(&keys[0], NOW.plus_seconds(659)));
        assert!(!verifies(&keys[0], NOW.plus_seconds(660)));
        assert_eq!(spent(&keys, NOW.plus_seconds(660)), [keys[0].id]);
        assert_eq!(last_token_ends(NOW, 600), NOW.plus_seconds(660));
    }

    #[test]
    fn a_new_key_is_due_when_the_old_one_has_signed_long_enough() {
        assert!(is_due(&[], NOW, 100));
        assert!(!is_due(&[key(0, None)], NOW.plus_seconds(99), 100));
        assert!(is_due(&[key(0, None)], NOW.plus_seconds(100), 100));
        assert!(
            is_due(&[key(0, Some(50))], NOW, 100),
            "one that only verifies does not sign"
        );
    }

    proptest! {
        /// Through any run of rotations, every token that was handed out verifies until it expires.
        #[test]
        fn no_rotation_breaks_a_token_that_is_still_good(waits in prop::collection::vec(0i64..2_000, 1..12)) {
            const LIFE: i64 = 600;
            let mut keys: Vec<SigningKey> = vec![key(0, None)];
            let mut tokens: Vec<(Id, i64)> = Vec::new();
            let mut now = 0;
            for wait in waits {
                tokens.push((signing(&keys).unwrap().id, now + LIFE));
                now += wait;
                let at = NOW.plus_seconds(now);
                for key in keys.iter_mut().filter(|key| key.verifies_until.is_none()) {
                    key.verifies_until = Some(last_token_ends(at, LIFE));
                }
                keys.push(key(now, None));
                let gone = spent(&keys, at);
                keys.retain(|key| !gone.contains(&key.id));
                for (kid, expires) in &tokens {
                    let known = keys.iter().any(|key| key.id == *kid && verifies(key, at));
                    prop_assert!(known || now >= *expires);
                }
            }
        }
    }
}
