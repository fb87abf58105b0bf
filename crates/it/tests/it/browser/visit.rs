//! A browser and a house to visit with it.
//!
//! A demo city is opened once for all tests here; each test has a browser with a profile of its own and people of
//! its own making where it changes anything, so that tests run in any order and beside each other.

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use testkit::house::House;
use tokio::sync::{RwLock, Semaphore, SemaphorePermit};

/// A page that is not there by then will not come. Generous, because the test machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(25);
/// Tests at a time: each browser takes a few hundred megabytes.
static BROWSERS: Semaphore = Semaphore::const_new(2);

/// The demo city.
pub struct City {
    pub base: String,
    pub people: Vec<Citizen>,
}

#[derive(Clone)]
pub struct Citizen {
    pub role: String,
    pub email: String,
    pub password: String,
    pub id: String,
}

impl City {
    /// Somebody with this role.
    pub fn somebody(&self, role: &str) -> &Citizen {
        let found = self.people.iter().find(|person| person.role == role);
        found.unwrap_or_else(|| panic!("the demo city has a {role}"))
    }

    /// One of those without a role. Each test that changes somebody takes another number.
    pub fn resident(&self, number: usize) -> &Citizen {
        let mut residents = self.people.iter().filter(|person| person.role == "person");
        residents
            .nth(number)
            .unwrap_or_else(|| panic!("the demo city has a resident {number}"))
    }
}

/// The one administrator's language: a test that changes it has them for itself, the others share them.
pub static ADMIN: RwLock<()> = RwLock::const_new(());

/// The same city for all tests, closed when they are over.
pub fn city() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    static HOUSE: Mutex<Option<(House, tempfile::TempDir)>> = Mutex::new(None);
    CITY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let house = House::open(folder.path(), &["--demo"]).unwrap();
        let city = City {
            base: house.base.clone(),
            people: citizens(folder.path()),
        };
        *HOUSE.lock().unwrap_or_else(PoisonError::into_inner) = Some((house, folder));
        city
    })
}

