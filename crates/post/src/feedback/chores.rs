//! What feedback does by itself: looking into the mailbox, and forgetting webhooks that nobody could say again. Both are
//! safe to be done twice.

use std::time::Duration;

use bell::{Duty, Failed, Scope};

use super::service::Feedback;

/// A reader who complained should not get the letters of the next hour; nobody waits for it at a screen.
const LOOK_EVERY: Duration = Duration::from_secs(30);
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

pub(super) fn look_into_maildir(feedback: Feedback) -> Duty {
    Duty::new("post.reports", LOOK_EVERY, Scope::OncePerHouse, move || {
        let feedback = feedback.clone();
        async move {
            let looked = feedback.look_into_maildir().await;
            looked.map_err(|trouble| {
                let place = "reports cannot be taken out of their mailbox (post.reports)";
                Failed::because(format!("{place}: {trouble}"))
            })
        }
    })
}

pub(super) fn forget_webhooks(feedback: Feedback) -> Duty {
    Duty::new("post.webhooks", FORGET_EVERY, Scope::OncePerHouse, move || {
        let feedback = feedback.clone();
        async move { Ok(feedback.forget_old().await?) }
    })
}
