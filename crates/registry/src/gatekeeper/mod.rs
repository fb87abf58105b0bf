//! The registry at the gate: whose credentials these are.
//!
//! What was recognised once is remembered, so most requests cost two look-ups in memory: who it is, and whether that
//! was revoked. Only a renewal, an API key or an app password that was not seen for a minute asks the store.

mod recognised;

use std::sync::Arc;

use front::{Admission, Code, Credentials, Gatekeeper, Knock, Problem, Proof, Who, cookies};
use futures_util::future::BoxFuture;
use http::{HeaderValue, header};
use kernel::Moment;

use crate::audit::{Actor, By};
use crate::problems;
use crate::sessions::{NotRenewed, RefreshToken, Tokens};
use crate::tokens::BadToken;
use crate::{Registry, app_passwords, keys};

pub(crate) use recognised::{Memory, Recognised};

/// How long an API key or app password is recognised without a look into the store.
pub(crate) const REMEMBERED_SECONDS: i64 = 60;

/// What this instance recognises.
#[derive(Default)]
pub(crate) struct Known {
    tokens: Memory,
    cookies: Memory,
    /// By the hashes of API keys and of app passwords with their e-mail.
    pub others: Memory,
}

impl Known {
    pub fn clear(&self) {
        self.tokens.clear();
        self.cookies.clear();
        self.others.clear();
    }
}

impl Gatekeeper for Registry {
    fn admit<'a>(&'a self, knock: Knock<'a>) -> BoxFuture<'a, Result<Admission, Problem>> {
        Box::pin(async move {
            match knock.credentials {
                Credentials::Bearer(token) => self
                    .recognise_token(token, Proof::Token)
                    .await
                    .map(Admission::from)
                    .map_err(bad_token),
                Credentials::ApiKey(key) => self
                    .recognise_key(key)
                    .await
                    .map(Admission::from)
                    .map_err(keys::refused),
                Credentials::Basic { user, password } => self
                    .recognise_app_password(user, password, knock.address)
                    .await
                    .map(Admission::from)
                    .map_err(app_passwords::refused),
                Credentials::Cookie { access, refresh } => self.admit_browser(access, refresh, &knock).await,
            }
        })
    }
}

impl Registry {
    async fn recognise_token(&self, token: &str, proof: Proof) -> Result<Who, BadToken> {
        let now = self.clock.now();
        let memory = if proof == Proof::Cookie {
            &self.recognised.cookies
        } else {
            &self.recognised.tokens
        };
        if let Some(known) = memory.get(token, now) {
            self.still_good(&known)?;
            return Ok(known.who.clone());
        }
        let (bearer, until) = self.read_token(token, now).await?;
        let known = Arc::new(Recognised {
            by: bearer.session,
            of: Some((bearer.person.0, bearer.generation)),
            who: Who::Person(Arc::new(bearer.signed_in(proof))),
            until,
        });
        memory.put(token, Arc::clone(&known));
        self.still_good(&known)?;
        Ok(known.who.clone())
    }

    /// Whether nothing of it was revoked.
    pub(crate) fn still_good(&self, known: &Recognised) -> Result<(), BadToken> {
        if self.revocations.refuses(known.by, 0) {
            return Err(BadToken::Revoked);
        }
        match known.of {
            Some((person, generation)) if self.revocations.refuses(person, generation) => {
                Err(BadToken::Outdated)
            }
            _ => Ok(()),
        }
    }

    /// A browser whose access token is over, or is cut short, gets a new one in passing.
    async fn admit_browser(
        &self,
        access: Option<&str>,
        refresh: Option<&str>,
        knock: &Knock<'_>,
    ) -> Result<Admission, Problem> {
        let refused = match access {
            Some(token) => match self.recognise_token(token, Proof::Cookie).await {
                Ok(who) => return Ok(who.into()),
                Err(refused) => bad_token(refused),
            },
            None => Problem::new(Code::NotSignedIn),
        };
        let Some(refresh) = refresh else {
            return Err(self.forgetting(refused));
        };
        let Some(shown) = RefreshToken::parse(refresh) else {
            return Err(self.forgetting(Problem::new(Code::TokenInvalid)));
        };
        let by = By {
            actor: Actor::Nobody,
            request: knock.request.to_string(),
        };
        match self.renew_page(&shown, knock.address, &by).await {
            Ok(tokens) => {
                let cookies = self.cookies_of(&tokens);
                let who = Who::Person(Arc::new(tokens.bearer.signed_in(Proof::Cookie)));
                Ok(Admission { who, cookies })
            }
            Err(refused) => {
                let problem = not_renewed(refused);
                Err(if problem.status().is_server_error() {
                    problem
                } else {
                    self.forgetting(problem)
                })
            }
        }
    }

    /// The cookies that keep a browser signed in.
    pub fn cookies_of(&self, tokens: &Tokens) -> Vec<HeaderValue> {
        let secure = self.options.has_https();
        let access = cookies::set(
            cookies::ACCESS,
            &tokens.access.token,
            tokens.access.seconds,
            secure,
        );
        let refresh = tokens
            .refresh
            .as_ref()
            .map(|refresh| cookies::set(cookies::REFRESH, refresh, tokens.refresh_seconds, secure));
        std::iter::once(access).chain(refresh).collect()
    }

    /// The cookies that make a browser forget them.
    pub fn cookies_of_nobody(&self) -> Vec<HeaderValue> {
        let secure = self.options.has_https();
        vec![
            cookies::forget(cookies::ACCESS, secure),
            cookies::forget(cookies::REFRESH, secure),
        ]
    }

    fn forgetting(&self, problem: Problem) -> Problem {
        let cookies = self.cookies_of_nobody().into_iter();
        cookies.fold(problem, |problem, cookie| {
            problem.header(header::SET_COOKIE, cookie)
        })
    }

    pub(crate) fn remembered_until(&self, now: Moment) -> Moment {
        now.plus_seconds(REMEMBERED_SECONDS)
    }
}

fn bad_token(why: BadToken) -> Problem {
    let code = match why {
        BadToken::Expired | BadToken::Outdated => Code::TokenExpired,
        BadToken::UnknownKey => Code::TokenKeyUnknown,
        BadToken::Revoked => Code::SessionEnded,
        BadToken::Malformed | BadToken::Algorithm | BadToken::Signature | BadToken::NotOurs => {
            Code::TokenInvalid
        }
    };
    Problem::new(code).detail(format!("The access token was not accepted: {why}."))
}

/// How a refresh token that was not taken is told.
pub(crate) fn not_renewed(why: NotRenewed) -> Problem {
    let code = match why {
        NotRenewed::Unknown => Code::TokenInvalid,
        NotRenewed::Expired => Code::TokenExpired,
        NotRenewed::Ended | NotRenewed::Blocked => Code::SessionEnded,
        NotRenewed::Reused => Code::TokenReused,
        NotRenewed::Store(error) => return problems::of_store(error),
        NotRenewed::Token(why) => return Problem::internal(why),
    };
    Problem::new(code)
}
