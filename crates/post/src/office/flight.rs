//! One letter on its way to a provider and back.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use kernel::{Id, Moment};
use store::StoreError;

use super::Office;
use super::record::Decided;
use crate::Kind;
use crate::feedback::{Said, Status};
use crate::letters::rules::Event;
use crate::letters::{Letter, State, Step, decide, rows};
use crate::providers::smtp::is_full;
use crate::providers::{Class, Found, Leave, Pass, Provider, Ready, Refusal, Verdict};
use crate::suppressions::{Address, Heard, Incident};

/// Every provider has shorter limits of its own; this one is for a client of ours that hangs.
const HAND_OVER_MAX: Duration = Duration::from_secs(15 * 60);
const LOOK_UP_MAX: Duration = Duration::from_secs(60);
/// A letter whose attempt is on disk waits no longer for the rate of its provider: it is given nowhere, and asked for again. That is
/// less than a lease, after which others take it for lost.
const LEAVE_MAX: Duration = Duration::from_secs(5);

/// A letter that came back from where it was sent.
pub(super) struct Landed {
    pub letter: Letter,
    pub what: What,
    pub at: Moment,
    /// Its place at the provider, kept until the answer is on disk: so no more letters can be unsure at once than
    /// a provider may have in its hands.
    pub pass: Option<Pass>,
}

pub(super) enum What {
    /// It was given to a provider, with this verdict. `elsewhere`: another one could take it.
    Given { verdict: Verdict, elsewhere: bool },
    /// It was looked up.
    LookedUp {
        found: Result<Found, Refusal>,
        knows_again: bool,
    },
}

/// Takes a letter out of the list of those that are out, however its flight ends.
struct Out(Arc<Office>, Id);

impl Out {
    fn new(office: &Arc<Office>, letter: Id) -> Out {
        office.out.lock().insert(letter);
        Out(Arc::clone(office), letter)
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        self.0.out.lock().remove(&self.1);
    }
}

/// Gives a letter, whose attempt is on disk, to the provider that the pass is for.
pub(super) async fn hand_over(office: Arc<Office>, letter: Letter, ready: Ready, mut pass: Pass) -> Landed {
    let _out = Out::new(&office, letter.id);
    let kept_back = match pass.may_leave(&office.clock, LEAVE_MAX).await {
        Leave::AtOnce => None,
        Leave::Waited if is_still_out(&office, &letter).await => None,
        Leave::Waited => Some("it waited for the rate of the provider, and is no longer ours for certain"),
        Leave::NotNow => Some("the rate of the provider did not come to it"),
    };
    if let Some(why) = kept_back {
        let now = office.now();
        return Landed::never_given(letter, why, now, pass);
    }
    let (provider, to) = (pass.provider(), ready.to.clone());
    // A client that panics loses one answer, and not what is known of the letter.
    let called = AssertUnwindSafe(provider.hand_over(ready)).catch_unwind();
    let verdict = match tokio::time::timeout(HAND_OVER_MAX, called).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(_)) => unsure("the provider's client ended in a panic"),
        Err(_) => unsure("the provider's client did not answer"),
    };
    let at = office.now();
    let elsewhere = office.lines.has_other(pass.name(), at);
    pass.ended(&verdict, at);
    let stream = office.desks.of(letter.kind).and_then(|desk| desk.kind.stream);
    if let Some(stream) = stream {
        hold_or_release(&office, stream, &verdict, at).await;
    }
    if let Verdict::Refused(refusal) = &verdict {
        stop_dead_mailbox(&office, &letter, &to, refusal).await;
    }
    let what = What::Given { verdict, elsewhere };
    let pass = Some(pass);
    Landed {
        letter,
        what,
        at,
        pass,
    }
}

/// Whether a letter that waited is still on its way by this attempt, and wanted. Whoever has the work by now may have taken it for lost.
async fn is_still_out(office: &Office, letter: &Letter) -> bool {
    let (id, now) = (letter.id, office.now());
    let shard = office.store.shard_of(id);
    let found = shard.read::<_, StoreError>(move |tx| rows::letter(tx, id)).await;
    found.ok().flatten().is_some_and(|found| {
        let is_same = found.attempts == letter.attempts && found.provider == letter.provider;
        found.state == State::Sending && is_same && now < found.wanted_until
    })
}

