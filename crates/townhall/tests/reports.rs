//! Errors reach Sentry and traces reach the collector, both played by one small server here.
#![cfg(all(feature = "sentry", feature = "otel"))]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

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
