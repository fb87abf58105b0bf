//! A full disk: writes are refused with a clear 503, reads go on, and once there is room again so do writes.
//!
//! The embedded store lies on a file system of a few megabytes in memory that only the house and its parent shell see (a mount
//! namespace of their own), which needs no rights on most Linux machines and leaves nothing behind. PostgreSQL's disk is
//! full as far as the house can tell: a trigger refuses each new person as PostgreSQL refuses a page without room.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use testkit::house::{self, House};
use testkit::postgres::{Database, shared};

use super::load::{Api, Ledger, Load, Outcome, key, until};

const DISK: &str = "8m";
/// Taken away while the disk is to be full, given back afterwards.
const BALLAST_KIBIBYTES: &str = "3072";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_goes_on_reading() {
    let folder = tempfile::tempdir().unwrap();
    let key = key(folder.path()).await;
    let house = House::start(on_a_small_disk(folder.path())).unwrap();
    let api = Api::new(&house.base, &key);
    let ledger = Arc::new(Ledger::default());
    let load = Load::start(&api, &ledger, 16);
    until("the disk is full", async || ledger.refusals().first().cloned()).await;
    load.stop().await;

    for (status, code) in ledger.refusals() {
        assert_eq!((status, code.as_str()), (503, "unavailable"));
    }
    ledger.is_true(&api).await;
    assert_eq!(api.get_status("/healthz").await, 200);

    give_back(&house);
    until("writes go on", async || {
        let outcome = api.create("after@load.example", "After").await;
        matches!(outcome, Outcome::Kept { .. }).then_some(())
    })
    .await;
    ledger.is_true(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_postgresql_refuses_writes_and_goes_on_reading() {
    let folder = tempfile::tempdir().unwrap();
    let database = shared().unwrap()[0].create_database().unwrap();
    let servers = format!("[{{ name = \"one\", url = \"{}\" }}]", database.url());
    let text = format!("[store]\nengine = \"postgres\"\nservers = {servers}\n");
    std::fs::write(folder.path().join("townhall.toml"), text).unwrap();
    let key = key(folder.path()).await;
    let house = House::open(folder.path(), &[]).unwrap();
    let api = Api::new(&house.base, &key);
    let Outcome::Kept { id } = api.create("before@load.example", "Before").await else {
        panic!("there is room")
    };
    fill(&database);
    for number in 0..3 {
        let outcome = api.create(&format!("none{number}@load.example"), "None").await;
        assert!(
            matches!(&outcome, Outcome::Refused { status: 503, code } if code == "unavailable"),
            "{outcome:?}"
        );
        assert_eq!(api.person(&id).await.unwrap().0, 200);
    }
    database.execute("DROP TRIGGER refuses_all ON people").unwrap();
    let outcome = api.create("after@load.example", "After").await;
    assert!(matches!(outcome, Outcome::Kept { .. }), "{outcome:?}");
}

/// The function holds a semicolon, so it is sent as it is and not statement by statement.
fn fill(database: &Database) {
    let url = database.url().to_owned();
    let full = "CREATE FUNCTION refuses_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$; \
                CREATE TRIGGER refuses_all BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION refuses_all()";
    let run = move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client.batch_execute(full).unwrap();
    };
    std::thread::spawn(run).join().unwrap();
}

/// `townhall serve` with its data on a small disk that holds the store made so far and some ballast.
fn on_a_small_disk(folder: &Path) -> Command {
    let mut serve = house::townhall(folder, &["serve", "--listen", "127.0.0.1:0"]).unwrap();
    let script = r#"set -e
mkdir small
mount -t tmpfs -o size="$1" tmpfs small
cp -a townhall-data small/townhall-data
dd if=/dev/zero of=small/ballast bs=1024 count="$2" 2> /dev/null
cd small
shift 2
exec "$@""#;
    let mut shell = Command::new("unshare");
    shell.args([
        "--mount",
        "--map-root-user",
        "--user",
        "sh",
        "-c",
        script,
        "sh",
        DISK,
        BALLAST_KIBIBYTES,
    ]);
    shell
        .arg(serve.get_program())
        .args(serve.get_args())
        .current_dir(folder);
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    serve.stdin(std::process::Stdio::null());
    shell.stdin(std::process::Stdio::null());
    shell
}

/// Removes the ballast, which is seen through the process only.
fn give_back(house: &House) {
    let ballast = format!(
        "/proc/{}/root{}",
        house.pid(),
        cwd_of(house).join("ballast").display()
    );
    assert!(std::fs::metadata(&ballast).unwrap().size() > 0);
    std::fs::remove_file(ballast).unwrap();
}

fn cwd_of(house: &House) -> std::path::PathBuf {
    std::fs::read_link(format!("/proc/{}/cwd", house.pid())).unwrap()
}
