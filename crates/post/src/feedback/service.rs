//! Use cases of feedback.

use std::path::PathBuf;
use std::sync::Arc;

use bell::Duty;
use front::Routes;
use futures_util::StreamExt as _;
use kernel::{Clock, Id, Moment, PersonId, Secret};
use store::{Store, StoreError};

use super::chores;
use super::mailgun::{self, Webhook};
use super::report::REPORT_BYTES_MAX;
use super::types::{News, Refused, Source, Taken};
use super::{mandrill, meter, report, rows, rules};
use crate::Recipients;
use crate::letters::rules::Event;
use crate::letters::{self, Letter};
use crate::maildir;
use crate::suppressions::{Address, Heard, Incident, Suppressions};
use crate::writing::Desks;

/// News of one batch that are taken in at the same time: enough to fill a group commit.
const NEWS_AT_ONCE: usize = 16;

/// Who may call, and how they prove it.
#[derive(Clone, Debug, Default)]
pub struct Webhooks {
    /// Signing keys of domains at Mailgun.
    pub mailgun_keys: Vec<Secret>,
    /// Keys of webhooks at Mailchimp Transactional.
    pub mandrill_keys: Vec<Secret>,
    /// The address of the webhook as it was typed there: the signature is over it.
    pub mandrill_url: String,
}

/// What feedback is made of.
pub struct FeedbackSetup {
    pub store: Store,
    pub clock: Clock,
    pub desks: Desks,
    pub recipients: Arc<dyn Recipients>,
    pub suppressions: Suppressions,
    pub webhooks: Webhooks,
    /// A Maildir that reports are delivered into.
    pub maildir: Option<PathBuf>,
}

/// Listens to what is said of letters. Cheap to clone.
#[derive(Clone)]
pub struct Feedback(Arc<FeedbackSetup>);

impl Feedback {
    pub fn new(setup: FeedbackSetup) -> Feedback {
        meter::describe();
        Feedback(Arc::new(setup))
    }

    /// All routes of feedback, with their state.
    pub fn routes(&self) -> Routes {
        super::http::routes().with_state(self.clone())
    }

    /// What it does by itself, for bell to have done.
    pub fn duties(&self) -> Vec<Duty> {
        let forget = chores::forget_webhooks(self.clone());
        let look = chores::look_into_maildir(self.clone());
        let has_maildir = self.0.maildir.is_some();
        [Some(forget), has_maildir.then_some(look)]
            .into_iter()
            .flatten()
            .collect()
    }

    /// A webhook of Mailgun.
    pub async fn mailgun(&self, webhook: &Webhook) -> Result<Taken, Refused> {
        let now = self.0.clock.now();
        let keys = &self.0.webhooks.mailgun_keys;
        if keys.is_empty() {
            return Err(Refused::NotExpected);
        }
        if !webhook.is_signed_by(keys, now) {
            meter::heard(Source::Mailgun, "forged");
            return Err(Refused::Forged);
        }
        let news: Vec<News> = webhook.news().into_iter().collect();
        let ignored = usize::from(news.is_empty());
        let until = now.plus_seconds(2 * mailgun::AGE_SECONDS_MAX);
        self.once(Source::Mailgun, webhook.token(), until, news, ignored)
            .await
    }

    /// A webhook of Mailchimp Transactional.
    pub async fn mandrill(&self, signature: &str, form: &[(String, String)]) -> Result<Taken, Refused> {
        let now = self.0.clock.now();
        let Webhooks {
            mandrill_keys: keys,
            mandrill_url: url,
            ..
        } = &self.0.webhooks;
        if keys.is_empty() {
            return Err(Refused::NotExpected);
        }
        if !mandrill::is_signed_by(keys, signature, url, form) {
            meter::heard(Source::Mandrill, "forged");
            return Err(Refused::Forged);
        }
        let (news, ignored) = mandrill::news(form, now).ok_or(Refused::Malformed)?;
        let until = now.plus_seconds(2 * mandrill::AGE_SECONDS_MAX);
        self.once(Source::Mandrill, signature, until, news, ignored).await
    }

    /// A message that may be a report.
    pub async fn report(&self, raw: &[u8]) -> Result<Taken, StoreError> {
        let news = report::read(raw);
        let ignored = usize::from(news.is_empty());
        self.take(Source::Report, news, ignored).await
    }

