//! Use cases of sessions: renew, list, end.

use std::net::IpAddr;

use front::{Grant, Roles};
use kernel::{Id, Moment, PersonId};
use store::{StoreError, Tx};

use super::rules::{self, SESSIONS_MAX};
use super::types::{Ended, Judgement, NotRenewed, RefreshToken, Rotation, Session, Surface};
use super::{end_all, end_one, rows};
use crate::audit::{self, Act, By, Entry};
use crate::failure::Failure;
use crate::grants::types::{Acting, Doer};
use crate::revocations::Revocation;
use crate::tokens::{AccessToken, Bearer};
use crate::{Registry, accounts, grants, people};

/// Who asks, from where: for the list of sessions.
#[derive(Clone, Debug)]
pub struct Client {
    pub surface: Surface,
    pub address: IpAddr,
    pub user_agent: Option<String>,
}

/// What a sign-in or a renewal hands out.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub person: PersonId,
    pub session: Id,
    pub access: AccessToken,
    /// `None` for a page that was loaded beside the one that got it.
    pub refresh: Option<String>,
    pub refresh_seconds: i64,
    pub bearer: Bearer,
}

/// What the transaction of a renewal found and did.
enum Renewed {
    New(Bearer),
    Beside(Bearer),
    Theft(Vec<Revocation>),
    Refused(NotRenewed),
}

impl Registry {
    /// Takes a refresh token and hands out the next one with a new access token. A used one ends its session.
    pub async fn renew(&self, shown: &str, address: IpAddr, by: &By) -> Result<Tokens, NotRenewed> {
        let shown = RefreshToken::parse(shown).ok_or(NotRenewed::Unknown)?;
        self.renew_session(&shown, address, by).await
    }

    /// The same for a browser: pages that are loaded together renew once. What was handed out a moment ago is handed
    /// out again only while it is good.
    pub(crate) async fn renew_page(
        &self,
        shown: &RefreshToken,
        address: IpAddr,
        by: &By,
    ) -> Result<Tokens, NotRenewed> {
        let one = shown.hash();
        let tokens = self.renew_page_whatever_comes(shown, address, by).await?;
        let bearer = &tokens.bearer;
        if self.revocations.refuses(bearer.session, 0) {
            return Err(NotRenewed::Ended);
        }
        if self.revocations.refuses(bearer.person.0, bearer.generation) {
            self.renewals.forget(&one);
            return self.renew_session(shown, address, by).await;
        }
        Ok(tokens)
    }

    /// A browser that leaves a page before it is there ends the request. The renewal goes on nevertheless, so that
    /// the next page finds the new tokens and not a used one.
    async fn renew_page_whatever_comes(
        &self,
        shown: &RefreshToken,
        address: IpAddr,
        by: &By,
    ) -> Result<Tokens, NotRenewed> {
        let gone = || NotRenewed::Token("the registry is closing".to_owned());
        let me = self.me.upgrade().ok_or_else(gone)?;
        let (shown, by, now) = (shown.clone(), by.clone(), self.clock.now());
        let renewing = tokio::spawn(async move {
            let renewal = me.renew_session(&shown, address, &by);
            me.renewals.once(shown.hash(), now, renewal).await
        });
        renewing.await.unwrap_or_else(|_| Err(gone()))
    }

    async fn renew_session(
        &self,
        shown: &RefreshToken,
        address: IpAddr,
        by: &By,
    ) -> Result<Tokens, NotRenewed> {
        let now = self.clock.now();
        let next = shown.next();
        let renewal = Renewal {
            session: shown.session,
            family: shown.family_hash(),
            shown: shown.hash(),
            next: next.rotation(now),
            address: address.to_canonical().to_string(),
            now,
            expires: now.plus_seconds(self.options.session_seconds),
            tokens_end: self.tokens_end(now),
            theft: Entry::new(now, by, Act::TokenTheft, shown.session),
        };
        let shard = self.store.shard_of(shown.session);
        let renewed = shard.write(move |tx| renewal.run(tx)).await?;
        count_renewal(&renewed);
        let (bearer, refresh) = match renewed {
            Renewed::New(bearer) => (bearer, Some(next.reveal())),
            Renewed::Beside(bearer) => (bearer, None),
            Renewed::Theft(revocations) => {
                self.revocations.learn(&revocations);
                return Err(NotRenewed::Reused);
            }
            Renewed::Refused(why) => return Err(why),
        };
        let access = self.access_token(&bearer, now).map_err(NotRenewed::Token)?;
        Ok(Tokens {
            person: bearer.person,
            session: bearer.session,
            access,
            refresh,
            refresh_seconds: self.options.session_seconds,
            bearer,
        })
    }

    /// One's own open sessions, the last used first.
    pub async fn sessions(&self, person: PersonId) -> Result<Vec<Session>, StoreError> {
        let (now, rows) = (self.clock.now(), i64::try_from(SESSIONS_MAX).unwrap_or(i64::MAX));
        self.store
            .shard_of(person)
            .read(move |tx| rows::open_of(tx, person, now, rows))
            .await
    }

