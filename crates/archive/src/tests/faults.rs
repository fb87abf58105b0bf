//! What can go wrong with an S3.

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::{Method, StatusCode};
use kernel::{Moment, Secret};

use super::servers::Fault;
use super::{Kit, bytes, pieces};
use crate::s3::PART;
use crate::{Archive, Failed, S3Options};

type Change = fn(S3Options) -> S3Options;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_is_asked_again() {
    let kit = Kit::s3s().await;
    let server = kit.s3s.as_ref().unwrap();
    let name = kit.name("busy.txt");
    server.fail(&Method::PUT, &[Fault::SlowDown; 3]);
    kit.put(&name, b"patience").await;
    assert_eq!(server.requests(), ["PUT"; 4]);
    server.fail(&Method::GET, &[Fault::SlowDown; 2]);
    assert_eq!(kit.read(&name).await.as_deref(), Some(&b"patience"[..]));
    assert_eq!(server.requests(), ["GET"; 3]);
    server.fail(&Method::GET, &[Fault::SlowDown; 6]);
    let Err(Failed::Unavailable(why)) = kit.archive.get(&name, crate::WHOLE).await else {
        panic!("it is given up");
    };
    assert_eq!(why, "503 SlowDown Reduce your request rate.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_inside_an_upload_costs_nothing() {
    let kit = Kit::s3s().await;
    let server = kit.s3s.as_ref().unwrap();
    for count in [70_000, 2 * PART + 1] {
        let (name, given) = (kit.name("cut.bin"), bytes(count));
        server.fail(
            &Method::PUT,
            &[Fault::CutInside, Fault::CutAfter, Fault::CutInside],
        );
        kit.put(&name, &given).await;
        assert!(kit.read(&name).await == Some(given), "{count}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_last_answer_is_lost_is_known_to_be_there() {
    let kit = Kit::s3s().await;
    let server = kit.s3s.as_ref().unwrap();
    let (name, given) = (kit.name("lost.bin"), bytes(PART + 1));
    // First the answer to what begins an upload, below the one to what ends it.
    server.fail(&Method::POST, &[Fault::CutAfter]);
    kit.put(&name, &given).await;
    kit.put(&name, b"another one").await;
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Result<Bytes, String>>(1);
    let body = stream::poll_fn(move |cx| receiver.poll_recv(cx));
    let (archive, of) = (kit.archive.clone(), name.clone());
    drop(server.requests());
    let putting = tokio::spawn(async move { archive.put(&of, body).await });
    sender.send(Ok(Bytes::from(given.clone()))).await.unwrap();
    while !server.requests().contains(&"PUT".to_owned()) {
        tokio::task::yield_now().await;
    }
    server.fail(&Method::POST, &[Fault::CutAfter]);
    drop(sender);
    putting.await.unwrap().unwrap();
    let asked = server.requests();
    assert!(
        asked.ends_with(&["POST", "POST", "HEAD"].map(str::to_owned)),
        "{asked:?}"
    );
    assert!(kit.read(&name).await == Some(given));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_inside_an_upload_is_said_to_be_out_of_reach() {
    let kit = Kit::s3s().await;
    kit.s3s.as_ref().unwrap().fail(&Method::PUT, &[Fault::Dead]);
    let put = kit
        .archive
        .put(&kit.name("dead.bin"), pieces(&bytes(2 * PART)))
        .await;
    assert!(matches!(put, Err(Failed::Unavailable(_))), "{put:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_known_there_is_told_so_at_once() {
    let wrong: [(Change, &str); 2] = [
        (
            |options| S3Options {
                secret_key: Secret::new("a guess"),
                ..options
            },
            "SignatureDoesNotMatch",
        ),
        (
            |options| S3Options {
                access_key: "AKIANOBODY".to_owned(),
                ..options
            },
            "403",
        ),
    ];
    for (change, expected) in wrong {
        let kit = Kit::s3s_with(change).await;
        let Err(Failed::Refused(why)) = kit.archive.try_out().await else {
            panic!("{expected}: it is refused");
        };
        assert!(why.contains(expected), "{why}");
        assert_eq!(kit.s3s.as_ref().unwrap().requests(), ["PUT"], "{expected}");
    }
    let (kit, _) = Kit::moto_with(|options| S3Options {
        bucket: "nobodys-bucket".to_owned(),
        ..options
    })
    .await;
    let missing = kit.archive.try_out().await;
    assert!(
        matches!(&missing, Err(Failed::Refused(why)) if why.contains("NoSuchBucket")),
        "{missing:?}"
    );
    let read = kit.archive.get(&kit.name("a.txt"), crate::WHOLE).await.err();
    assert!(
        matches!(&read, Some(Failed::Refused(why)) if why.contains("NoSuchBucket")),
        "{read:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_put_into_the_storage_class_of_the_configuration() {
    let cold = |options| S3Options {
        storage_class: "STANDARD_IA".to_owned(),
        ..options
    };
    let (kit, plain) = Kit::moto_with(cold).await;
    for count in [10, PART + 1] {
        kit.put(&kit.name("cold.bin"), &bytes(count)).await;
        let listed = plain
            .ask(Method::GET, &format!("/{}?list-type=2", plain.bucket))
            .await;
        assert!(
            listed.said().contains("<Key>town/hall/kept/cold.bin</Key>"),
            "{}",
            listed.said()
        );
        let body = String::from_utf8_lossy(&listed.body).into_owned();
        assert!(
            body.contains("<StorageClass>STANDARD_IA</StorageClass>"),
            "{body}"
        );
    }
    let kit = Kit::s3s_with(cold).await;
    let put = kit.archive.put(&kit.name("cold.bin"), pieces(b"x")).await;
    let Err(Failed::Refused(why)) = put else {
        panic!("s3s-fs has no such class: {put:?}");
    };
    assert!(why.contains("InvalidStorageClass"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_an_upload_that_was_killed_are_swept_after_a_day() {
    let (kit, plain) = Kit::moto_with(|options| options).await;
    let uploads = async || {
        let listed = plain
            .ask(Method::GET, &format!("/{}?uploads", plain.bucket))
            .await;
        assert_eq!(listed.status, StatusCode::OK);
        String::from_utf8_lossy(&listed.body)
            .matches("<UploadId>")
            .count()
    };
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Result<Bytes, String>>(1);
    let body = stream::poll_fn(move |cx| receiver.poll_recv(cx));
    let (archive, name) = (kit.archive.clone(), kit.name("killed.bin"));
    let putting = tokio::spawn(async move { archive.put(&name, body).await });
    sender.send(Ok(Bytes::from(bytes(2 * PART)))).await.unwrap();
    while uploads().await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    putting.abort();
    assert!(putting.await.unwrap_err().is_cancelled());
    // moto says of every upload that it began then.
    let begun: Moment = "2010-11-10T20:48:33Z".parse().unwrap();
    kit.clock
        .advance_seconds(begun.as_seconds() - kit.clock.now().as_seconds() + 3600);
    kit.archive.sweep().await.unwrap();
    assert_eq!(uploads().await, 1, "it might still go on");
    kit.clock.advance_seconds(23 * 3600);
    kit.archive.sweep().await.unwrap();
    assert_eq!(uploads().await, 0);

    let given = pieces(&bytes(2 * PART)).chain(stream::iter([Err("no more".to_owned())]));
    let broken = kit.archive.put(&kit.name("broken.bin"), given).await;
    assert!(broken.is_err());
    assert_eq!(uploads().await, 0, "what breaks off here is aborted at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_cannot_be_used_say_why() {
    let kit = Kit::s3s().await;
    let base = kit.s3s.as_ref().unwrap().base.clone();
    let try_with = |change: Change| {
        let options = change(super::servers::options(&base, "town"));
        Archive::s3(options, kit.clock.clone()).err().unwrap()
    };
    let said = try_with(|options| S3Options {
        endpoint: "ftp://files.example".to_owned(),
        ..options
    });
    assert!(said.contains("ftp://files.example"), "{said}");
    let said = try_with(|options| S3Options {
        prefix: "../up".to_owned(),
        ..options
    });
    assert!(said.contains("../up"), "{said}");
    let said = try_with(|options| S3Options {
        root_certificates: Some("/nowhere/ca.pem".into()),
        endpoint: "https://files.example".to_owned(),
        ..options
    });
    assert!(
        said.to_lowercase().contains("no such file") || said.contains("/nowhere"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_proves_who_it_is_by_an_authority_that_was_named() {
    assert_eq!(Kit::s3s_encrypted(true).await.archive.try_out().await, Ok(()));
    let stranger = Kit::s3s_encrypted(false).await.archive.try_out().await;
    assert!(
        matches!(&stranger, Err(Failed::Unavailable(why)) if why.contains("certificate")),
        "{stranger:?}"
    );
}
