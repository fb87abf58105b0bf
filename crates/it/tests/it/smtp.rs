//! Letters over SMTP to servers that are not ours: postfix's `smtp-sink` and a whole postfix; signatures read by a
//! verifier that is not ours.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use kernel::{Clock, Id, Secret};
use post::dkim::Dkim;
use post::providers::smtp::{Login, Security, Smtp, SmtpOptions};
use post::providers::{Class, Provider as _, Ready, Verdict};
use post::sink::{Script, Sink};
use testkit::postfix::{Postfix, SmtpSink, Wishes};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const USER: &str = "house";
const PASSWORD: &str = "kaleidoscope";
const NOBODY: &str = "gone@reader.example";

fn letter(number: u32, to: &str) -> Ready {
    let message_id = format!("{number}@house.example");
    let mime = format!(
        "From: House <house@house.example>\r\nTo: {to}\r\nSubject: Monday,\r\n  at nine\r\nMessage-ID: <{message_id}>\r\n\
         Date: Mon, 2 Mar 2026 09:00:00 +0000\r\n\r\nHello  there \r\n.dots\r\n..\r\n\r\n"
    );
    Ready {
        letter: Id::named("letter", &number.to_string()),
        kind: "test.letter",
        message_id,
        from: String::from("house@house.example"),
        to: to.to_owned(),
        mime: mime.into_bytes().into(),
    }
}

fn options(port: u16) -> SmtpOptions {
    SmtpOptions {
        security: Security::Off,
        connections: 4,
        ..SmtpOptions::new("test", "127.0.0.1", port)
    }
}

async fn hand_over(smtp: &Smtp, letters: u32) -> Vec<Verdict> {
    join_all((0..letters).map(|number| smtp.hand_over(letter(number, "a@reader.example")))).await
}

fn class(verdict: &Verdict) -> Option<(Class, bool)> {
    match verdict {
        Verdict::Refused(refusal) => Some((refusal.class, refusal.is_final)),
        _ => None,
    }
}

#[tokio::test]
async fn postfix_s_sink_takes_letters_with_and_without_pipelining() {
    for more in [&[][..], &["-p"], &["-e"]] {
        let sink = SmtpSink::start_with(more).unwrap();
        let smtp = Smtp::new(options(sink.port())).unwrap();
        for verdict in hand_over(&smtp, 200).await {
            assert!(
                matches!(verdict, Verdict::HandedOver { .. }),
                "{more:?}: {verdict:?}"
            );
        }
    }
}

