//! The real binary with its demo city, in which some people are signed in.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::house::House;

use crate::http::{Answer, Connection};

/// The limits that keep guessers away would keep a measurement away, too; one line of the log for each of some hundred
/// thousand requests would measure the pipe they are written to.
const SETTINGS: [(&str, &str); 4] = [
    ("TOWNHALL_REGISTRY__ACCESS_TOKEN_MINUTES", "15"),
    ("TOWNHALL_REGISTRY__ACCOUNT_ATTEMPTS_PER_MINUTE", "1000000"),
    ("TOWNHALL_REGISTRY__ADDRESS_ATTEMPTS_PER_MINUTE", "1000000"),
    ("TOWNHALL_LOG__LEVEL", "warn"),
];

pub struct City {
    pub house: House,
    pub address: SocketAddr,
    pub people: Vec<Person>,
    folder: TempDir,
}

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub email: String,
    password: String,
    token: String,
}

impl City {
    /// Makes the city, and signs so many of its people in.
    pub fn open(people: usize) -> Result<City> {
        let folder = tempfile::tempdir()?;
        let house = start(folder.path(), &["--demo"])?;
        let demo = std::fs::read(folder.path().join("townhall-data/demo.json")).context("demo.json")?;
        let demo: Value = serde_json::from_slice(&demo)?;
        let demo = demo["people"].as_array().context("people in demo.json")?;
        let mut city = City {
            address: address(&house)?,
            house,
            people: Vec::new(),
            folder,
        };
        for one in demo.iter().take(people) {
            let said = |name: &str| one[name].as_str().map(str::to_owned).context("demo.json");
            let (email, password) = (said("email")?, said("password")?);
            let token = city.sign_in(&email, &password)?;
            let me = city.call(Some(&token), "GET", "/api/v1/me", &Value::Null)?;
            city.people.push(Person {
                id: me["id"].as_str().context("an id")?.to_owned(),
                email,
                password,
                token,
            });
        }
        Ok(city)
    }

    /// Lets people in and signs them in until there are so many. The house is opened without its mailbox for that: nobody carries
    /// letters then, so an invitation answers its link.
    pub fn grow(&mut self, people: usize) -> Result<()> {
        self.reopen()?;
        let admin = self.person(0)?.token.clone();
        for number in self.people.len()..people {
            let (email, password) = (
                format!("bench-{number}@city.example"),
                "as good as any other here",
            );
            let draft = json!({ "email": email, "name": format!("Bench {number}"), "zone": "Europe/Berlin" });
            let made = self.call(Some(&admin), "POST", "/api/v1/people", &draft)?;
            let id = made["id"].as_str().context("an id")?.to_owned();
            let path = format!("/api/v1/people/{id}/invitation");
            let invited = self.call(Some(&admin), "POST", &path, &json!({}))?;
            let link = invited["link"].as_str().context("a link")?;
            let secret = link.rsplit('/').next().context("a link")?;
            let path = format!("/api/v1/links/{secret}/accept");
            self.call(None, "POST", &path, &json!({ "password": password }))?;
            let token = self.sign_in(&email, password)?;
            self.people.push(Person {
                id,
                email,
                password: password.to_owned(),
                token,
            });
        }
        Ok(())
    }

    fn sign_in(&self, email: &str, password: &str) -> Result<String> {
        let typed = json!({ "email": email, "password": password });
        let tokens = self.call(None, "POST", "/api/v1/sign-in", &typed)?;
        Ok(tokens["access_token"].as_str().context("a token")?.to_owned())
    }

    /// Signs everybody in again: nobody stays signed in for as long as a million events take.
    pub fn renew(&mut self) -> Result<()> {
        for number in 0..self.people.len() {
            let Person { email, password, .. } = self.person(number)?;
            let token = self.sign_in(email, password)?;
            if let Some(person) = self.people.get_mut(number) {
                person.token = token;
            }
        }
        Ok(())
    }

