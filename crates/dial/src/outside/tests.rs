//! A real server that does what servers of others do, and worse.

use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::*;

/// A server on this machine: what it says follows from the path that it is asked for.
struct Server {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn open() -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, port));
            }
        });
        Server { port, asked }
    }

    fn at(&self, path: &str) -> Address {
        Address::parse(&format!("http://127.0.0.1:{}/{path}", self.port)).unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, port: u16) {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(count) => head.extend_from_slice(&piece[..count]),
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
    let moved = |to: &str| format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    let page = |headers: &str, body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let answer = match path.as_str() {
        "plain" => page(
            "content-type: text/calendar\r\netag: \"7\"\r\nlast-modified: Sat, 21 Nov 2026 10:00:00 GMT\r\n",
            "BEGIN:VCALENDAR",
        ),
        "echo" => page("", &head.to_lowercase()),
        "known" if head.to_lowercase().contains("if-none-match: \"7\"") => {
            "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned()
        }
        "known" => page("etag: \"7\"\r\n", "BEGIN:VCALENDAR"),
        "unasked" => "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(),
        "once" => moved("plain"),
        "circle" => moved("/circle2"),
        "circle2" => moved("circle"),
        "self" => moved("/self"),
        "nowhere" => moved("http://"),
        "elsewhere" => moved("file:///etc/passwd"),
        "metadata" => moved("http://169.254.169.254/latest/meta-data/"),
        "neighbour" => moved(&format!("http://intern.example:{port}/plain")),
        "marked" => page(
            &format!("etag: \"{}\"\r\nlast-modified: today\r\n", "7".repeat(2_000)),
            "BEGIN:VCALENDAR",
        ),
        "away" => moved(&format!("http://other.example:{port}/echo")),
        "away-plain" => moved(&format!("http://other.example:{port}/plain")),
        "gone" => "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "busy" => {
            "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n".to_owned()
        }
        "nothing" => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "broken" => "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nBEGIN".to_owned(),
        "packed" => page("content-encoding: gzip\r\n", "x"),
        "huge" => "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_owned(),
        "noise" => "what?\r\n\r\n".to_owned(),
        "endless" => return endless(stream).await,
        "slow" => return slow(stream).await,
        "silent" => return tokio::time::sleep(Duration::from_secs(60)).await,
        more => moved(&format!("{more}x")),
    };
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// Pieces without an end, as fast as they are taken.
async fn endless(mut stream: TcpStream) {
    let _ = stream
        .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    let piece = format!("{:x}\r\n{}\r\n", 1 << 16, "x".repeat(1 << 16));
    while stream.write_all(piece.as_bytes()).await.is_ok() {}
}

