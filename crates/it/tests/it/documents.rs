//! The documents, held against the binary: each command that stands in a shell block runs as it stands, the table of
//! commands is what the command line takes, and settings and files that are named exist.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use testkit::house::{self, House};
use testkit::postgres::{Database, shared};
use wire::calendar::v1::ListInstancesRequest;
use wire::calendar::v1::events_client::EventsClient;
use wire::segments::v1::GetSegmentsOfPersonRequest;
use wire::segments::v1::members_client::MembersClient;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Path from the root, and text.
fn documents() -> Vec<(PathBuf, String)> {
    let markdown = |folder: &'static str| {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        let paths = entries.map(move |entry| Path::new(folder).join(entry.unwrap().file_name()));
        paths.filter(|path| path.extension().is_some_and(|kind| kind == "md"))
    };
    let paths = markdown("").chain(markdown("docs"));
    let found: Vec<_> = paths
        .map(|path| (path.clone(), std::fs::read_to_string(root().join(path)).unwrap()))
        .collect();
    assert!(found.len() > 4, "the documents are elsewhere now");
    found
}

/// The lines of the shell blocks, without what is said about them.
fn commands() -> Vec<String> {
    let mut found = Vec::new();
    for (_, text) in documents() {
        let blocks = text.split("```sh\n").skip(1);
        let lines = blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines());
        found.extend(lines.map(|line| line.split(" #").next().unwrap_or_default().trim().to_owned()));
    }
    found.retain(|line| !line.is_empty());
    found.dedup();
    found
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    house::run(folder, arguments).unwrap()
}

fn succeeds(line: &str, output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "`{line}` fails, {}: {out}{err}",
        output.status
    );
    out
}

/// Where the commands run: beside an open demo, in the folder of a house over two servers, or in one that is empty.
struct Stage {
    folder: TempDir,
    open: Option<House>,
    servers: TempDir,
    _databases: Vec<Database>,
    backup: PathBuf,
}

