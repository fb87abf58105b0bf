//! Servers with the same calendar in each: the real binary, and what pip installs of others, started on this machine.

use std::any::Any;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;
use testkit::peers::{self, Running, free_address};
use testkit::python;

use super::cases::Question;
use crate::city::City;
use crate::diary::{Diary, Entry};
use crate::http::{Answer, Connection};

const REQUIREMENTS: &str = "radicale==3.9.0\nxandikos==0.4.10\n";
/// Who fill our calendar.
const WRITERS: usize = 8;
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Programs of Python under the environment's folder.
const ENVIRONMENT: &str = "caldav-peers";

/// A server with the calendar in it; ended when dropped.
pub struct Side {
    pub name: &'static str,
    pub process: u32,
    pub door: Door,
    _held: Box<dyn Any>,
}

/// Where the calendar is, and as whom one asks.
pub struct Door {
    pub address: SocketAddr,
    /// With a slash at its end.
    pub path: String,
    authorization: Option<String>,
}

impl Door {
    pub fn request(&self, question: &Question) -> Vec<u8> {
        let Question {
            method,
            name,
            headers,
            body,
        } = question;
        let authorization = self.authorization.as_ref();
        let authorization = authorization.map(|said| format!("authorization: {said}\r\n"));
        format!(
            "{method} {}{name} HTTP/1.1\r\nhost: {}\r\n{}{headers}content-length: {}\r\n\r\n{body}",
            self.path,
            self.address,
            authorization.unwrap_or_default(),
            body.len(),
        )
        .into_bytes()
    }

    /// Over a connection of its own.
    pub fn ask(&self, question: &Question) -> Result<Answer> {
        Connection::new(self.address).ask(&self.request(question))
    }

    fn put_all(&self, entries: &[Entry]) -> Result<()> {
        let mut connection = Connection::new(self.address);
        for entry in entries {
            let question = Question {
                method: "PUT",
                name: entry.name.clone(),
                headers: "content-type: text/calendar; charset=utf-8\r\n",
                body: entry.text(),
            };
            let put = connection.ask(&self.request(&question))?;
            ensure!(put.status == 201, "{} {}", put.status, put.text());
        }
        Ok(())
    }

    fn make_calendar(&self) -> Result<()> {
        let made = self.ask(&Question {
            method: "MKCALENDAR",
            name: String::new(),
            headers: "",
            body: String::new(),
        })?;
        ensure!(
            made.status == 201,
            "{} {} {}",
            self.path,
            made.status,
            made.text()
        );
        Ok(())
    }
}

/// Ours is filled as calendar programs would: by PUT, a few of them at once.
pub fn ours(diary: &Diary) -> Result<Side> {
    let city = City::open(1)?;
    let person = city.person(0)?;
    let door = Door {
        address: city.address,
        path: format!("/dav/calendars/{}/bench/", person.id),
        authorization: Some(city.app_password(person)?),
    };
    door.make_calendar()?;
    let each = diary.entries.len().div_ceil(WRITERS);
    std::thread::scope(|scope| {
        let parts = diary.entries.chunks(each);
        let writers: Vec<_> = parts.map(|part| scope.spawn(|| door.put_all(part))).collect();
        writers.into_iter().try_for_each(|writer| match writer.join() {
            Ok(done) => done,
            Err(_) => bail!("a writer broke off"),
        })
    })?;
    Ok(Side {
        name: "Townhall",
        process: city.house.pid(),
        door,
        _held: Box::new(city),
    })
}

/// Radicale keeps a file for each object, so it is filled by writing them before it starts; its first answers, which are not
/// measured, fill its caches. Its own server closes the connection after each answer; the other one that it can be run with keeps
/// it, and answers every PUT with 500.
pub fn radicale(diary: &Diary) -> Result<Side> {
    let bin = python::environment(&peers::tools()?.join(ENVIRONMENT), REQUIREMENTS)?;
    let folder = tempfile::tempdir()?;
    let address = free_address()?;
    let calendar = folder.path().join("collections/collection-root/user/bench");
    fs::create_dir_all(&calendar)?;
    fs::write(calendar.join(".Radicale.props"), r#"{"tag": "VCALENDAR"}"#)?;
    write_files(&calendar, diary)?;
    fs::write(folder.path().join("users"), "user:secret\n")?;
    let root = folder.path().display();
    let config = format!(
        "[server]\nhosts = {address}\nmax_connections = 100\n\
         [auth]\ntype = htpasswd\nhtpasswd_filename = {root}/users\nhtpasswd_encryption = plain\ndelay = 0\n\
         [storage]\nfilesystem_folder = {root}/collections\n[logging]\nlevel = error\n"
    );
    let file = folder.path().join("config");
    fs::write(&file, config)?;
    let mut command = Command::new(bin.join("python"));
    command.args(["-m", "radicale", "--config"]).arg(&file);
    let door = Door {
        address,
        path: "/user/bench/".to_owned(),
        authorization: Some("Basic dXNlcjpzZWNyZXQ=".to_owned()),
    };
    started("Radicale 3.9.0", command, door, folder)
}

/// Xandikos keeps a repository of git for each calendar, so it is filled by one commit before it starts. It asks nobody who
/// they are: over plain HTTP it cannot.
pub fn xandikos(diary: &Diary) -> Result<Side> {
    let bin = python::environment(&peers::tools()?.join(ENVIRONMENT), REQUIREMENTS)?;
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("data");
    let serve = |address: SocketAddr| {
        let mut command = Command::new(bin.join("xandikos"));
        command.args([
            "serve",
            "--defaults",
            "--no-detect-systemd",
            "--current-user-principal",
            "/user/",
        ]);
        command.args(["-l", "127.0.0.1", "-p", &address.port().to_string(), "-d"]);
        command.arg(&root).current_dir(folder.path());
        command
    };
    let door = || -> Result<Door> {
        Ok(Door {
            address: free_address()?,
            path: "/user/calendars/bench/".to_owned(),
            authorization: None,
        })
    };
    let first = door()?;
    let command = serve(first.address);
    let empty = started(NAME, command, first, tempfile::tempdir()?)?;
    empty.door.make_calendar()?;
    drop(empty);
    let calendar = root.join("user/calendars/bench");
    write_files(&calendar, diary)?;
    let committed = Command::new(bin.join("python"))
        .args(["-c", COMMIT])
        .arg(&calendar)
        .stdout(Stdio::null())
        .status()?;
    ensure!(committed.success(), "Xandikos' repository takes no commit");
    let door = door()?;
    started(NAME, serve(door.address), door, folder)
}

const NAME: &str = "Xandikos 0.4.10";
/// dulwich comes with it.
const COMMIT: &str = "import os, sys\nfrom dulwich import porcelain\nos.chdir(sys.argv[1])\n\
     porcelain.add('.', sorted(f for f in os.listdir('.') if f.endswith('.ics')))\n\
     porcelain.commit('.', message=b'Diary', author=b'd <d@diary.example>', committer=b'd <d@diary.example>')\n";

fn write_files(folder: &Path, diary: &Diary) -> Result<()> {
    for entry in &diary.entries {
        fs::write(folder.join(&entry.name), entry.text())?;
    }
    Ok(())
}

fn started(name: &'static str, mut command: Command, door: Door, folder: TempDir) -> Result<Side> {
    let log = fs::File::create(folder.path().join("log"))?;
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .with_context(|| name.to_owned())?;
    let mut running = Running::new(child);
    running.answers_at(door.address, READY_WITHIN)?;
    Ok(Side {
        name,
        process: running.id(),
        door,
        _held: Box::new((running, folder)),
    })
}
