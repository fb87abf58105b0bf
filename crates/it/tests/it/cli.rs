//! The commands of the binary, as an operator meets them: exit codes, what is said, and what to do next.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

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
        "archive",
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

/// What `--demo` wrote down.
fn demo(folder: &Path) -> serde_json::Value {
    let file = folder.join("townhall-data/demo.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

async fn sign_in(base: &str, person: &serde_json::Value) -> u16 {
    let body = serde_json::json!({ "email": person["email"], "password": person["password"] });
    let asked = reqwest::Client::new()
        .post(format!("{base}/api/v1/sign-in"))
        .json(&body)
        .send();
    asked.await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_demo_city_is_the_same_at_the_second_start_and_its_file_stays_true() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let mut first = House::open(folder.path(), &["--demo"]).unwrap();
    let before = demo(folder.path());
    let people = before["people"].as_array().unwrap();
    assert!(people.len() > 180, "{} can sign in", people.len());
    for role in ["admin", "registrar", "auditor", "person"] {
        let somebody = people.iter().find(|person| person["role"] == role).expect(role);
        assert_eq!(sign_in(&first.base, somebody).await, 200, "{somebody}");
    }
    let mode = std::fs::metadata(folder.path().join("townhall-data/demo.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "it holds passwords");
    assert!(first.printed().iter().any(|line| line.contains("/sign-in")));
    first.terminate().unwrap();

    let second = House::open(folder.path(), &["--demo"]).unwrap();
    let after = demo(folder.path());
    assert_eq!(after["people"], before["people"]);
    assert_eq!(after["service_key"], before["service_key"]);
    assert_eq!(after["base"], second.base.as_str());
    assert_eq!(sign_in(&second.base, &after["people"][0]).await, 200);
    let listed = reqwest::Client::new()
        .get(format!("{}/api/v1/people?limit=500", second.base))
        .header("x-api-key", after["service_key"].as_str().unwrap())
        .send();
    let listed: serde_json::Value = listed.await.unwrap().json().await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 203, "people and rooms");
}

/// A script that waits for the port needs to wait for nothing else.
#[tokio::test]
async fn the_demo_city_and_its_file_are_there_before_the_port_answers() {
    let folder = folder();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base = format!("http://{free}");
    let args = ["serve", "--demo", "--listen", &free.to_string()];
    let serve = house::townhall(folder.path(), &args).unwrap();
    let opening = std::thread::spawn(move || House::start(serve));
    let client = reqwest::Client::new();
    let until = Instant::now() + Duration::from_secs(60);
    while client.get(format!("{base}/healthz")).send().await.is_err() {
        assert!(Instant::now() < until, "nothing answers");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let paper = demo(folder.path());
    let listed = client
        .get(format!("{base}/api/v1/people?limit=500"))
        .header("x-api-key", paper["service_key"].as_str().unwrap())
        .send();
    let listed: serde_json::Value = listed.await.unwrap().json().await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 203, "people and rooms");
    assert_eq!(paper["base"], base);
    assert_eq!(sign_in(&base, &paper["people"][0]).await, 200);
    opening.join().unwrap().unwrap();
}

#[test]
fn a_demo_never_moves_into_a_house_of_real_people() {
    let folder = folder();
    let made = said(
        folder.path(),
        &[
            "admin",
            "people",
            "create",
            "--email",
            "me@example.org",
            "--name",
            "Me",
        ],
    );
    assert_eq!(made.code, Some(0), "{}", made.err);
    let refused = said(folder.path(), &["serve", "--demo", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("holds real people"), "{}", refused.err);
    assert!(!folder.path().join("townhall-data/demo.json").exists());
}

#[test]
fn the_first_admin_is_made_beside_an_open_house() {
    let folder = folder();
    let house = House::open(folder.path(), &[]).unwrap();
    let admin = |args: &[&str]| said(folder.path(), &[&["admin", "people"], args].concat());
    let create = |email, role| admin(&["create", "--email", email, "--name", "Anna", "--role", role]);

    assert!(
        create("a@example.org", "admni")
            .err
            .contains("Did you mean `admin`?")
    );
    let made = create("a@example.org", "admin");
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert!(
        made.out.contains(&house.base),
        "the link leads to the open house: {}",
        made.out
    );
    assert!(
        create("a@example.org", "admin")
            .err
            .contains("another person has this e-mail address")
    );

    let shown = admin(&["show", "a@example.org", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown["state"], "invited");
    assert_eq!(shown["roles"], serde_json::json!(["admin on house"]));
    assert!(admin(&["list", "--search", "ann"]).out.contains("a@example.org"));
    assert!(
        admin(&["show", "b@example.org"])
            .err
            .contains("nobody has the address")
    );
    let printed = house.printed();
    assert!(
        printed.iter().any(|line| line.contains("--role admin")),
        "an empty house says how to begin"
    );
}

#[test]
fn everything_the_operator_does_is_in_the_audit_trail() {
    let folder = folder();
    let _house = House::open(folder.path(), &[]).unwrap();
    let admin = |args: &[&str]| said(folder.path(), &[&["admin"], args].concat());
    let create = [
        "people",
        "create",
        "--email",
        "a@example.org",
        "--name",
        "Anna",
        "--role",
        "admin",
    ];
    assert_eq!(admin(&create).code, Some(0));
    let key = admin(&["keys", "create", "loader", "--scope", "people:read", "--json"]);
    let key: serde_json::Value = serde_json::from_str(&key.out).unwrap();
    assert!(key["key"].as_str().unwrap().starts_with("th_"));
    let id = key["id"].as_str().unwrap();
    assert_eq!(admin(&["keys", "revoke", id]).code, Some(0));
    assert!(admin(&["keys", "list"]).out.contains("revoked"));
    assert_eq!(admin(&["keys", "rotate"]).code, Some(0));
    let trail = admin(&["audit", "list"]).out;
    for act in [
        "person.created",
        "grant.added",
        "invitation.issued",
        "key.created",
        "key.revoked",
        "signing_key.rotated",
    ] {
        assert!(trail.contains(act), "{act}: {trail}");
    }
}

#[test]
fn a_store_in_one_file_has_all_shards_and_moves_none() {
    let folder = folder();
    let _house = House::open(folder.path(), &[]).unwrap();
    let shards = said(folder.path(), &["shards", "list"]);
    assert!(shards.out.contains("0-4095"), "{}{}", shards.out, shards.err);
    let moved = said(folder.path(), &["shards", "move", "0-7", "--to", "west"]);
    assert!(moved.err.contains("this store is one file"), "{}", moved.err);
}

#[test]
fn a_shard_map_that_names_an_unknown_server_is_refused() {
    let database = testkit::postgres::shared().unwrap()[0].create_database().unwrap();
    let folder = folder();
    on_postgres(folder.path(), database.url());
    assert_eq!(said(folder.path(), &["migrate"]).code, Some(0));
    database
        .execute("UPDATE shard_map SET server = 'mars' WHERE first_vshard = 0")
        .unwrap();
    let refused = said(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, Some(3), "{}", refused.err);
    assert!(refused.err.contains("mars"), "{}", refused.err);
}

#[tokio::test]
async fn a_backup_under_write_load_holds_all_that_was_acknowledged_before_it() {
    let folder = folder();
    let mut house = House::open(folder.path(), &["--demo"]).unwrap();
    let key = demo(folder.path())["service_key"].as_str().unwrap().to_owned();
    let people = format!("{}/api/v1/people", house.base);
    let (acknowledged, known) = tokio::sync::watch::channel(Vec::<String>::new());
    let load = tokio::spawn({
        let (client, key) = (reqwest::Client::new(), key.clone());
        async move {
            for number in 0.. {
                let body = serde_json::json!({ "name": format!("Loaded {number}") });
                let asked = client
                    .post(&people)
                    .header("x-api-key", &key)
                    .json(&body)
                    .send()
                    .await;
                let Ok(answer) = asked else { return };
                assert_eq!(answer.status(), 201);
                let person: serde_json::Value = answer.json().await.unwrap();
                let id = person["id"].as_str().unwrap().to_owned();
                acknowledged.send_modify(|ids| ids.push(id));
            }
        }
    });
    let mut busy = known.clone();
    busy.wait_for(|ids| ids.len() > 50).await.unwrap();
    let before = known.borrow().clone();
    let path = folder.path().to_owned();
    let backup = tokio::task::spawn_blocking(move || said(&path, &["backup", "copy.db"]))
        .await
        .unwrap();
    assert_eq!(backup.code, Some(0), "{}", backup.err);
    busy.wait_for(|ids| ids.len() > before.len() + 10)
        .await
        .expect("writing goes on");
    house.kill();
    load.await.unwrap();

    assert_eq!(
        said(folder.path(), &["restore", "--force", "copy.db"]).code,
        Some(0)
    );
    let house = House::open(folder.path(), &[]).unwrap();
    let client = reqwest::Client::new();
    for id in &before {
        let asked = client
            .get(format!("{}/api/v1/people/{id}", house.base))
            .header("x-api-key", &key)
            .send();
        assert_eq!(
            asked.await.unwrap().status(),
            200,
            "{id} was acknowledged before the backup"
        );
    }
}

#[test]
fn a_house_whose_secret_was_lost_opens_again_with_a_new_signing_key() {
    let folder = folder();
    House::open(folder.path(), &[]).unwrap().terminate().unwrap();
    std::fs::remove_file(folder.path().join("townhall-data/townhall.secret")).unwrap();
    let refused = said(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("secret"), "{}", refused.err);
    let rotated = said(folder.path(), &["admin", "keys", "rotate", "--at-once"]);
    assert_eq!(rotated.code, Some(0), "{}", rotated.err);
    House::open(folder.path(), &[]).expect("with the new key");
}
