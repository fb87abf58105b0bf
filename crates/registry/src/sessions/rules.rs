//! Decisions about sessions: what a refresh token is worth, and what a device is called.

use kernel::Moment;

use super::types::{Ended, Hash, Judgement, NotRenewed, Session, Surface};

/// Pages that a browser loads at the same time all come with the same cookie; the last of them may be this late.
/// A thief has this long to use a copy unnoticed, and is found out when either side renews the next time.
pub const GRACE_SECONDS: i64 = 10;
/// Sessions of one person that are open at a time; the one that was not used for the longest makes room.
pub const SESSIONS_MAX: usize = 100;
/// How long an ended session is remembered, so that its refresh token gets an answer that says why.
pub const ENDED_KEPT_SECONDS: i64 = 24 * 3_600;
/// Device names are for lists.
pub const DEVICE_CHARS_MAX: usize = 80;

/// What to do with a refresh token of this family hash and hash.
pub fn judge(session: &Session, family: &Hash, one: &Hash, at: Moment) -> Result<Judgement, NotRenewed> {
    let rotation = &session.rotation;
    if rotation.family != *family {
        return Err(NotRenewed::Unknown);
    }
    match session.ended {
        Some(Ended::Theft) => return Err(NotRenewed::Reused),
        Some(Ended::SignedOut | Ended::Revoked) => return Err(NotRenewed::Ended),
        None => {}
    }
    if session.expires <= at {
        return Err(NotRenewed::Expired);
    }
    if rotation.current == *one {
        return Ok(Judgement::Rotate);
    }
    let just_before = rotation.previous == Some(*one) && at < rotation.rotated_at.plus_seconds(GRACE_SECONDS);
    if just_before && session.surface == Surface::Browser {
        Ok(Judgement::Beside)
    } else {
        Ok(Judgement::Reused)
    }
}