impl Stage {
    fn set() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let servers = tempfile::tempdir().unwrap();
        let databases: Vec<Database> = shared()
            .unwrap()
            .iter()
            .map(|server| server.create_database().unwrap())
            .collect();
        let entry =
            |(name, one): (&str, &Database)| format!("{{ name = \"{name}\", url = \"{}\" }}", one.url());
        let entries: Vec<String> = ["east", "west"].into_iter().zip(&databases).map(entry).collect();
        let text = format!(
            "[store]\nengine = \"postgres\"\nservers = [{}]\n",
            entries.join(", ")
        );
        std::fs::write(servers.path().join("townhall.toml"), text).unwrap();
        Stage {
            open: Some(House::open(folder.path(), &["--demo"]).unwrap()),
            folder,
            servers,
            _databases: databases,
            backup: PathBuf::new(),
        }
    }

    fn try_out(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["townhall", rest @ ..] | ["cargo", "run", "--release", "--", rest @ ..] => {
                self.townhall(line, rest);
            }
            ["cargo", "xtask", chore, rest @ ..] => {
                // Built with the rest of the workspace; starting cargo here would build it for itself.
                let xtask = house::binary().unwrap().with_file_name("xtask");
                let asked = Command::new(xtask).args([chore, "--help"]).output();
                knows(line, rest, &succeeds(line, &asked.unwrap()));
            }
            ["cargo", "test", "-p", name] => assert!(root().join("crates").join(name).is_dir(), "`{line}`"),
            // Played, so that the tests need no curl.
            ["curl", "--fail", address] => {
                let base = &self.open.as_ref().unwrap().base;
                let asked = reqwest::get(address.replace("http://127.0.0.1:8080", base));
                let answer = tokio::runtime::Runtime::new().unwrap().block_on(asked).unwrap();
                assert!(answer.status().is_success(), "`{line}`: {}", answer.status());
            }
            ["curl", "--data-binary", _, .., address] => self.hand_in(line, address),
            ["grpcurl", .., "townhall.segments.v1.Members/GetSegmentsOfPerson"] => self.ask_by_grpc(line),
            ["grpcurl", .., "townhall.calendar.v1.Events/ListInstances"] => self.look_by_grpc(line),
            _ => panic!("`{line}` stands in a document, and nothing here knows how to try it"),
        }
    }

    /// What the demo says of itself.
    fn paper(&self) -> serde_json::Value {
        let paper = std::fs::read_to_string(self.folder.path().join("townhall-data/demo.json")).unwrap();
        serde_json::from_str(&paper).unwrap()
    }

    /// Played too: the demo's service asks who one of its people is with.
    fn ask_by_grpc(&self, line: &str) {
        let paper = self.paper();
        let key = paper["service_key"].as_str().unwrap();
        let base = self.open.as_ref().unwrap().base.clone();
        let asked = async {
            let list = reqwest::Client::new().get(format!("{base}/api/v1/people?limit=1"));
            let list = list.header("x-api-key", key).send().await.unwrap();
            let list: serde_json::Value = list.json().await.unwrap();
            let person = list["items"][0]["id"].as_str().unwrap().to_owned();
            let mut request = tonic::Request::new(GetSegmentsOfPersonRequest {
                person,
                ..Default::default()
            });
            request.metadata_mut().insert("x-api-key", key.parse().unwrap());
            let mut members = MembersClient::connect(base).await.unwrap();
            members.get_segments_of_person(request).await
        };
        let answer = tokio::runtime::Runtime::new().unwrap().block_on(asked);
        assert!(answer.is_ok(), "`{line}`: {answer:?}");
    }

    /// And one of its people, what is in their calendars.
    fn look_by_grpc(&self, line: &str) {
        let paper = self.paper();
        let base = self.open.as_ref().unwrap().base.clone();
        let asked = async {
            let person = &paper["people"][0];
            let signed_in = reqwest::Client::new()
                .post(format!("{base}/api/v1/sign-in"))
                .json(&serde_json::json!({"email": person["email"], "password": person["password"]}));
            let session: serde_json::Value = signed_in.send().await.unwrap().json().await.unwrap();
            let token = format!("Bearer {}", session["access_token"].as_str().unwrap());
            let from_micros = 1_795_392_000_000_000;
            let mut request = tonic::Request::new(ListInstancesRequest {
                from_micros,
                to_micros: from_micros + 7 * 86_400_000_000,
                ..Default::default()
            });
            request
                .metadata_mut()
                .insert("authorization", token.parse().unwrap());
            let mut events = EventsClient::connect(base).await.unwrap();
            events.list_instances(request).await.map(|_| ())
        };
        let answer = tokio::runtime::Runtime::new().unwrap().block_on(asked);
        assert!(answer.is_ok(), "`{line}`: {answer:?}");
    }

    /// Mail for the house, as the demo's service hands it in.
    fn hand_in(&self, line: &str, address: &str) {
        let paper = self.paper();
        let base = &self.open.as_ref().unwrap().base;
        let handed_in = reqwest::Client::new()
            .post(address.replace("https://your.house", base))
            .header("X-Api-Key", paper["service_key"].as_str().unwrap())
            .header("Content-Type", "message/rfc822")
            .body("Subject: out of office\r\n\r\nuntil Monday\r\n")
            .send();
        let answer = tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(handed_in)
            .unwrap();
        assert!(answer.status().is_success(), "`{line}`: {}", answer.status());
    }

    fn townhall(&mut self, line: &str, arguments: &[&str]) {
        let beside = self.folder.path().to_owned();
        let empty = tempfile::tempdir().unwrap();
        match arguments {
            ["serve", more @ ..] => {
                let mut house = House::open(empty.path(), more).unwrap();
                assert!(house.terminate().unwrap().success(), "`{line}`");
            }
            ["migrate" | "check" | "shards", ..] => {
                succeeds(line, &run(self.servers.path(), arguments));
            }
            ["admin", "sink", more @ ..] => self.sink(line, more),
            ["backup", file] => {
                self.backup = beside.join(Path::new(file).file_name().unwrap());
                succeeds(line, &run(&beside, &["backup", self.backup.to_str().unwrap()]));
            }
            ["restore", "--force", _] => {
                self.open = None;
                let backup = self.backup.to_str().unwrap();
                succeeds(line, &run(&beside, &["restore", "--force", backup]));
                self.open = Some(House::open(&beside, &["--demo"]).unwrap());
            }
            ["restore", _] => {
                let backup = self.backup.to_str().unwrap();
                succeeds(line, &run(empty.path(), &["restore", backup]));
            }
            _ => {
                let quoted = line.replace("townhall ", &format!("{} ", house::binary().unwrap().display()));
                let mut shell = Command::new("sh");
                succeeds(
                    line,
                    &shell.args(["-c", &quoted]).current_dir(&beside).output().unwrap(),
                );
            }
        }
    }
}