    /// Ends one session of the person. `false` when they have none of this id that is open.
    pub async fn end_session(
        &self,
        person: PersonId,
        session: Id,
        why: Ended,
        by: &By,
    ) -> Result<bool, StoreError> {
        let (now, kept_until) = (self.clock.now(), self.tokens_end(self.clock.now()));
        let act = if why == Ended::SignedOut {
            Act::SignedOut
        } else {
            Act::SessionRevoked
        };
        let entry = Entry::new(now, by, act, person).telling("session", session.to_string());
        let ended = self
            .store
            .shard_of(person)
            .write(move |tx| {
                let owned = rows::session(tx, session)?.is_some_and(|session| session.person == person);
                if !owned {
                    return Ok::<_, StoreError>(None);
                }
                let ended = end_one(tx, session, why, now, kept_until)?;
                if ended.is_some() {
                    audit::record(tx, &entry)?;
                }
                Ok(ended)
            })
            .await?;
        self.revocations.learn(ended.as_slice());
        Ok(ended.is_some())
    }

    /// Somebody's open sessions, for who administers them.
    pub async fn sessions_of(&self, doer: &Doer, person: PersonId) -> Result<Vec<Session>, Failure> {
        let (now, acting) = (self.clock.now(), doer.acting);
        let rows = i64::try_from(SESSIONS_MAX).unwrap_or(i64::MAX);
        self.store
            .shard_of(person)
            .read(move |tx| {
                accounts::may_administer(tx, acting, person)?;
                Ok(rows::open_of(tx, person, now, rows)?)
            })
            .await
    }

    /// Ends all sessions of somebody, for who administers them. Says how many there were.
    pub async fn end_sessions_of(&self, doer: &Doer, person: PersonId) -> Result<usize, Failure> {
        self.end_sessions_if(person, None, Some(doer.acting), &doer.by)
            .await
    }

    /// Ends all sessions of the person, perhaps but the one they are in. Says how many there were.
    pub async fn end_sessions(&self, person: PersonId, but: Option<Id>, by: &By) -> Result<usize, Failure> {
        self.end_sessions_if(person, but, None, by).await
    }

    async fn end_sessions_if(
        &self,
        person: PersonId,
        but: Option<Id>,
        asked_by: Option<Acting>,
        by: &By,
    ) -> Result<usize, Failure> {
        let (now, kept_until) = (self.clock.now(), self.tokens_end(self.clock.now()));
        let entry = Entry::new(now, by, Act::SessionsRevoked, person);
        let ended = self
            .store
            .shard_of(person)
            .write(move |tx| {
                if let Some(acting) = asked_by {
                    accounts::may_administer(tx, acting, person)?;
                }
                let ended = end_all(tx, person, but, now, kept_until)?;
                if !ended.is_empty() {
                    audit::record(tx, &entry.clone().telling("count", ended.len().to_string()))?;
                }
                Ok::<_, Failure>(ended)
            })
            .await?;
        self.revocations.learn(&ended);
        Ok(ended.len())
    }
}

/// All that the transaction of a renewal needs; made before it, because it may run twice.
struct Renewal {
    session: Id,
    family: super::types::Hash,
    shown: super::types::Hash,
    next: Rotation,
    address: String,
    now: Moment,
    expires: Moment,
    tokens_end: Moment,
    theft: Entry,
}

impl Renewal {
    fn run(&self, tx: &mut Tx<'_>) -> Result<Renewed, NotRenewed> {
        let Some(mut session) = rows::session(tx, self.session)? else {
            return Ok(Renewed::Refused(NotRenewed::Unknown));
        };
        let judgement = match rules::judge(&session, &self.family, &self.shown, self.now) {
            Ok(judgement) => judgement,
            Err(why) => return Ok(Renewed::Refused(why)),
        };
        if judgement == Judgement::Reused {
            let ended = end_one(tx, session.id, Ended::Theft, self.now, self.tokens_end)?;
            audit::record(
                tx,
                &Entry {
                    on: session.person.0,
                    ..self.theft.clone()
                }
                .telling("session", session.id.to_string()),
            )?;
            return Ok(Renewed::Theft(ended.into_iter().collect()));
        }
        let Some(bearer) = bearer_of(tx, session.person, session.id)? else {
            return Ok(Renewed::Refused(NotRenewed::Blocked));
        };
        if judgement == Judgement::Beside {
            return Ok(Renewed::Beside(bearer));
        }
        session.rotation = Rotation {
            previous: Some(session.rotation.current),
            ..self.next.clone()
        };
        session.last_seen = self.now;
        session.expires = self.expires;
        session.address.clone_from(&self.address);
        rows::renew(tx, &session)?;
        Ok(Renewed::New(bearer))
    }
}

/// What a token says of the person as they are now; `None` when they may not sign in.
pub(crate) fn bearer_of(
    tx: &mut Tx<'_>,
    person: PersonId,
    session: Id,
) -> Result<Option<Bearer>, StoreError> {
    let known = people::rows::person(tx, person)?;
    let Some(about) = known
        .as_ref()
        .filter(|known| known.state.is_active())
        .and_then(|known| known.about())
    else {
        return Ok(None);
    };
    let generation = accounts::rows::account(tx, person.0)?.map_or(0, |account| account.generation);
    let given = grants::rows::of_person(tx, person)?;
    Ok(Some(Bearer {
        person,
        session,
        generation,
        roles: Roles::new(
            given
                .into_iter()
                .map(|given| Grant::new(given.relation, given.scope))
                .collect(),
        ),
        language: about.language,
        zone: about.zone.as_str().to_owned(),
    }))
}

fn count_renewal(renewed: &Renewed) {
    let result = match renewed {
        Renewed::New(_) => "renewed",
        Renewed::Beside(_) => "beside",
        Renewed::Theft(_) => "theft",
        Renewed::Refused(_) => "refused",
    };
    metrics::counter!("townhall_session_renewals_total", "result" => result).increment(1);
}
