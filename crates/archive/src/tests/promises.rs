//! What holds wherever files are kept.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::stream::{self, StreamExt as _};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::{Kit, bytes, pieces};
use crate::s3::PART;
use crate::{Failed, Put, WHOLE};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_is_read_back_byte_by_byte() {
    for kit in Kit::all().await {
        for count in [0, 1, 70_002, PART, PART + 1] {
            let given = bytes(count);
            let name = kit.ending(&format!("reports/of-{count}.csv"), 3600);
            let put = kit.archive.put(&name, pieces(&given)).await;
            let expected = Put {
                bytes: u64::try_from(count).unwrap(),
                sha256: Sha256::digest(&given).into(),
            };
            assert_eq!(put, Ok(expected), "{}", kit.kind);
            assert!(
                kit.read(&name).await.as_deref() == Some(&given),
                "{} {count}",
                kit.kind
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_file_is_read_without_the_rest() {
    for kit in Kit::all().await {
        let (name, given) = (kit.name("part.bin"), bytes(300_000));
        kit.put(&name, &given).await;
        for (asked, expected) in [
            (0..1, 0..1),
            (5..299_999, 5..299_999),
            (299_999..u64::MAX, 299_999..300_000),
            (0..u64::MAX, 0..300_000),
            (100..400_000, 100..300_000),
        ] {
            let got = kit.archive.get(&name, asked).await.unwrap().unwrap();
            assert_eq!((got.bytes, got.part.clone()), (300_000, expected), "{}", kit.kind);
            let read: Vec<Bytes> = got.body.try_collect().await.unwrap();
            let part = usize::try_from(got.part.start).unwrap()..usize::try_from(got.part.end).unwrap();
            assert!(read.concat() == given[part]);
        }
        for nothing in [300_000..u64::MAX, 7..7] {
            let beyond = kit.archive.get(&name, nothing).await;
            assert_eq!(beyond.err(), Some(Failed::Beyond), "{}", kit.kind);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_half_a_file() {
    for kit in Kit::all().await {
        let name = kit.name("growing.bin");
        let given = bytes(2 * PART + 3);
        kit.put(&name, b"before").await;
        let (sender, mut receiver) = mpsc::channel::<Result<Bytes, String>>(1);
        let body = stream::poll_fn(move |cx| receiver.poll_recv(cx));
        let (archive, of) = (kit.archive.clone(), name.clone());
        let putting = tokio::spawn(async move { archive.put(&of, body).await });
        for piece in given.chunks(PART / 2) {
            sender.send(Ok(Bytes::copy_from_slice(piece))).await.unwrap();
            assert_eq!(
                kit.read(&name).await.as_deref(),
                Some(&b"before"[..]),
                "{}",
                kit.kind
            );
        }
        drop(sender);
        putting.await.unwrap().unwrap();
        assert!(kit.read(&name).await == Some(given), "{}", kit.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_breaks_off_puts_nothing() {
    for kit in Kit::all().await {
        for count in [10, 2 * PART] {
            let name = kit.name("broken.bin");
            let given = pieces(&bytes(count)).chain(stream::iter([Err("the rows ran out".to_owned())]));
            let put = kit.archive.put(&name, given).await;
            assert_eq!(
                put,
                Err(Failed::BrokenOff("the rows ran out".to_owned())),
                "{}",
                kit.kind
            );
            assert_eq!(kit.read(&name).await, None, "{}", kit.kind);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_gone_at_its_end_and_swept_afterwards() {
    for kit in Kit::all().await {
        let hour = kit.ending("hour.txt", 3600);
        let day = kit.ending("deep/down/day.txt", 86_400);
        let kept = kit.name("kept.txt");
        for name in [&hour, &day, &kept] {
            kit.put(name, b"x").await;
        }
        assert_eq!(kit.archive.sweep().await, Ok(0), "{}", kit.kind);
        kit.clock.advance_seconds(3600);
        assert_eq!(kit.read(&hour).await, None, "{}", kit.kind);
        assert_eq!(kit.archive.link(&hour, "hour.txt", 60), None);
        assert_eq!(kit.archive.put(&hour, pieces(b"y")).await, Err(Failed::Ended));
        assert_eq!(kit.archive.sweep().await, Ok(1), "{}", kit.kind);
        assert_eq!(kit.archive.sweep().await, Ok(0), "{}", kit.kind);
        for name in [&day, &kept] {
            assert_eq!(kit.read(name).await.as_deref(), Some(&b"x"[..]), "{}", kit.kind);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_file_is_gone_and_deleting_it_again_is_no_failure() {
    for kit in Kit::all().await {
        let name = kit.name("short/lived.txt");
        kit.put(&name, b"x").await;
        for _ in 0..2 {
            assert_eq!(kit.archive.delete(&name).await, Ok(()), "{}", kit.kind);
            assert!(
                kit.archive.get(&name, WHOLE).await.unwrap().is_none(),
                "{}",
                kit.kind
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_of_the_archive_leaves_nothing() {
    for kit in Kit::all().await {
        assert_eq!(kit.archive.try_out().await, Ok(()), "{}", kit.kind);
        kit.clock.advance_seconds(7200);
        assert_eq!(kit.archive.sweep().await, Ok(0), "{}", kit.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_files_that_ended_are_swept_in_one_go() {
    for kit in [Kit::folder(), Kit::s3s().await] {
        for number in 0..30 {
            kit.put(&kit.ending(&format!("many/{number}.txt"), 1 + number % 3), b"x")
                .await;
        }
        kit.clock.advance_seconds(2);
        assert_eq!(kit.archive.sweep().await, Ok(20), "{}", kit.kind);
    }
}
