//! A house for tests: a registry on a store of its own, with people who have a password.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use front::{Admission, Code, Credentials, Gatekeeper as _, Knock, Problem, RequestId, SignedIn, Who};
use kernel::{Clock, Language, Moment, PersonId, Text};
use store::StoreError;
use testkit::stores::{self, Kind, TestStore};

use crate::audit::{self, rows::Window};
use crate::passwords::{About as PasswordAbout, accept};
use crate::people::types::{About, Attributes, Email, Zone};
use crate::people::{emails, rows, rules};
use crate::sessions::{Client, Surface, Tokens};
use crate::sign_in::Refused;
use crate::{Options, Registry, accounts};

pub const PASSWORD: &str = "seven green lamps";
pub const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

pub struct House {
    pub registry: Arc<Registry>,
    pub clock: Clock,
    pub options: Options,
    pub store: TestStore,
}

pub async fn house() -> House {
    house_with(Options::for_tests()).await
}

pub async fn house_with(options: Options) -> House {
    house_on(Kind::Sqlite, options).await
}

pub async fn house_on(kind: Kind, options: Options) -> House {
    let store = stores::open(kind).await.unwrap();
    let clock = store.clock.clone();
    let registry = Registry::open(store.store.clone(), clock.clone(), options.clone())
        .await
        .unwrap();
    House {
        registry,
        clock,
        options,
        store,
    }
}

pub fn client(surface: Surface) -> Client {
    Client {
        surface,
        address: ADDRESS,
        user_agent: Some("curl/8.5.0".to_owned()),
    }
}

impl House {
    /// Another instance on the same store, or the same one after a restart.
    pub async fn another(&self) -> Arc<Registry> {
        self.another_with(self.options.clone()).await
    }

    pub async fn another_with(&self, options: Options) -> Arc<Registry> {
        Registry::open(self.store.another().await.unwrap(), self.clock.clone(), options)
            .await
            .unwrap()
    }

    /// Somebody active, with [`PASSWORD`].
    pub async fn person(&self, email: &str) -> PersonId {
        let id = self.person_without_password(email).await;
        let password = accept(PASSWORD, 10, &PasswordAbout::default()).unwrap();
        let hash = self.registry.passwords.hash(&password).await.unwrap();
        let now = self.clock.now();
        let set = move |tx: &mut store::Tx<'_>| accounts::set_password(tx, id, &hash, now);
        self.registry
            .store
            .shard_of(id)
            .write::<_, StoreError>(set)
            .await
            .unwrap();
        id
    }

    pub async fn person_without_password(&self, email: &str) -> PersonId {
        let now = self.clock.now();
        let email = Email::parse(email).unwrap();
        let id = PersonId::new(now);
        let about = About {
            email: Some(email.clone()),
            name: Text::new("Анна Петрова", 100).unwrap(),
            language: Language::Russian,
            zone: Zone::utc(),
            attributes: Attributes::default(),
        };
        let store = &self.registry.store;
        let claimed = emails::claim(store, &email, id, emails::Bearing::Acting, now)
            .await
            .unwrap()
            .unwrap();
        let person = rules::admitted(id, about, now);
        store
            .shard_of(id)
            .write::<_, StoreError>(move |tx| rows::insert(tx, &person))
            .await
            .unwrap();
        assert!(emails::confirm(store, &claimed).await.unwrap());
        id
    }

    pub async fn block(&self, id: PersonId) {
        let (now, kept_until) = (self.clock.now(), self.registry.tokens_end(self.clock.now()));
        let block = move |tx: &mut store::Tx<'_>| {
            let person = rows::person(tx, id)?.unwrap();
            rows::save(tx, &rules::block(&person, now).unwrap().unwrap())?;
            accounts::end_all(tx, id, now, kept_until)
        };
        let ended = self
            .registry
            .store
            .shard_of(id)
            .write::<_, StoreError>(block)
            .await
            .unwrap();
        self.registry.revocations.learn(&ended);
    }

    pub async fn try_sign_in(&self, email: &str, password: &str) -> Result<Tokens, Refused> {
        self.registry
            .sign_in(email, password, &client(Surface::Api), "request")
            .await
    }

    pub async fn sign_in(&self, email: &str) -> Tokens {
        self.try_sign_in(email, PASSWORD).await.unwrap()
    }

    pub async fn sign_in_browser(&self, email: &str) -> Tokens {
        self.registry
            .sign_in(email, PASSWORD, &client(Surface::Browser), "request")
            .await
            .unwrap()
    }

    /// The codes of the audit entries about somebody, sorted: the clock of a test stands still.
    pub async fn audited(&self, id: PersonId) -> Vec<&'static str> {
        let window = Window {
            before: (Moment::from_micros(i64::MAX), id.0),
            from: Moment::from_micros(0),
            rows: 1_000,
        };
        let about = move |tx: &mut store::Tx<'_>| audit::rows::on(tx, id.0, None, None, &window);
        let entries = self
            .registry
            .store
            .shard_of(id)
            .read::<_, StoreError>(about)
            .await
            .unwrap();
        let mut codes: Vec<_> = entries.iter().map(|entry| entry.act.code()).collect();
        codes.sort_unstable();
        codes
    }
}

pub async fn admit(registry: &Registry, credentials: Credentials<'_>) -> Result<Admission, Problem> {
    let request = RequestId::new();
    registry
        .admit(Knock {
            credentials,
            address: ADDRESS,
            request: &request,
            user_agent: None,
        })
        .await
}

pub async fn by_token(registry: &Registry, token: &str) -> Result<Arc<SignedIn>, Code> {
    match admit(registry, Credentials::Bearer(token))
        .await
        .map_err(|problem| problem.code())?
        .who
    {
        Who::Person(person) => Ok(person),
        other => panic!("a token is a person's: {other:?}"),
    }
}

/// The values of the cookies that an answer sets, as a browser keeps them: access and refresh.
pub fn cookies(headers: &[http::HeaderValue]) -> (Option<String>, Option<String>) {
    let value = |name: &str| {
        headers.iter().find_map(|header| {
            let (key, rest) = header.to_str().unwrap().split_once('=').unwrap();
            (key == name).then(|| rest.split(';').next().unwrap_or_default().to_owned())
        })
    };
    (value(front::cookies::ACCESS), value(front::cookies::REFRESH))
}
