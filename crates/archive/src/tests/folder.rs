//! What can go wrong with a folder: processes that are killed, disks that are full.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use futures_util::stream;
use kernel::{Clock, Secret};

use super::Kit;
use crate::{Archive, Failed, Name};

/// What a process that a test starts is told to do, and in which folder.
const TASK: &str = "TOWNHALL_TEST_ARCHIVE_TASK";
const PLACE: &str = "TOWNHALL_TEST_ARCHIVE_PLACE";
const HALF_WAY: &str = "half way";

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

fn archive(folder: &Path) -> Archive {
    Archive::folder(folder, "", &Secret::new("x"), Clock::system()).unwrap()
}

fn zeros() -> Bytes {
    Bytes::from(vec![0; 1 << 20])
}

/// What other tests start as a process of its own; by itself it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_started_for_it_does_a_task() {
    let (Ok(task), Ok(place)) = (std::env::var(TASK), std::env::var(PLACE)) else {
        return;
    };
    let archive = archive(Path::new(&place));
    match task.as_str() {
        "put without end" => {
            let mut given = 0;
            let endless = stream::poll_fn(|_| {
                given += 1;
                if given == 8 {
                    #[expect(clippy::print_stdout, reason = "the test that started this reads it")]
                    {
                        println!("{HALF_WAY}");
                    }
                }
                std::task::Poll::Ready(Some(Ok::<_, Failed>(if given < 8 {
                    zeros()
                } else {
                    Bytes::from_static(b"0")
                })))
            });
            let _ = archive.put(&Name::kept("endless.bin").unwrap(), endless).await;
        }
        "fill the disk" => {
            let large = stream::iter(std::iter::repeat_with(|| Ok::<_, Failed>(zeros())).take(4));
            let put = archive.put(&Name::kept("large.bin").unwrap(), large).await;
            assert!(matches!(put, Err(Failed::Full(_))), "{put:?}");
            assert_eq!(files(&Path::new(&place).join("unfinished")), 0);
            let small = stream::iter([Ok::<_, Failed>(Bytes::from_static(b"small"))]);
            archive
                .put(&Name::kept("small.bin").unwrap(), small)
                .await
                .unwrap();
        }
        other => panic!("{other} is no task"),
    }
}

fn process(program: &str, before: &[&str], task: &str, place: &Path) -> Command {
    let mut command = Command::new(program);
    let me = std::env::current_exe().unwrap();
    command
        .args(before)
        .arg(me)
        .args([
            "--exact",
            "tests::folder::whoever_is_started_for_it_does_a_task",
            "--nocapture",
        ])
        .env(TASK, task)
        .env(PLACE, place)
        .stdin(Stdio::null());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_inside_a_put_leaves_nothing_that_anybody_sees() {
    let kit = Kit::folder();
    let mut child = process("env", &[], "put without end", kit.folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let half_way = lines.map_while(Result::ok).any(|line| line.contains(HALF_WAY));
    assert!(half_way, "it puts");
    child.kill().unwrap();
    child.wait().unwrap();

    let unfinished = kit.folder.path().join("unfinished");
    assert_eq!(kit.read(&kit.name("endless.bin")).await, None);
    assert_eq!(files(&unfinished), 1, "it was killed in the middle");
    kit.archive.sweep().await.unwrap();
    assert_eq!(files(&unfinished), 1, "it might still go on");
    kit.clock.advance_seconds(25 * 3600);
    kit.archive.sweep().await.unwrap();
    assert_eq!(files(&unfinished), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_called_so_and_takes_what_still_fits() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=2m none {} && exec \"$@\"",
        folder.path().display()
    );
    // A file system in memory that only this process sees.
    let before = ["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"];
    let done = process("unshare", &before, "fill the disk", folder.path())
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_end_take_their_folders_with_them() {
    let kit = Kit::folder();
    kit.put(&kit.ending("a/b/c.txt", 10), b"x").await;
    kit.put(&kit.ending("a/b/d.txt", 10), b"x").await;
    kit.clock.advance_seconds(10);
    assert_eq!(kit.archive.sweep().await, Ok(2));
    assert_eq!(files(&kit.folder.path().join("until")), 0);
}

#[test]
fn a_folder_that_cannot_be_made_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let made = Archive::folder(&file.path().join("in"), "", &Secret::new("x"), Clock::system());
    assert!(made.is_err());
}
