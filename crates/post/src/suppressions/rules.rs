//! What follows from what was heard, and which letters an entry stops.

use super::types::{Heard, Reason, Scope};
use crate::Lane;

/// So many letters in [`SOFT_BOUNCE_DAYS`] that came back for passing reasons mean that nobody empties the mailbox.
/// A holiday fills a mailbox for two weeks; a daily digest and reminders would come back far more often than that.
pub const SOFT_BOUNCES_MAX: usize = 5;
/// How long a letter that came back is remembered.
pub const SOFT_BOUNCE_DAYS: i64 = 30;

/// What follows for the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follows {
    Nothing,
    /// It is counted, and [`after_soft_bounces`] says what follows from the count.
    Counted,
    Stopped {
        scopes: Vec<Scope>,
        reason: Reason,
    },
}

/// What is heard of a letter of `stream` (none: its reader asked for it directly). A mailbox that does not exist gets
/// nothing more. A complaint stops all bulk and the stream complained of, and nothing that its reader asks for. A server
/// that does not want such letters says something about us, so no reader suffers for it.
pub fn follows(heard: Heard, stream: Option<&str>) -> Follows {
    let of_stream = || stream.map(|name| Scope::Stream(name.to_owned()));
    let stopped = |scopes, reason| Follows::Stopped { scopes, reason };
    match heard {
        Heard::HardBounce => stopped(vec![Scope::Everything], Reason::HardBounce),
        Heard::Complained => {
            let scopes = [Some(Scope::Bulk), of_stream()];
            stopped(scopes.into_iter().flatten().collect(), Reason::Complaint)
        }
        Heard::Unsubscribed => stopped(vec![of_stream().unwrap_or(Scope::Bulk)], Reason::Unsubscribed),
        Heard::SoftBounce => Follows::Counted,
        Heard::Refused => Follows::Nothing,
    }
}

/// Whether so many letters came back lately that the address is left alone.
pub fn after_soft_bounces(lately: usize) -> bool {
    lately >= SOFT_BOUNCES_MAX
}

/// Whether an entry of this scope stops a letter of this lane and stream. What its reader asked for directly, which has
/// no stream, is stopped by nothing but `Everything`.
pub fn stops(scope: &Scope, lane: Lane, stream: Option<&str>) -> bool {
    match scope {
        Scope::Everything => true,
        Scope::Bulk => lane == Lane::Bulk && stream.is_some(),
        Scope::Stream(name) => stream == Some(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(name: &str) -> Scope {
        Scope::Stream(name.to_owned())
    }

    #[test]
    fn a_complaint_stops_bulk_and_its_stream_and_nothing_its_reader_asks_for() {
        let Follows::Stopped { scopes, reason } = follows(Heard::Complained, Some("reminders")) else {
            panic!("a complaint has consequences");
        };
        assert_eq!(
            (scopes.as_slice(), reason),
            (&[Scope::Bulk, stream("reminders")][..], Reason::Complaint)
        );
        let stopped = |lane, of| scopes.iter().any(|scope| stops(scope, lane, of));
        assert!(stopped(Lane::Bulk, Some("digest")));
        assert!(stopped(Lane::Prompt, Some("reminders")));
        assert!(!stopped(Lane::Prompt, Some("school")));
        assert!(!stopped(Lane::Prompt, None));
    }

    #[test]
    fn who_stops_one_stream_still_gets_the_others() {
        let check = |scope: &Scope, lane, of, expected| {
            assert_eq!(stops(scope, lane, of), expected, "{scope} {of:?}");
        };
        let digest = stream("digest");
        check(&digest, Lane::Bulk, Some("digest"), true);
        check(&digest, Lane::Bulk, Some("reports"), false);
        check(&digest, Lane::Prompt, Some("reminders"), false);
        check(&digest, Lane::Prompt, None, false);
        check(&Scope::Bulk, Lane::Bulk, Some("digest"), true);
        check(&Scope::Bulk, Lane::Prompt, Some("reminders"), false);
        check(&Scope::Everything, Lane::Prompt, None, true);
        let unsubscribed = |of, scope| {
            let reason = Reason::Unsubscribed;
            assert_eq!(
                follows(Heard::Unsubscribed, of),
                Follows::Stopped {
                    scopes: vec![scope],
                    reason
                }
            );
        };
        unsubscribed(Some("digest"), stream("digest"));
        unsubscribed(None, Scope::Bulk);
    }

    #[test]
    fn a_mailbox_that_does_not_exist_gets_nothing_more_and_a_policy_suppresses_nobody() {
        let scopes = vec![Scope::Everything];
        let reason = Reason::HardBounce;
        assert_eq!(
            follows(Heard::HardBounce, Some("digest")),
            Follows::Stopped { scopes, reason }
        );
        assert_eq!(follows(Heard::Refused, Some("digest")), Follows::Nothing);
        assert_eq!(follows(Heard::SoftBounce, None), Follows::Counted);
        assert!(!after_soft_bounces(SOFT_BOUNCES_MAX - 1));
        assert!(after_soft_bounces(SOFT_BOUNCES_MAX));
    }
}