/// What an answer means for the stream of the letter. Rows that cannot be written now are for other processes only.
async fn hold_or_release(office: &Office, stream: &'static str, verdict: &Verdict, at: Moment) {
    let (holds, store) = (&office.holds, &office.store);
    let told = match verdict {
        Verdict::HandedOver { .. } => holds.taken(store, stream).await,
        Verdict::Refused(refusal) if refusal.class == Class::Policy && refusal.is_final => {
            holds.refused(store, stream, at).await
        }
        _ => Ok(()),
    };
    if let Err(error) = told {
        tracing::warn!(%error, stream, "other processes do not learn whether this stream stands still");
    }
}

fn unsure(why: &str) -> Verdict {
    Verdict::Unsure { why: why.to_owned() }
}

/// What a final refusal says of a mailbox. One that is full may be emptied, so it is only counted.
fn heard_of_mailbox(words: &str) -> Heard {
    let status = Status::first_in(words).filter(|status| !status.is_vague());
    match status.map(Status::of_failure) {
        Some(Said::SoftBounce) => Heard::SoftBounce,
        _ if is_full(words) => Heard::SoftBounce,
        _ => Heard::HardBounce,
    }
}

/// A mailbox that does not exist is not written to again.
async fn stop_dead_mailbox(office: &Office, letter: &Letter, to: &str, refusal: &Refusal) {
    if refusal.class != Class::Mailbox || !refusal.is_final {
        return;
    }
    let Ok(address) = Address::parse(to) else { return };
    let stream = office.desks.of(letter.kind).and_then(|desk| desk.kind.stream);
    let incident = Incident {
        address,
        letter: letter.id,
        stream: stream.map(str::to_owned),
        heard: heard_of_mailbox(&refusal.words),
        source: letter.provider.clone(),
        words: refusal.words.clone(),
    };
    if let Err(error) = office.suppressions.hear(incident).await {
        tracing::error!(%error, letter = %letter.id, "an address that does not exist could not be suppressed");
    }
}

/// Asks the provider that may have a letter whether it has.
pub(super) async fn look_up(office: Arc<Office>, letter: Letter) -> Landed {
    let (found, knows_again) = match office.lines.named(&letter.provider) {
        Some(provider) => {
            let (keys, tells_after) = (provider.has_idempotency_keys(), provider.tells_after());
            let found = ask(&office, &letter, provider).await;
            (believed(found, &letter.story, tells_after, office.now()), keys)
        }
        // It is not configured any more, so there is nobody to ask.
        None => (Ok(Found::NobodyKnows), false),
    };
    let what = What::LookedUp { found, knows_again };
    let at = office.now();
    Landed {
        letter,
        what,
        at,
        pass: None,
    }
}

/// That a provider knows nothing of a letter counts only when it would know by now.
fn believed(
    found: Result<Found, Refusal>,
    story: &[Step],
    tells_after: Duration,
    now: Moment,
) -> Result<Found, Refusal> {
    let given = story.iter().rev().find(|step| step.state == State::Sending);
    let since = given.and_then(|step| u64::try_from(now.micros_since(step.at)).ok());
    let left = tells_after.saturating_sub(Duration::from_micros(since.unwrap_or_default()));
    match found {
        Ok(Found::Nowhere) if !left.is_zero() => Err(Refusal {
            class: Class::Latency,
            is_final: false,
            words: "looked up: the provider knows nothing of it yet".to_owned(),
            retry_after: Some(left),
        }),
        found => found,
    }
}

async fn ask(office: &Office, letter: &Letter, provider: Arc<dyn Provider>) -> Result<Found, Refusal> {
    let (id, message_id) = (letter.id, office.stationery.message_id(letter.id));
    let asked = tokio::spawn(async move { provider.look_up(id, &message_id).await });
    match tokio::time::timeout(LOOK_UP_MAX, asked).await {
        Ok(Ok(found)) => found,
        Ok(Err(_)) | Err(_) => Err(Refusal {
            class: Class::Latency,
            is_final: false,
            words: "the provider's client did not answer".to_owned(),
            retry_after: None,
        }),
    }
}