#[tokio::test]
async fn postfix_s_sink_refuses_at_each_command_and_each_letter_is_told() {
    for command in ["mail", "rcpt", "data", "."] {
        for (option, is_final) in [("-r", false), ("-f", true)] {
            let sink = SmtpSink::start_with(&[option, command]).unwrap();
            let smtp = Smtp::new(options(sink.port())).unwrap();
            for verdict in hand_over(&smtp, 9).await {
                let class = class(&verdict);
                assert_eq!(
                    class.map(|class| class.1),
                    Some(is_final),
                    "{option} {command}: {verdict:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn postfix_s_sink_breaks_off_and_only_behind_the_last_dot_a_letter_is_unsure() {
    for (command, unsure) in [("mail", false), ("rcpt", false), ("data", false), (".", true)] {
        let sink = SmtpSink::start_with(&["-q", command]).unwrap();
        let smtp = Smtp::new(options(sink.port())).unwrap();
        for verdict in hand_over(&smtp, 9).await {
            if unsure {
                assert!(
                    matches!(verdict, Verdict::Unsure { .. }),
                    "{command}: {verdict:?}"
                );
            } else {
                assert_eq!(
                    class(&verdict),
                    Some((Class::Network, false)),
                    "{command}: {verdict:?}"
                );
            }
        }
    }
}

/// Dovecot's side of its protocol for authentication: enough for one user.
async fn answer_about_passwords(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(about_passwords(stream));
    }
}

async fn about_passwords(stream: TcpStream) -> std::io::Result<()> {
    const HELLO: &[u8] = b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0123456789abcdef0123456789abcdef\nDONE\n";
    let good = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
    let mut stream = BufReader::new(stream);
    stream.write_all(HELLO).await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let mut words = line.trim_end().split('\t');
        if words.next() == Some("AUTH") {
            let id = words.next().unwrap_or_default();
            let told = words.find_map(|word| word.strip_prefix("resp="));
            let answer = if told == Some(good.as_str()) {
                format!("OK\t{id}\tuser={USER}\n")
            } else {
                format!("FAIL\t{id}\tuser={USER}\n")
            };
            stream.write_all(answer.as_bytes()).await?;
        }
        line.clear();
    }
    Ok(())
}

async fn arrives(sink: &Sink, letters: u64) {
    let start = Instant::now();
    while sink.counts().distinct < letters {
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", sink.counts());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_postfix_takes_letters_over_tls_from_whoever_signed_in() {
    let listen = "127.0.0.1:0".parse().unwrap();
    let sink = Sink::open(Script::default(), listen, Clock::system())
        .await
        .unwrap();
    let asked = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ask = asked.local_addr().unwrap().port();
    tokio::spawn(answer_about_passwords(asked));
    let made = rcgen::generate_simple_self_signed([String::from("127.0.0.1")]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, made.cert.pem()).unwrap();
    let postfix = Postfix::start(&Wishes {
        certificate: &made.cert.pem(),
        key: &made.signing_key.serialize_pem(),
        relay_to: sink.address().port(),
        ask,
        nobody: NOBODY,
    })
    .unwrap();
    let with = |implicit: bool, password: Option<&str>| {
        Smtp::new(SmtpOptions {
            security: if implicit {
                Security::Implicit
            } else {
                Security::StartTls
            },
            root_certificates: Some(roots.clone()),
            login: password.map(|password| Login {
                user: USER.into(),
                password: Secret::new(password),
            }),
            ..options(postfix.port(implicit))
        })
        .unwrap()
    };
    for (round, implicit) in [(0, false), (1, true)] {
        let smtp = with(implicit, Some(PASSWORD));
        let letters =
            (round * 30..round * 30 + 30).map(|number| smtp.hand_over(letter(number, "a@reader.example")));
        for verdict in join_all(letters).await {
            assert!(
                matches!(&verdict, Verdict::HandedOver { name: Some(_) }),
                "{verdict:?}"
            );
        }
        let nobody = smtp.hand_over(letter(1000, NOBODY)).await;
        assert_eq!(class(&nobody), Some((Class::Mailbox, true)), "{nobody:?}");
        let wrong = with(implicit, Some("wrong"))
            .hand_over(letter(1001, "a@reader.example"))
            .await;
        assert_eq!(class(&wrong), Some((Class::Authentication, false)), "{wrong:?}");
        let nameless = with(implicit, None)
            .hand_over(letter(1002, "a@reader.example"))
            .await;
        assert_eq!(class(&nameless), Some((Class::Policy, true)), "{nameless:?}");
    }
    arrives(&sink, 60).await;
    assert_eq!((sink.counts().kept, sink.times("59@house.example")), (60, 1));
}

/// dkimpy in an environment of its own, made once under `target/`.
fn verifier() -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/dkim-verifier");
    let (python, stamp) = (folder.join("bin/python"), folder.join("made"));
    if !stamp.is_file() {
        let run = |command: &mut Command| assert!(command.status().unwrap().success(), "{command:?}");
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder));
        let wanted = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "dkimpy==1.1.8",
            "pynacl==1.6.2",
        ];
        run(Command::new(&python).args(wanted));
        std::fs::write(stamp, "").unwrap();
    }
    python
}

fn confirms(letter: &[u8], record: &str) -> bool {
    const PROGRAM: &str = "import sys, dkim\n\
        record = sys.argv[1].encode()\n\
        sys.exit(0 if dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda name, timeout=5: record) else 1)";
    let mut child = Command::new(verifier())
        .args(["-c", PROGRAM, record])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(letter).unwrap();
    child.wait().unwrap().success()
}

#[tokio::test]
async fn a_stranger_confirms_what_the_house_signed_and_nothing_else() {
    let key = |algorithm: &[&str]| {
        let made = Command::new("openssl")
            .arg("genpkey")
            .args(algorithm)
            .stderr(Stdio::null())
            .output();
        Secret::new(String::from_utf8(made.unwrap().stdout).unwrap())
    };
    for key in [
        key(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        key(&["-algorithm", "ed25519"]),
    ] {
        let dkim = Dkim::new("house.example", "post", &key).unwrap();
        let record = dkim.record();
        let script = Script {
            keep_letters: 1,
            ..Script::default()
        };
        let sink = Sink::open(script, "127.0.0.1:0".parse().unwrap(), Clock::system())
            .await
            .unwrap();
        let smtp = Smtp::new(SmtpOptions {
            dkim: Some(dkim.into()),
            ..options(sink.address().port())
        })
        .unwrap();
        smtp.hand_over(letter(1, "a@reader.example")).await;
        let signed = sink.kept().remove(0).mime;
        assert!(confirms(&signed, &record));
        let text = String::from_utf8(signed).unwrap();
        assert!(confirms(
            text.replace("Hello  there \r\n", "Hello there\r\n").as_bytes(),
            &record
        ));
        assert!(!confirms(text.replace("Hello", "Hallo").as_bytes(), &record));
        assert!(!confirms(text.replace("at nine", "at ten").as_bytes(), &record));
        assert!(!confirms(
            format!("From: thief@other.example\r\n{text}").as_bytes(),
            &record
        ));
    }
}
