//! Errors reach Sentry and traces reach the collector, both played by one small server here. `cargo xtask accept reports`
//! runs this: the features are a build of their own.
#![cfg(all(feature = "sentry", feature = "otel"))]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use townhall::config::{Config, Sources};

/// Answers everything with 200 and hands on what came: the request line and the body.
fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (to, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = BufReader::new(stream);
            let mut first = String::new();
            let mut length = 0;
            stream.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
            stream.get_mut().write_all(answer).unwrap();
            to.send((first, body)).unwrap();
        }
    });
    (address, received)
}

#[test]
fn an_error_reaches_sentry_and_its_span_the_collector() {
    let (address, received) = collector();
    let set = |name: &str, value: String| (String::from(name), value);
    let sources = Sources {
        environment: vec![
            set("TOWNHALL_SENTRY__DSN", format!("http://key@{address}/1")),
            set("TOWNHALL_OPENTELEMETRY__ENDPOINT", format!("http://{address}")),
        ],
        ..Sources::default()
    };
    let reports = townhall::logs::start(&Config::load(&sources).unwrap()).unwrap();
    tracing::info_span!(target: "townhall", "request", request_id = "r-1").in_scope(|| {
        tracing::error!(target: "townhall", "the roof leaks");
    });
    drop(reports);

    let wait = Duration::from_secs(10);
    let mut arrived: Vec<(String, String)> = Vec::new();
    while arrived.len() < 2 {
        let (line, body) = received.recv_timeout(wait).expect("both reports arrive");
        arrived.push((line, String::from_utf8_lossy(&body).into_owned()));
    }
    let body_of = |path: &str| {
        &arrived
            .iter()
            .find(|(line, _)| line.contains(path))
            .expect(path)
            .1
    };
    assert!(body_of("POST /api/1/envelope/").contains("the roof leaks"));
    let traces = body_of("POST /v1/traces");
    assert!(traces.contains("request") && traces.contains("r-1") && traces.contains("townhall"));
}

/// The status of a sign-in of somebody whom nobody knows.
fn sign_in(base: &str, attempt: u32) -> String {
    let body =
        format!("{{\"email\":\"nobody{attempt}@example.org\",\"password\":\"quiet lamps by the river\"}}");
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).unwrap();
    write!(
        stream,
        "POST /api/v1/sign-in HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_whitespace().nth(1).unwrap_or_default().to_owned()
}

/// Makes every page of the store that was not read yet unreadable.
fn damage(data: &Path) {
    for name in ["townhall.db", "townhall.db-wal"] {
        let path = data.join(name);
        let length = std::fs::metadata(&path).unwrap().len();
        let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all(&vec![0xff; usize::try_from(length).unwrap()])
            .unwrap();
    }
}

#[test]
fn the_binary_reports_what_went_wrong_and_what_was_asked() {
    let (address, received) = collector();
    let folder = tempfile::tempdir().unwrap();
    let mut house = Command::new(env!("CARGO_BIN_EXE_townhall"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .current_dir(&folder)
        .env("TOWNHALL_SENTRY__DSN", format!("http://key@{address}/1"))
        .env("TOWNHALL_OPENTELEMETRY__ENDPOINT", format!("http://{address}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(house.stdout.take().unwrap()).lines();
    let opened = lines.find_map(|line| {
        line.unwrap()
            .strip_prefix("The house is open: ")
            .map(str::to_owned)
    });
    let base = opened.expect("the house opens");
    assert_eq!(sign_in(&base, 0), "401");
    damage(&folder.path().join("townhall-data"));
    let until = Instant::now() + Duration::from_secs(30);
    let failed = (1..).find(|attempt| sign_in(&base, *attempt) == "500" || Instant::now() > until);
    assert!(
        Instant::now() < until,
        "no error came of it in {failed:?} attempts"
    );
    let pid = house.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    house.wait().unwrap();

    let arrived: Vec<(String, String)> =
        std::iter::from_fn(|| received.recv_timeout(Duration::from_secs(2)).ok())
            .map(|(line, body)| (line, String::from_utf8_lossy(&body).into_owned()))
            .collect();
    let came = |path: &str, what: &str| {
        arrived
            .iter()
            .any(|(line, body)| line.contains(path) && body.contains(what))
    };
    assert!(came("POST /v1/traces", "request_id"), "a span of a request");
    assert!(
        came("POST /api/1/envelope/", "Something went wrong on our side"),
        "an error"
    );
    assert!(came("POST /api/1/envelope/", "/api/v1/sign-in"), "with its route");
}