impl Landed {
    /// A letter that was to be given and never was: its attempt could not be written down for certain, or it may not leave now.
    pub fn never_given(letter: Letter, why: &str, at: Moment, pass: Pass) -> Landed {
        let refusal = Refusal {
            class: Class::Network,
            is_final: false,
            words: why.to_owned(),
            retry_after: None,
        };
        let what = What::Given {
            verdict: Verdict::Refused(refusal),
            elsewhere: false,
        };
        Landed {
            letter,
            what,
            at,
            pass: Some(pass),
        }
    }

    /// What follows for the letter.
    pub fn decided(&self, kind: Option<&'static Kind>) -> Option<Decided> {
        let on_unsure = kind.map_or(crate::OnUnsure::LetBe, |kind| kind.on_unsure);
        // What the provider calls it, where that is news.
        let mut named = None;
        let (event, reason) = match &self.what {
            What::Given { verdict, elsewhere } => match verdict {
                Verdict::HandedOver { name } => {
                    named = Some(name.clone());
                    (Event::HandedOver, "")
                }
                Verdict::Refused(refusal) => (
                    Event::Refused {
                        refusal,
                        elsewhere: *elsewhere,
                    },
                    refusal.words.as_str(),
                ),
                Verdict::Unsure { why } => (Event::NoAnswer, why.as_str()),
            },
            What::LookedUp {
                found: Ok(found),
                knows_again,
            } => {
                if let Found::Here { name: Some(name) } = found {
                    named = Some(Some(name.clone()));
                }
                let event = Event::LookedUp {
                    found,
                    knows_again: *knows_again,
                    on_unsure,
                };
                (event, words_of(found))
            }
            What::LookedUp { found: Err(why), .. } => {
                let pause = why
                    .retry_after
                    .and_then(|pause| i64::try_from(pause.as_micros()).ok());
                let again = pause.map(|micros| self.at.plus_micros(micros));
                (Event::NotLookedUp { again }, why.words.as_str())
            }
        };
        let mut change = decide(&self.letter, event, self.at, reason)?;
        if let Some(name) = named {
            change.provider_name = name;
        }
        Some(Decided::new(&self.letter, change))
    }
}

fn words_of(found: &Found) -> &'static str {
    match found {
        Found::Here { .. } => "looked up: the provider has it",
        Found::Nowhere => "looked up: the provider never got it",
        Found::NobodyKnows => "looked up: the provider cannot tell",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_mailbox_is_no_dead_one() {
        for (words, heard) in [
            ("552 5.2.2 over quota", Heard::SoftBounce),
            ("552 Quota exceeded", Heard::SoftBounce),
            ("550 5.4.6 loops", Heard::SoftBounce),
            ("550 5.1.1 no such user", Heard::HardBounce),
            ("550 5.7.1 No such user!", Heard::HardBounce),
            ("550 no such user", Heard::HardBounce),
            ("hard-bounce: invalid", Heard::HardBounce),
        ] {
            assert_eq!(heard_of_mailbox(words), heard, "{words}");
        }
    }

    #[test]
    fn that_a_provider_knows_nothing_counts_once_it_would_know() {
        const GIVEN: Moment = Moment::from_seconds(1_795_000_000);
        let half_an_hour = Duration::from_secs(1800);
        let story = [Step::new(GIVEN, State::Waiting), Step::new(GIVEN, State::Sending)];
        let after = |seconds, found| believed(Ok(found), &story, half_an_hour, GIVEN.plus_seconds(seconds));
        let early = after(60, Found::Nowhere).unwrap_err();
        assert_eq!(early.retry_after, Some(Duration::from_secs(1740)));
        assert_eq!(after(1800, Found::Nowhere), Ok(Found::Nowhere));
        assert_eq!(after(60, Found::NobodyKnows), Ok(Found::NobodyKnows));
        let here = Found::Here { name: None };
        assert_eq!(after(0, here.clone()), Ok(here));
    }
}
