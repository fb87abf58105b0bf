//! What providers over HTTP have in common: what became of a call, in the words of letters.

mod multipart;

pub(super) use dial::{Answer, Client, Fault, Options, words};
pub(super) use multipart::Multipart;

use super::{Class, Refusal, Verdict};

/// A letter was certainly not given before the first byte of the call was written; after that, nobody can tell.
impl From<Fault> for Verdict {
    fn from(fault: Fault) -> Verdict {
        match fault {
            Fault::Unsure(why) => Verdict::Unsure { why },
            not_sent => Verdict::Refused(not_sent.into()),
        }
    }
}

/// Of a question, which can be asked again whatever went wrong.
impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        match fault {
            Fault::Unmakeable(why) => passing(Class::Letter, why),
            Fault::TooSlow(why) => passing(Class::Latency, why),
            Fault::Unreachable(why) | Fault::Unsure(why) => passing(Class::Network, why),
        }
    }
}

/// A refusal that may end differently another time.
pub(super) fn passing(class: Class, words: impl Into<String>) -> Refusal {
    Refusal {
        class,
        is_final: false,
        words: words.into(),
        retry_after: None,
    }
}