/// What a session is called in its owner's list, from what the client says of itself.
pub fn device_name(user_agent: Option<&str>) -> String {
    const BROWSERS: [(&str, &str); 7] = [
        ("YaBrowser/", "Yandex Browser"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let text = user_agent.unwrap_or_default().trim();
    let find = |names: &[(&str, &str)]| {
        names
            .iter()
            .find(|(mark, _)| text.contains(mark))
            .map(|(_, name)| (*name).to_owned())
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(only), None) | (None, Some(only)) => only,
        // A program says its name first: `curl/8.5.0 (…)`.
        (None, None) => text
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(DEVICE_CHARS_MAX)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Id, PersonId};
    use proptest::prelude::*;

    use super::super::types::RefreshToken;
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_795_000_000);

    fn session(surface: Surface, token: &RefreshToken) -> Session {
        Session {
            id: token.session,
            person: PersonId::new(NOW),
            surface,
            device: String::new(),
            address: String::new(),
            created: NOW,
            last_seen: NOW,
            expires: NOW.plus_seconds(1_000),
            rotation: token.rotation(NOW),
            ended: None,
        }
    }

    fn rotate(session: &mut Session, next: &RefreshToken, at: Moment) {
        let previous = Some(session.rotation.current);
        session.rotation = super::super::types::Rotation {
            previous,
            ..next.rotation(at)
        };
    }

    fn judged(session: &Session, token: &RefreshToken, at: Moment) -> String {
        match judge(session, &token.family_hash(), &token.hash(), at) {
            Ok(judgement) => format!("{judgement:?}"),
            Err(refused) => format!("{refused:?}"),
        }
    }

    #[test]
    fn each_refresh_token_is_good_once() {
        let first = RefreshToken::first(Id::new(NOW));
        let next = first.next();
        let mut api = session(Surface::Api, &first);
        assert_eq!(judged(&api, &first, NOW), "Rotate");
        rotate(&mut api, &next, NOW);
        assert_eq!(judged(&api, &next, NOW), "Rotate");
        assert_eq!(
            judged(&api, &first, NOW),
            "Reused",
            "a program has no second page"
        );
        let stranger = RefreshToken::first(first.session);
        assert_eq!(judged(&api, &stranger, NOW), "Unknown", "a guess ends nothing");
        assert_eq!(judged(&api, &next, NOW.plus_seconds(1_000)), "Expired");
        api.ended = Some(Ended::Revoked);
        assert_eq!(judged(&api, &next, NOW), "Ended");
        api.ended = Some(Ended::Theft);
        assert_eq!(
            judged(&api, &next, NOW),
            "Reused",
            "its owner hears what happened"
        );
    }

    #[test]
    fn pages_that_are_loaded_together_do_not_look_like_theft() {
        let first = RefreshToken::first(Id::new(NOW));
        let mut browser = session(Surface::Browser, &first);
        rotate(&mut browser, &first.next(), NOW);
        assert_eq!(judged(&browser, &first, NOW.plus_seconds(9)), "Beside");
        assert_eq!(judged(&browser, &first, NOW.plus_seconds(10)), "Reused");
        rotate(&mut browser, &first.next(), NOW.plus_seconds(1));
        assert_eq!(
            judged(&browser, &first, NOW.plus_seconds(2)),
            "Reused",
            "two rotations ago is no neighbour"
        );
    }

    #[test]
    fn a_device_is_called_what_its_owner_calls_it() {
        let check = |agent: Option<&str>, expected: &str| assert_eq!(device_name(agent), expected);
        check(
            Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "Firefox on Linux",
        );
        check(
            Some(
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
            ),
            "Chrome on Android",
        );
        check(
            Some(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
            ),
            "Safari on iPhone",
        );
        check(
            Some(
                "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
            ),
            "Edge on Windows",
        );
        check(Some("curl/8.5.0"), "curl/8.5.0");
        check(Some(&"x".repeat(500)), &"x".repeat(80));
        check(None, "");
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// Whoever holds the newest token uses it.
        Renew,
        /// Somebody uses a copy of an older one.
        Replay(prop::sample::Index),
        Wait(i64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => Just(Step::Renew),
            1 => any::<prop::sample::Index>().prop_map(Step::Replay),
            2 => (0i64..30).prop_map(Step::Wait),
        ];
        prop::collection::vec(step, 1..40)
    }

    proptest! {
        /// Through any run of renewals and replays: only the newest token renews; a replay ends the session, except
        /// in a browser right after the renewal, where it gets no new refresh token; what is ended stays ended.
        #[test]
        fn no_order_of_events_lets_two_live_on_one_session(browser: bool, steps in steps()) {
            let surface = if browser { Surface::Browser } else { Surface::Api };
            let first = RefreshToken::first(Id::new(NOW));
            let mut held = session(surface, &first);
            held.expires = NOW.plus_seconds(1_000_000);
            let mut tokens = vec![first];
            let mut at = NOW;
            for step in steps {
                let newest = tokens.len() - 1;
                let shown = match step {
                    Step::Wait(seconds) => { at = at.plus_seconds(seconds); continue }
                    Step::Renew => newest,
                    Step::Replay(which) => which.index(tokens.len()),
                };
                let token = tokens[shown].clone();
                match judge(&held, &token.family_hash(), &token.hash(), at) {
                    Ok(Judgement::Rotate) => {
                        prop_assert!(shown == newest && held.ended.is_none());
                        let next = token.next();
                        rotate(&mut held, &next, at);
                        tokens.push(next);
                    }
                    Ok(Judgement::Beside) => {
                        prop_assert!(browser && shown + 1 == newest);
                        prop_assert!(at < held.rotation.rotated_at.plus_seconds(GRACE_SECONDS));
                    }
                    Ok(Judgement::Reused) => {
                        prop_assert!(shown < newest);
                        held.ended = Some(Ended::Theft);
                    }
                    Err(refused) => {
                        prop_assert!(held.ended.is_some(), "{refused}");
                    }
                }
            }
        }
    }
}