    /// Takes in what lies in the Maildir, if there is one.
    pub async fn look_into_maildir(&self) -> Result<(), maildir::Trouble> {
        match &self.0.maildir {
            Some(folder) => {
                let take = |raw: Vec<u8>| async move { self.report(&raw).await.map(drop) };
                maildir::empty(folder, REPORT_BYTES_MAX, take).await
            }
            None => Ok(()),
        }
    }

    /// Forgets webhooks of one server that nobody could say again.
    pub(super) async fn forget_old(&self) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        for shard in self.0.store.everywhere() {
            while shard.write(move |tx| rows::forget(tx, now)).await? {}
        }
        Ok(())
    }

    /// Takes in a request that counts once. It is remembered when all of it is on disk: who gets no answer says it again.
    async fn once(
        &self,
        source: Source,
        token: &str,
        until: Moment,
        news: Vec<News>,
        ignored: usize,
    ) -> Result<Taken, Refused> {
        let id = Id::named("webhook", &format!("{} {token}", source.name()));
        let shard = self.0.store.shard_of(id);
        if shard
            .read::<_, StoreError>(move |tx| rows::is_known(tx, id))
            .await?
        {
            meter::heard(source, "replayed");
            let ignored = news.len() + ignored;
            return Ok(Taken { taken: 0, ignored });
        }
        let taken = self.take(source, news, ignored).await?;
        shard
            .write::<_, StoreError>(move |tx| rows::remember(tx, id, until))
            .await?;
        Ok(taken)
    }

    async fn take(&self, source: Source, news: Vec<News>, ignored: usize) -> Result<Taken, StoreError> {
        meter::many(source, "not_understood", ignored);
        let mut taken = Taken { taken: 0, ignored };
        let mut taking = futures_util::stream::iter(news)
            .map(|news| self.take_one(source, news))
            .buffer_unordered(NEWS_AT_ONCE);
        while let Some(done) = taking.next().await {
            match done? {
                true => taken.taken += 1,
                false => taken.ignored += 1,
            }
        }
        Ok(taken)
    }

    /// The address first: a letter whose row says that it came back has been taken in whole.
    async fn take_one(&self, source: Source, news: News) -> Result<bool, StoreError> {
        let (now, id) = (self.0.clock.now(), news.letter);
        let shard = self.0.store.shard_of(id);
        let ignored = |why| {
            meter::heard(source, why);
            Ok(false)
        };
        let Some(letter) = shard.read(move |tx| letters::rows::letter(tx, id)).await? else {
            return ignored("unknown_letter");
        };
        let of_letter = news.said.of_letter();
        let changes = |feedback| letters::decide(&letter, Event::Heard(feedback), now, "").is_some();
        if of_letter.is_some_and(|feedback| !changes(feedback)) {
            return ignored("known");
        }
        let reader = match source {
            Source::Report => self.reader(&letter).await?,
            Source::Mailgun | Source::Mandrill => None,
        };
        if let Some(doubt) = rules::doubt(&news, &letter, reader.as_ref(), source, now) {
            return ignored(doubt.name());
        }
        let desk = self.0.desks.of(letter.kind);
        let heard = news.said.of_address().filter(|heard| {
            // Of a kind that this program does not know nobody can tell which stream to stop, and all would be too many.
            let is_of_stream = matches!(heard, Heard::Complained | Heard::Unsubscribed);
            if desk.is_none() && is_of_stream {
                tracing::warn!(letter = %id, kind = letter.kind, "a letter of an unknown kind is not wanted; no stream was stopped");
                meter::heard(source, "unknown_kind");
            }
            desk.is_some() || !is_of_stream
        });
        if let (Some(heard), Some(address)) = (heard, news.address.or(reader)) {
            let incident = Incident {
                address,
                letter: id,
                stream: desk.and_then(|desk| desk.kind.stream).map(str::to_owned),
                heard,
                source: source.name().to_owned(),
                words: news.words.clone(),
            };
            self.0.suppressions.hear(incident).await?;
        }
        if let Some(feedback) = of_letter {
            let words = news.words;
            shard
                .write::<_, StoreError>(move |tx| letters::hear(tx, id, feedback, &words, now))
                .await?;
        }
        meter::heard(source, news.said.name());
        Ok(true)
    }

    /// Where the reader of a letter is reached now.
    async fn reader(&self, letter: &Letter) -> Result<Option<Address>, StoreError> {
        let email = match &letter.outside {
            Some(outsider) => Some(outsider.email.clone()),
            None => {
                let person = self.0.recipients.recipient(PersonId(letter.owner)).await?;
                person.map(|recipient| recipient.email)
            }
        };
        Ok(email.and_then(|email| Address::parse(&email).ok()))
    }
}