impl Stage {
    /// The sink with the script of its document, on ports of its own.
    fn sink(&self, line: &str, arguments: &[&str]) {
        let folder = self.folder.path();
        let text = std::fs::read_to_string(root().join("docs/bell-and-post.md")).unwrap();
        let script = text
            .split("## The sink")
            .nth(1)
            .unwrap()
            .split("```toml\n")
            .nth(1)
            .unwrap();
        std::fs::write(folder.join("faults.toml"), script.split("```").next().unwrap()).unwrap();
        let made = rcgen::generate_simple_self_signed([String::from("127.0.0.1")]).unwrap();
        std::fs::write(folder.join("certificate.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let local = |word: &&str| word.split(':').next() == Some("127.0.0.1");
        let arguments = arguments
            .iter()
            .map(|word| if local(word) { "127.0.0.1:0" } else { word });
        let mut child = Command::new(house::binary().unwrap())
            .args(["admin", "sink"])
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        said.read_line(&mut first).unwrap();
        assert!(
            first.starts_with("sink listens on 127.0.0.1:"),
            "`{line}`: {first}"
        );
        let end = Command::new("kill").arg(child.id().to_string()).status();
        assert!(end.unwrap().success());
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap();
        assert!(
            child.wait().unwrap().success() && rest.contains("\"kept\": 0"),
            "`{line}`: {rest}"
        );
    }
}

/// Each flag of a command stands in its help.
fn knows(line: &str, arguments: &[&str], help: &str) {
    for flag in arguments.iter().filter(|word| word.starts_with("--")) {
        assert!(help.contains(*flag), "`{line}`: there is no {flag}\n{help}");
    }
}

#[test]
fn every_command_of_the_documents_does_what_it_should() {
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    let mut stage = Stage::set();
    for line in &commands {
        stage.try_out(line);
    }
}

/// `shards list`, `move RANGE --to SERVER`: what a later word leaves out is as in the first.
#[test]
fn the_table_of_commands_is_what_the_command_line_takes() {
    let text = std::fs::read_to_string(root().join("docs/operators.md")).unwrap();
    let section = text
        .split("## Commands")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let folder = tempfile::tempdir().unwrap();
    let mut tried = 0;
    for row in rows {
        let cell = row.split('|').nth(1).unwrap();
        let mut before: Vec<String> = Vec::new();
        for span in cell.split('`').skip(1).step_by(2) {
            let bare = span.replace(['[', ']'], "");
            let words: Vec<&str> = bare.split_whitespace().collect();
            let is_name = |word: &&&str| {
                word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-')
            };
            let names: Vec<String> = words
                .iter()
                .take_while(is_name)
                .map(|word| (*word).to_owned())
                .collect();
            if before.is_empty() || names.len() >= before.len() {
                before = names;
            } else {
                before.truncate(before.len() - names.len());
                before.extend(names);
            }
            let mut arguments: Vec<&str> = before.iter().map(String::as_str).collect();
            arguments.push("--help");
            knows(span, &words, &succeeds(span, &run(folder.path(), &arguments)));
            tried += 1;
        }
    }
    assert!(tried > 15, "{tried}");
}

#[test]
fn every_setting_the_documents_name_exists() {
    let settings: toml::Table = townhall::config::DEFAULTS.parse().unwrap();
    let mut named = 0;
    for (path, text) in documents() {
        for span in text.split('`').skip(1).step_by(2) {
            let name = span.split(['=', ' ']).next().unwrap_or_default();
            let Some((section, key)) = name.split_once('.') else {
                continue;
            };
            let is_word = !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let Some(section) = settings.get(section).filter(|_| is_word) else {
                continue;
            };
            assert!(
                section.get(key).is_some(),
                "{}: there is no setting `{name}`",
                path.display()
            );
            named += 1;
        }
    }
    assert!(named > 10, "{named}");
}

#[test]
fn every_file_the_documents_point_to_is_there() {
    for (path, text) in documents() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.starts_with("http") {
                continue;
            }
            let folder = root().join(path.parent().unwrap_or(Path::new("")));
            assert!(
                folder.join(file).exists(),
                "{}: {target} is not there",
                path.display()
            );
        }
    }
}