/// A byte at a time, for ever.
async fn slow(mut stream: TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
    while stream.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks machines of this network too, and soon has enough.
fn open_minded() -> Outside {
    let outside = Outside::new(true).unwrap();
    let limits = Limits {
        whole: Duration::from_millis(600),
        ..outside.limits
    };
    Outside { limits, ..outside }
}

/// Where each name means what it is said to mean here, in turn.
fn guarded(answers: &[&str]) -> (Outside, Arc<AtomicUsize>) {
    let answers: Vec<IpAddr> = answers.iter().map(|one| one.parse().unwrap()).collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let resolve: Resolve = Arc::new(move |_, port| {
        let at = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        let found = SocketAddr::new(answers[at], port);
        async move { Ok(vec![found]) }.boxed()
    });
    let outside = Outside::new(false).unwrap();
    (Outside { resolve, ..outside }, asked)
}

async fn get(outside: &Outside, address: &Address) -> Result<Got, Trouble> {
    outside.get(address, &Known::default()).await
}

fn page(got: Result<Got, Trouble>) -> Page {
    match got.unwrap() {
        Got::New(page) => page,
        Got::Same => panic!("nothing new"),
    }
}

#[tokio::test]
async fn what_lies_there_comes_with_the_marks_of_its_server() {
    let server = Server::open().await;
    let got = page(get(&open_minded(), &server.at("plain")).await);
    assert_eq!(got.bytes, b"BEGIN:VCALENDAR");
    assert_eq!(got.kind.as_deref(), Some("text/calendar"));
    assert_eq!(got.marks.etag.as_deref(), Some("\"7\""));
    assert_eq!(
        got.marks.modified.as_deref(),
        Some("Sat, 21 Nov 2026 10:00:00 GMT")
    );
    let asked = page(open_minded().get(&server.at("echo"), &got.marks).await).bytes;
    let asked = String::from_utf8(asked).unwrap();
    assert!(asked.contains("if-none-match: \"7\"\r\nif-modified-since: sat, 21 nov 2026 10:00:00 gmt\r\n"));
    assert!(
        asked.contains(&format!("host: 127.0.0.1:{}\r\n", server.port)),
        "{asked}"
    );
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let server = Server::open().await;
    let first = page(get(&open_minded(), &server.at("known")).await);
    let second = open_minded().get(&server.at("known"), &first.marks).await;
    assert_eq!(second, Ok(Got::Same));
    let unasked = get(&open_minded(), &server.at("unasked")).await;
    assert_eq!(
        unasked,
        Err(Trouble::Status {
            status: 304,
            after: None
        })
    );
}

#[tokio::test]
async fn an_answer_may_lead_on_but_not_in_circles_and_not_for_ever() {
    let server = Server::open().await;
    assert_eq!(
        page(get(&open_minded(), &server.at("once")).await).bytes,
        b"BEGIN:VCALENDAR"
    );
    for path in ["circle", "self", "nowhere", "elsewhere"] {
        let got = get(&open_minded(), &server.at(path)).await;
        assert!(matches!(got, Err(Trouble::Redirects(_))), "{path}: {got:?}");
    }
    let before = server.asked();
    let got = get(&open_minded(), &server.at("x")).await;
    assert_eq!(got, Err(Trouble::Redirects("the server leads on and on")));
    assert_eq!(server.asked() - before, 1 + REDIRECTS_MAX);
}

#[test]
fn an_encrypted_way_does_not_go_on_in_the_open() {
    let at = |text| Address::parse(text).unwrap();
    let (safe, open) = (at("https://a.example/"), at("http://a.example/"));
    assert!(goes_on(std::slice::from_ref(&open), &open, &safe).is_ok());
    let refused = goes_on(std::slice::from_ref(&safe), &safe, &open);
    assert_eq!(
        refused,
        Err(Trouble::Redirects("the server leads from https to http"))
    );
}

#[tokio::test]
async fn what_has_no_end_in_bytes_or_time_is_ended() {
    let server = Server::open().await;
    let outside = Outside::new(true).unwrap();
    for path in ["endless", "huge"] {
        assert_eq!(
            get(&outside, &server.at(path)).await,
            Err(Trouble::TooLarge(BYTES_MAX)),
            "{path}"
        );
    }
    for path in ["slow", "silent"] {
        let began = Instant::now();
        let got = get(&open_minded(), &server.at(path)).await;
        assert_eq!(got, Err(Trouble::TooSlow(Duration::from_millis(600))), "{path}");
        assert!(began.elapsed() < Duration::from_secs(5), "{path}");
    }
}

#[tokio::test]
async fn every_other_answer_is_a_trouble_with_a_name() {
    let server = Server::open().await;
    let status = |status, after| Err(Trouble::Status { status, after });
    for (path, expected) in [
        ("gone", status(410, None)),
        ("busy", status(429, Some(Duration::from_secs(3600)))),
        ("nothing", status(204, None)),
        ("broken", Err(Trouble::BrokenOff)),
        ("packed", Err(Trouble::Packed)),
    ] {
        assert_eq!(get(&open_minded(), &server.at(path)).await, expected, "{path}");
    }
    let noise = get(&open_minded(), &server.at("noise")).await;
    assert!(matches!(noise, Err(Trouble::Unreachable(_))), "{noise:?}");
    let closed = Address::parse("http://127.0.0.1:1/").unwrap();
    let closed = get(&open_minded(), &closed).await;
    assert!(matches!(closed, Err(Trouble::Unreachable(_))), "{closed:?}");
}

#[tokio::test]
async fn a_machine_of_the_own_network_is_not_asked_whatever_it_is_called() {
    let server = Server::open().await;
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ] {
        let address = Address::parse(&format!("http://{host}:{}/plain", server.port)).unwrap();
        let got = get(&Outside::new(false).unwrap(), &address).await;
        assert!(matches!(got, Err(Trouble::Private(_))), "{host}: {got:?}");
    }
    let (outside, _) = guarded(&["127.0.0.1"]);
    let address = Address::parse(&format!("http://intern.example:{}/plain", server.port)).unwrap();
    let got = get(&outside, &address).await;
    assert_eq!(got, Err(Trouble::NoSuchName("intern.example".to_owned())));
    assert_eq!(server.asked(), 0, "nobody knocked");
}

#[tokio::test]
async fn an_answer_cannot_lead_to_a_machine_of_the_own_network() {
    let server = Server::open().await;
    for (path, refused) in [
        ("metadata", Trouble::Private("169.254.169.254".to_owned())),
        ("neighbour", Trouble::NoSuchName("intern.example".to_owned())),
    ] {
        let (outside, _) = guarded(&["10.0.0.7"]);
        let next = led(&server, path).await;
        assert_eq!(get(&outside, &next).await, Err(refused));
    }
    assert_eq!(server.asked(), 2);
}

/// Where an answer leads.
async fn led(server: &Server, path: &str) -> Address {
    match open_minded()
        .ask(&server.at(path), &Known::default())
        .await
        .unwrap()
    {
        Step::Elsewhere(next) => next,
        Step::Got(_) => panic!("it leads nowhere"),
    }
}