fn citizens(folder: &Path) -> Vec<Citizen> {
    let path = folder.join("townhall-data/demo.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let demo: Value = serde_json::from_str(&text).unwrap();
    let word = |person: &Value, name: &str| person[name].as_str().unwrap_or_default().to_owned();
    let people = demo["people"].as_array().unwrap();
    people
        .iter()
        .map(|person| Citizen {
            role: word(person, "role"),
            email: word(person, "email"),
            password: word(person, "password"),
            id: word(person, "id"),
        })
        .collect()
}

/// One browser with a profile of its own.
pub struct Visit {
    pub client: Client,
    pub base: String,
    language: &'static str,
    /// Of the first browser of a test; others come on its ticket, so that no two tests wait for each other.
    _place: Option<SemaphorePermit<'static>>,
}

impl Visit {
    /// A browser whose owner prefers `language`, at no page yet.
    pub async fn start(language: &'static str) -> Visit {
        let place = BROWSERS.acquire().await.unwrap();
        Visit::open(language, Some(place)).await
    }

    /// One more browser for the same test: another device, or another person's.
    pub async fn another(&self, language: &'static str) -> Visit {
        Visit::open(language, None).await
    }

    /// A browser whose owner has forbidden pages their scripts.
    pub async fn without_script(language: &'static str) -> Visit {
        let place = BROWSERS.acquire().await.unwrap();
        let forbidden = json!({"profile.managed_default_content_settings.javascript": 2});
        Visit::open_with(language, Some(place), forbidden).await
    }

    async fn open(language: &'static str, place: Option<SemaphorePermit<'static>>) -> Visit {
        Visit::open_with(language, place, json!({})).await
    }

    async fn open_with(
        language: &'static str,
        place: Option<SemaphorePermit<'static>>,
        preferences: Value,
    ) -> Visit {
        let driver = tokio::task::spawn_blocking(testkit::browser::shared)
            .await
            .unwrap()
            .unwrap();
        let base = tokio::task::spawn_blocking(city).await.unwrap().base.clone();
        let mut capabilities = driver.capabilities(language);
        for (name, value) in preferences.as_object().into_iter().flatten() {
            capabilities["goog:chromeOptions"]["prefs"][name] = value.clone();
        }
        let Value::Object(capabilities) = capabilities else {
            unreachable!()
        };
        let capabilities: Capabilities = capabilities.into_iter().collect();
        let client = ClientBuilder::new(connector())
            .capabilities(capabilities)
            .connect(driver.address())
            .await;
        Visit {
            client: client.unwrap(),
            base,
            language,
            _place: place,
        }
    }

    pub async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.unwrap();
    }

    /// Path and query of the page.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.as_str()
            .strip_prefix(&self.base)
            .unwrap_or(url.as_str())
            .to_owned()
    }

    /// Waits until the page at `path` is there.
    pub async fn arrives(&self, path: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let at = self.path().await;
            let ready = self.script("return document.readyState").await == "complete";
            if at.split('?').next() == Some(path) && ready {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "at {at}, not at {path}: {}",
                self.text().await
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until the page says `text`.
    pub async fn says(&self, text: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let said = self.text().await;
            if said.contains(text) {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "not said: {text:?} but {said}"
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// What the page shows. Empty between two pages.
    pub async fn text(&self) -> String {
        let text = self
            .client
            .execute("return document.body ? document.body.innerText : ''", vec![])
            .await;
        text.ok()
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    pub async fn fill(&self, name: &str, value: &str) {
        let css = format!("main [name={name}]");
        let wait = self.client.wait().at_most(PATIENCE).every(POLL);
        let field = wait.for_element(Locator::Css(&css)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(value).await.unwrap();
    }

    pub async fn choose(&self, name: &str, value: &str) {
        let field = self
            .client
            .find(Locator::Css(&format!("select[name={name}]")))
            .await
            .unwrap();
        field.select_by_value(value).await.unwrap();
    }

    pub async fn value(&self, name: &str) -> String {
        let field = self
            .client
            .find(Locator::Css(&format!("main [name={name}]")))
            .await
            .unwrap();
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    pub async fn press(&self, css: &str) {
        let button = self
            .client
            .wait()
            .at_most(PATIENCE)
            .every(POLL)
            .for_element(Locator::Css(css))
            .await;
        button
            .unwrap_or_else(|error| panic!("{css}: {error}"))
            .click()
            .await
            .unwrap();
    }

    /// Presses what is called so: a link or a button, by its text.
    pub async fn press_called(&self, text: &str) {
        let path = format!("//*[self::a or self::button][normalize-space()='{text}']");
        let found = self
            .client
            .wait()
            .at_most(PATIENCE)
            .every(POLL)
            .for_element(Locator::XPath(&path))
            .await;
        found
            .unwrap_or_else(|error| panic!("{text}: {error}"))
            .click()
            .await
            .unwrap();
    }

    /// Waits until the page has something like `css`.
    pub async fn shows(&self, css: &str) {
        let found = self.client.wait().at_most(PATIENCE).every(POLL);
        let found = found.for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    pub async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    pub async fn text_of(&self, css: &str) -> String {
        self.client
            .find(Locator::Css(css))
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap_or_default()
    }

    /// Signs somebody in and makes the house speak the language of this visit to them.
    pub async fn sign_in(&self, citizen: &Citizen) {
        self.go("/sign-in").await;
        self.fill("email", &citizen.email).await;
        self.fill("password", &citizen.password).await;
        self.press("main button[type=submit]").await;
        self.arrives("/").await;
        self.speaks(self.language).await;
    }

    /// Switches to the language by its button, unless it is spoken already.
    pub async fn speaks(&self, language: &str) {
        if self.script("return document.documentElement.lang").await != language {
            self.press(&format!(".mine button[value={language}]")).await;
            let spoken = format!("html[lang={language}]");
            let wait = self.client.wait().at_most(PATIENCE).every(POLL);
            wait.for_element(Locator::Css(&spoken)).await.unwrap();
        }
    }

    pub async fn sign_out(&self) {
        self.press(".menu summary").await;
        self.press("#sign-out").await;
        self.arrives("/sign-in").await;
    }

    /// A screen as wide as this; `dark` as its owner's system says.
    pub async fn screen(&self, width: u32, dark: bool) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.chrome("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.chrome("Emulation.setEmulatedMedia", media).await;
    }

    /// From now on the screen is one that is touched.
    pub async fn touched(&self) {
        let touch = json!({"enabled": true});
        self.chrome("Emulation.setTouchEmulationEnabled", touch).await;
    }

    async fn chrome(&self, command: &str, params: Value) {
        let command = Extension {
            path: "goog/cdp/execute",
            body: json!({"cmd": command, "params": params}),
        };
        self.client.issue_cmd(command).await.unwrap();
    }

    /// What the console complained of since the last look: errors of scripts, refused files, policy violations.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self
            .client
            .issue_cmd(Extension {
                path: "se/log",
                body: json!({"type": "browser"}),
            })
            .await
            .unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        let text = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        // A page that was answered with a refusal is what was asked for.
        let refused = |entry: &&Value| {
            let said = entry["message"].as_str().unwrap_or_default();
            ["404", "410", "412", "422"]
                .iter()
                .any(|status| said.contains(&format!("status of {status}")))
        };
        entries
            .iter()
            .filter(|entry| entry["level"] != "INFO" && !refused(entry))
            .map(text)
            .collect()
    }

    /// Keeps a picture of the whole page where the environment asks for it, for people to look at.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("TOWNHALL_TEST_PICTURES") else {
            return;
        };
        let png = self.client.screenshot().await.unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
    }

    pub async fn end(self) {
        let _: Result<(), CmdError> = self.client.close().await;
    }
}

fn connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}

/// Commands that chromedriver adds to the standard's.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
