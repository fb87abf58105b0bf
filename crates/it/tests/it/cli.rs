//! The commands of the binary, as an operator meets them: exit codes, what is said, and what to do next.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use testkit::house::{self, House};

/// What a command said and how it ended.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn said(folder: &Path, args: &[&str]) -> Said {
    let output = house::run(folder, args).unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The status line and body of a GET, over a connection of its own.
fn get(house: &House, path: &str) -> String {
    let address = house.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_unknown_key_ends_the_start_with_its_line_and_the_nearest_name() {
    let folder = folder();
    std::fs::write(
        folder.path().join("townhall.toml"),
        "[server]\nlissten = \"127.0.0.1:1\"\n",
    )
    .unwrap();
    let said = said(folder.path(), &["serve"]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.err
            .contains("server.lissten: is not a key. Did you mean `server.listen`?"),
        "{}",
        said.err
    );
    assert!(said.err.contains("townhall.toml, line 2"), "{}", said.err);
}

#[test]
fn an_unknown_service_is_refused_with_the_nearest_name() {
    let folder = folder();
    let said = said(folder.path(), &["serve", "--only", "regsitry"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("Did you mean `registry`?"), "{}", said.err);
    assert!(!folder.path().join("townhall-data").exists(), "nothing was made");
}

#[test]
fn missing_tls_files_are_named() {
    let folder = folder();
    let toml = "[server]\ntls_cert = \"cert.pem\"\ntls_key = \"key.pem\"\n";
    std::fs::write(folder.path().join("townhall.toml"), toml).unwrap();
    let said = said(folder.path(), &["serve"]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.err.contains("server.tls_cert: cert.pem: No such file"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("server.tls_key: key.pem: No such file"),
        "{}",
        said.err
    );
}

#[test]
fn a_house_opens_on_an_existing_store_within_a_second_and_closes_when_asked() {
    let folder = folder();
    let mut first = House::open(folder.path(), &[]).unwrap();
    assert!(get(&first, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(first.terminate().unwrap().success());
    // The machine of the tests is busy with other tests, so the best of three counts.
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let mut again = House::open(folder.path(), &[]).unwrap();
        fastest = fastest.min(again.opened_after);
        assert!(again.terminate().unwrap().success());
    }
    assert!(fastest <= Duration::from_secs(1), "ready after {fastest:?}");
}

#[test]
fn two_houses_never_share_one_embedded_store() {
    let folder = folder();
    let open = House::open(folder.path(), &[]).unwrap();
    let refused = said(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains(&format!("process {}", open.pid())),
        "{}",
        refused.err
    );
    drop(open);
    House::open(folder.path(), &[]).expect("after kill -9 the store is free at once");
}

#[test]
fn an_address_in_use_is_told_with_what_to_do() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = said(folder.path(), &["serve", "--listen", &address]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.err.contains(&address) && said.err.contains("--listen"),
        "{}",
        said.err
    );
}

#[test]
fn check_finds_a_new_folder_fit_and_prints_json() {
    let folder = folder();
    let table = said(folder.path(), &["check"]);
    assert_eq!(table.code, Some(0), "{}{}", table.out, table.err);
    for what in [
        "configuration",
        "address",
        "open files",
        "clock",
        "disk",
        "database",
    ] {
        assert!(table.out.contains(what), "{what}: {}", table.out);
    }
    let json = said(folder.path(), &["check", "--json"]);
    let findings: Vec<serde_json::Value> = serde_json::from_str(&json.out).unwrap();
    assert!(findings.iter().all(|finding| finding["state"] != "bad"));
    assert!(
        !folder.path().join("townhall-data").exists(),
        "check changes nothing"
    );
}

#[test]
fn a_backup_is_one_whole_file_and_a_restore_keeps_what_it_replaces() {
    let folder = folder();
    let none = said(folder.path(), &["backup", "copy.db"]);
    assert_eq!(none.code, Some(3));
    assert!(
        none.err.contains("townhall.db: the tables are not up to date"),
        "{}",
        none.err
    );

    let mut open = House::open(folder.path(), &[]).unwrap();
    assert_eq!(
        said(folder.path(), &["backup", "copy.db"]).code,
        Some(0),
        "while the house is open"
    );
    let again = said(folder.path(), &["backup", "copy.db"]);
    assert!(again.err.contains("exists already"), "{}", again.err);
    let busy = said(folder.path(), &["restore", "--force", "copy.db"]);
    assert_eq!(busy.code, Some(1));
    assert!(busy.err.contains("in use by another townhall"), "{}", busy.err);
    open.terminate().unwrap();

    let refused = said(folder.path(), &["restore", "copy.db"]);
    assert!(refused.err.contains("say --force"), "{}", refused.err);
    let done = said(folder.path(), &["restore", "--force", "copy.db"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("kept as"), "{}", done.out);
    House::open(folder.path(), &[]).expect("a house opens on the restored store");
}

#[test]
fn what_is_no_whole_backup_is_refused_before_anything_is_touched() {
    let folder = folder();
    House::open(folder.path(), &[]).unwrap().terminate().unwrap();
    assert_eq!(said(folder.path(), &["backup", "copy.db"]).code, Some(0));
    let mut bytes = std::fs::read(folder.path().join("copy.db")).unwrap();
    let half = bytes.len() / 2;
    bytes.truncate(half);
    std::fs::write(folder.path().join("half.db"), &bytes).unwrap();
    std::fs::write(
        folder.path().join("text.db"),
        "not a database, but a letter to the mayor".repeat(99),
    )
    .unwrap();
    for file in ["half.db", "text.db"] {
        let refused = said(folder.path(), &["restore", "--force", file]);
        assert_eq!(refused.code, Some(3));
        let told = refused.err.contains("is damaged") || refused.err.contains("is not a store");
        assert!(told, "{file}: {}", refused.err);
    }
    let missing = said(folder.path(), &["restore", "--force", "nowhere.db"]);
    assert!(missing.err.contains("there is no such file"), "{}", missing.err);
    House::open(folder.path(), &[]).expect("the store is as it was");
}

/// A configuration file for one PostgreSQL database.
fn on_postgres(folder: &Path, url: &str) {
    let toml =
        format!("[store]\nengine = \"postgres\"\nservers = [{{ name = \"east\", url = \"{url}\" }}]\n");
    std::fs::write(folder.join("townhall.toml"), toml).unwrap();
}

#[test]
fn an_unreachable_database_is_told_with_what_to_do() {
    let folder = folder();
    on_postgres(folder.path(), "postgres://nobody:sesame@127.0.0.1:1/nowhere");
    let serve = said(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(serve.code, Some(3), "{}", serve.err);
    assert!(serve.err.contains("east: cannot be reached"), "{}", serve.err);
    assert!(!serve.err.contains("sesame"), "a password is never shown");
    let check = said(folder.path(), &["check"]);
    assert_eq!(check.code, Some(1));
    assert!(
        check.out.contains("BAD   server east: cannot be reached"),
        "{}",
        check.out
    );
    assert!(
        check.out.contains("Start it, or correct its url"),
        "{}",
        check.out
    );
}

#[test]
fn postgres_is_looked_at_migrated_and_served() {
    let database = testkit::postgres::shared().unwrap()[0].create_database().unwrap();
    let folder = folder();
    on_postgres(folder.path(), database.url());

    let early = said(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(early.code, Some(3), "{}", early.err);
    assert!(early.err.contains("run `townhall migrate`"), "{}", early.err);
    let check = said(folder.path(), &["check"]);
    assert_eq!(check.code, Some(1), "{}", check.out);
    for what in [
        "collation",
        "max_prepared_transactions",
        "version",
        "clock",
        "townhall migrate",
    ] {
        assert!(check.out.contains(what), "{what}: {}", check.out);
    }

    let migrated = said(folder.path(), &["migrate"]);
    assert_eq!(migrated.code, Some(0), "{}", migrated.err);
    assert!(migrated.out.contains("applied east: 0001_"), "{}", migrated.out);
    assert!(said(folder.path(), &["migrate"]).out.contains("Nothing to do"));
    assert_eq!(said(folder.path(), &["check"]).code, Some(0));
    let house = House::open(folder.path(), &[]).unwrap();
    assert!(get(&house, "/readyz").starts_with("HTTP/1.1 200"));
    let backup = said(folder.path(), &["backup", "copy.db"]);
    assert!(backup.err.contains("pg_dump"), "{}", backup.err);
}

#[test]
fn a_store_made_by_a_newer_program_is_refused_and_left_alone() {
    let database = testkit::postgres::shared().unwrap()[0].create_database().unwrap();
    let folder = folder();
    on_postgres(folder.path(), database.url());
    assert_eq!(said(folder.path(), &["migrate"]).code, Some(0));
    database
        .execute("INSERT INTO schema_versions (version, name, checksum, applied_at) VALUES (9999, 'later', 'x', 0)")
        .unwrap();
    for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"]] {
        let refused = said(folder.path(), args);
        assert_eq!(refused.code, Some(3), "{args:?}");
        assert!(
            refused.err.contains("made by a newer townhall"),
            "{args:?}: {}",
            refused.err
        );
    }
}