#[tokio::test]
async fn a_name_that_means_another_machine_a_moment_later_is_asked_for_once() {
    // An address for examples of a network that nobody has: connecting to it cannot work, and 127.0.0.1 would.
    let server = Server::open().await;
    let (outside, resolved) = guarded(&["240.0.0.1", "127.0.0.1"]);
    let address = Address::parse(&format!("http://turncoat.example:{}/plain", server.port)).unwrap();
    assert!(matches!(
        get(&outside, &address).await,
        Err(Trouble::NoSuchName(_))
    ));
    assert_eq!(resolved.load(Ordering::SeqCst), 1);
    // The name means this machine when it is judged, and another one whenever it is asked again.
    let (outside, resolved) = guarded(&["127.0.0.1", "240.0.0.1"]);
    let outside = Outside {
        may_ask: |_| true,
        ..outside
    };
    assert_eq!(page(get(&outside, &address).await).bytes, b"BEGIN:VCALENDAR");
    assert_eq!((resolved.load(Ordering::SeqCst), server.asked()), (1, 1));
}

#[tokio::test]
async fn the_marks_of_a_server_are_short_and_sent_to_no_other() {
    let server = Server::open().await;
    let long = page(get(&open_minded(), &server.at("marked")).await);
    let short = Known {
        etag: None,
        modified: Some("today".to_owned()),
    };
    assert_eq!(long.marks, short);
    let (outside, _) = guarded(&["127.0.0.1"]);
    let outside = Outside {
        may_ask: |_| true,
        ..outside
    };
    let known = Known {
        etag: Some("\"7\"".to_owned()),
        ..short
    };
    let asked = page(outside.get(&server.at("away"), &known).await).bytes;
    let asked = String::from_utf8(asked).unwrap();
    assert!(
        !asked.contains("if-none-match") && !asked.contains("if-modified-since"),
        "{asked}"
    );
    let got = page(outside.get(&server.at("away-plain"), &Known::default()).await);
    assert_eq!(got.marks, Known::default(), "they are those of another server");
    let got = page(outside.get(&server.at("once"), &Known::default()).await);
    assert!(got.marks.etag.is_some());
}

#[tokio::test]
async fn each_machine_on_the_way_is_judged() {
    let server = Server::open().await;
    // The first machine may be asked, and the second one may not.
    let (outside, resolved) = guarded(&["127.0.0.1", "10.0.0.7"]);
    let outside = Outside {
        may_ask: |ip| ip.is_loopback(),
        ..outside
    };
    let first = Address::parse(&format!("http://first.example:{}/neighbour", server.port)).unwrap();
    let got = get(&outside, &first).await;
    assert_eq!(got, Err(Trouble::NoSuchName("intern.example".to_owned())));
    assert_eq!((resolved.load(Ordering::SeqCst), server.asked()), (2, 1));
}

#[tokio::test]
async fn a_name_of_the_own_network_is_told_like_one_that_nobody_knows() {
    let address = Address::parse("http://intern.example/").unwrap();
    let (known, _) = guarded(&["10.0.0.7"]);
    let unknown = Outside {
        resolve: Arc::new(|_, _| async { Err(io::Error::other("no such name")) }.boxed()),
        ..Outside::new(false).unwrap()
    };
    assert_eq!(get(&known, &address).await, get(&unknown, &address).await);
}

/// An authority that nobody knows, as it stands in a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    fn open(name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), issuer.pem()).unwrap();
        Authority { issuer, file }
    }

    /// A server for which it vouches under a name; where it answers.
    async fn serves(&self, name: &str) -> Address {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut tls) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut piece = [0; 4096];
                let _ = tls.read(&mut piece).await;
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\nBEGIN:VCALENDAR";
                let _ = tls.write_all(answer.as_bytes()).await;
                let _ = tls.shutdown().await;
            }
        });
        Address::parse(&format!("webcal://127.0.0.1:{port}/town.ics")).unwrap()
    }
}

/// With time for keys to be made on a busy machine.
fn patient() -> Outside {
    Outside::new(true).unwrap()
}

#[tokio::test]
async fn over_tls_a_server_is_believed_that_a_trusted_authority_vouches_for_and_no_other() {
    let (ours, other) = (Authority::open("Ours"), Authority::open("Other"));
    let address = ours.serves("127.0.0.1").await;
    let trusting = patient().trusting(ours.file.path()).unwrap();
    assert_eq!(page(get(&trusting, &address).await).bytes, b"BEGIN:VCALENDAR");

    let elsewhere = ours.serves("town.example").await;
    let wrong = [
        (&patient(), &address, "UnknownIssuer"),
        (
            &patient().trusting(other.file.path()).unwrap(),
            &address,
            "UnknownIssuer",
        ),
        (&trusting, &elsewhere, "not valid for"),
    ];
    for (outside, address, expected) in wrong {
        match get(outside, address).await {
            Err(Trouble::Untrusted(why)) => assert!(
                why.starts_with("127.0.0.1: its certificate: ") && why.contains(expected),
                "{why}"
            ),
            got => panic!("{got:?}"),
        }
    }
    assert!(patient().trusting(Path::new("/nowhere.pem")).is_err());
}