    /// Closes the house and opens it again, as it would be found on another day.
    pub fn reopen(&mut self) -> Result<()> {
        self.house.terminate()?;
        self.house = start(self.folder.path(), &[])?;
        self.address = address(&self.house)?;
        self.renew()
    }

    pub fn person(&self, number: usize) -> Result<&Person> {
        self.people.get(number).context("somebody of the city")
    }

    /// What `Authorization` says for a calendar program of somebody's.
    pub fn app_password(&self, person: &Person) -> Result<String> {
        let named = json!({ "name": "bench" });
        let made = self.call(Some(&person.token), "POST", "/api/v1/me/app-passwords", &named)?;
        let password = made["password"].as_str().context("an app password")?;
        let pair = format!("{}:{password}", person.email);
        Ok(format!("Basic {}", STANDARD.encode(pair)))
    }

    /// A new calendar of somebody's; its id.
    pub fn calendar(&self, person: &Person, title: &str) -> Result<String> {
        let draft = json!({ "title": title, "zone": "Europe/Berlin" });
        let made = self.call(Some(&person.token), "POST", "/api/v1/calendars", &draft)?;
        Ok(made["id"].as_str().context("a calendar")?.to_owned())
    }

    /// From now on nothing in the calendars that somebody has makes them busy.
    pub fn let_rest(&self, person: &Person) -> Result<()> {
        let all = self.call(Some(&person.token), "GET", "/api/v1/calendars", &Value::Null)?;
        for one in all["items"].as_array().context("calendars")? {
            let id = one["id"].as_str().context("an id")?;
            let version = one["version"].as_i64().context("a version")?;
            if one["rights"] == "own" && one["busy"] == true {
                let head = person.head("PATCH", &format!("/api/v1/calendars/{id}"));
                let body = json!({ "busy": false }).to_string();
                let length = body.len();
                let request = format!(
                    "{head}if-match: \"v{version}\"\r\ncontent-type: application/json\r\n\
                     content-length: {length}\r\n\r\n{body}"
                );
                checked(Connection::new(self.address).ask(request.as_bytes())?)?;
            }
        }
        Ok(())
    }

    /// Takes a file of events into a calendar.
    pub fn import(&self, person: &Person, calendar: &str, file: &str) -> Result<()> {
        let path = format!("/api/v1/calendars/{calendar}/import");
        let head = person.head("POST", &path);
        let length = file.len();
        let request = format!("{head}content-type: text/calendar\r\ncontent-length: {length}\r\n\r\n{file}");
        checked(Connection::new(self.address).ask(request.as_bytes())?).map(|_| ())
    }

    fn call(&self, token: Option<&str>, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let token = token.map(|token| format!("authorization: Bearer {token}\r\n"));
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\n{}content-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            token.unwrap_or_default(),
            body.len(),
        );
        let answer = checked(Connection::new(self.address).ask(request.as_bytes())?)
            .with_context(|| format!("{method} {path}"))?;
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

impl Person {
    pub fn get(&self, path: &str) -> Vec<u8> {
        format!("{}\r\n", self.head("GET", path)).into_bytes()
    }

    pub fn post(&self, path: &str, body: &Value) -> Vec<u8> {
        let (head, body) = (self.head("POST", path), body.to_string());
        let length = body.len();
        format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
    }

    fn head(&self, method: &str, path: &str) -> String {
        let token = &self.token;
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n")
    }
}

fn checked(answer: Answer) -> Result<Answer> {
    let is_good = (200..300).contains(&answer.status);
    ensure!(is_good, "{} {}", answer.status, answer.text());
    Ok(answer)
}

fn start(folder: &Path, more: &[&str]) -> Result<House> {
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0"];
    arguments.extend(more);
    let mut command = testkit::house::townhall(folder, &arguments)?;
    command.envs(SETTINGS);
    House::start(command)
}

fn address(house: &House) -> Result<SocketAddr> {
    Ok(house.base.trim_start_matches("http://").parse()?)
}
