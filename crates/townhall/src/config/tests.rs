//! What people write into configurations, and what they are told.

use std::io::Write as _;

use toml::Table;

use super::*;

fn load(file: &str, environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Result<Config, String> {
    let mut written = tempfile::NamedTempFile::new().unwrap();
    written.write_all(file.as_bytes()).unwrap();
    let own = |(name, text): &(&str, &str)| (String::from(*name), String::from(*text));
    let sources = Sources {
        file: Some(written.path().to_owned()),
        environment: environment.iter().map(own).collect(),
        flags: flags
            .iter()
            .map(|(key, text)| (*key, String::from(*text), "--flag"))
            .collect(),
    };
    let path = written.path().display().to_string();
    Config::load(&sources).map_err(|e| e.to_string().replace(&path, "FILE"))
}

fn refusal(file: &str, environment: &[(&str, &str)]) -> String {
    load(file, environment, &[]).expect_err("is refused")
}

#[test]
fn the_file_of_defaults_and_the_typed_configuration_agree_key_by_key() {
    let defaults: Table = DEFAULTS.parse().unwrap();
    Config::deserialize(defaults.clone()).expect("no key of the file is unknown, none is missing");
    for (section, keys) in &defaults {
        for key in keys.as_table().unwrap().keys() {
            let mut without = defaults.clone();
            without[section].as_table_mut().unwrap().remove(key);
            assert!(
                Config::deserialize(without).is_err(),
                "{section}.{key} is in the file but nothing reads it"
            );
        }
    }
    Config::load(&Sources::default()).expect("the defaults are fit to use");
}

#[test]
fn each_key_is_explained_in_the_line_above_it() {
    let mut above = "";
    for line in DEFAULTS.lines() {
        let is_key = line.contains(" = ") && !line.starts_with('#');
        let explained = above.starts_with('#') || above.contains(" = ");
        assert!(!is_key || explained, "{line:?} has no comment");
        above = line;
    }
    for key in layers::SERVER_KEYS {
        assert!(DEFAULTS.contains(key), "store.servers: {key} is not mentioned");
    }
    for key in post::keys() {
        assert!(DEFAULTS.contains(key), "post.providers: {key} is not mentioned");
    }
}

#[test]
fn the_file_yields_to_the_environment_and_that_to_the_flags() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\n[store]\nread_connections = 3\nwrite_connections = 5\n";
    let environment = [
        ("TOWNHALL_SERVER__LISTEN", "127.0.0.1:2"),
        ("TOWNHALL_STORE__READ_CONNECTIONS", "7"),
        ("PATH", "/bin"),
    ];
    let config = load(file, &environment, &[("server.listen", "127.0.0.1:3")]).unwrap();
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(
        (config.store.read_connections, config.store.write_connections),
        (7, 5)
    );
    assert_eq!(
        config.registry.argon2_passes, 2,
        "what nobody names is the default"
    );
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_name() {
    assert_eq!(
        refusal("[server]\n\nlissten = \"x\"\n", &[]),
        "the configuration cannot be used:\n  \
         server.lissten: is not a key. Did you mean `server.listen`? (FILE, line 3)"
    );
    let text = refusal("[servre]\nlisten = \"x\"\n", &[]);
    assert!(
        text.contains("servre: is not a section. Did you mean `server`?"),
        "{text}"
    );
    let text = refusal("", &[("TOWNHALL_STORE__ENIGNE", "sqlite")]);
    assert!(
        text.contains("store.enigne: is not a key. Did you mean `store.engine`?"),
        "{text}"
    );
    assert!(text.contains("(environment, TOWNHALL_STORE__ENIGNE)"), "{text}");
    let text = refusal("", &[("TOWNHALL_SERVER_LISTEN", "x")]);
    assert!(text.contains("Did you mean `TOWNHALL_SERVER__LISTEN`?"), "{text}");
}

#[test]
fn what_kubernetes_sets_for_a_service_of_this_name_is_let_pass() {
    let environment = [
        ("TOWNHALL_SERVICE_HOST", "10.0.0.1"),
        ("TOWNHALL_PORT_8080_TCP_ADDR", "10.0.0.1"),
    ];
    load("", &environment, &[]).unwrap();
}

#[test]
fn a_wrong_kind_names_the_key_and_what_is_expected() {
    let text = refusal("[store]\nread_connections = \"many\"\n", &[]);
    assert!(
        text.contains("store.read_connections: must be a whole number, and is text (FILE, line 2)"),
        "{text}"
    );
    let text = refusal("", &[("TOWNHALL_STORE__MIGRATE_ON_START", "yes")]);
    assert!(
        text.contains("store.migrate_on_start: must be true or false, and is text"),
        "{text}"
    );
    let text = refusal("[server]\nlisten = \"here\"\n", &[]);
    assert!(
        text.contains("server.listen: ") && text.contains("(FILE, line 2)"),
        "{text}"
    );
    let text = refusal("[store]\nread_connections = -1\n", &[]);
    assert!(text.contains("store.read_connections: "), "{text}");
    let text = refusal("[store]\nengine = \"oracle\"\n", &[]);
    assert!(
        text.contains("store.engine: ") && text.contains("sqlite"),
        "{text}"
    );
    let text = refusal("[store\n", &[]);
    assert!(text.contains("is not TOML") && text.contains("line 1"), "{text}");
}

#[test]
fn values_out_of_bounds_are_all_named_at_once() {
    let text = refusal("[registry]\naccess_token_minutes = 60\nargon2_passes = 0\n", &[]);
    assert!(
        text.contains("access_token_minutes: must be from 1 to 15, and is 60 (FILE, line 2)"),
        "{text}"
    );
    assert!(
        text.contains("argon2_passes: must be from 1 to 100, and is 0"),
        "{text}"
    );
}

#[test]
fn servers_are_checked_one_by_one() {
    let servers = "[store]\nengine = \"postgres\"\ncold = \"wset\"\n[[store.servers]]\nname = \"west\"\nurl = \"postgres://x\"\n";
    let text = refusal(servers, &[]);
    assert!(
        text.contains("store.cold: \"wset\" is not among store.servers. Did you mean `west`?"),
        "{text}"
    );
    let text = refusal(&servers.replace("url =", "urll ="), &[]);
    assert!(
        text.contains("store.servers[0].urll: is not a key. Did you mean `url`?"),
        "{text}"
    );
    let text = refusal("[store]\nengine = \"postgres\"\n", &[]);
    assert!(
        text.contains("store.servers: must name at least one server"),
        "{text}"
    );
}

#[test]
fn a_secret_can_come_from_a_file_but_not_from_two_places() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"postgres://from/file\n").unwrap();
    let path = file.path().display();
    let servers = |more: &str| {
        format!(
            "[store]\nengine = \"postgres\"\nservers = [{{ name = \"east\", url_file = \"{path}\"{more} }}]\n"
        )
    };
    let config = load(&servers(""), &[], &[]).unwrap();
    assert_eq!(config.store.servers[0].url.reveal(), "postgres://from/file");
    let text = refusal(&servers(", url = \"postgres://other\""), &[]);
    assert!(text.contains("keep one of the two"), "{text}");
    let text = refusal("[sentry]\ndsn_file = \"/nowhere/dsn\"\n", &[]);
    assert!(
        text.contains("sentry.dsn_file: /nowhere/dsn: No such file"),
        "{text}"
    );
}

#[test]
fn half_of_tls_and_a_missing_certificate_are_refused() {
    let text = refusal("[server]\ntls_cert = \"cert.pem\"\n", &[]);
    assert!(
        text.contains("server.tls_key: is not set, but server.tls_cert is"),
        "{text}"
    );
    let text = refusal(
        "[server]\ntls_cert = \"/nowhere/a\"\ntls_key = \"/nowhere/b\"\n",
        &[],
    );
    assert!(
        text.contains("server.tls_cert: /nowhere/a: No such file"),
        "{text}"
    );
}

#[test]
fn a_provider_is_told_what_its_kind_knows_and_what_it_lacks() {
    let text = refusal("[[post.providers]]\nkind = \"smpt\"\nname = \"relay\"\n", &[]);
    assert!(text.contains("Did you mean `smtp`?"), "{text}");
    let text = refusal(
        "[[post.providers]]\nkind = \"smtp\"\nname = \"relay\"\nhosst = \"x\"\n",
        &[],
    );
    assert!(
        text.contains("post.providers[0].hosst: is not a key of kind \"smtp\". Did you mean `host`?"),
        "{text}"
    );
    let text = refusal(
        "[[post.providers]]\nkind = \"mailgun\"\nname = \"gun\"\ndomain = \"x.org\"\n",
        &[],
    );
    assert!(text.contains("post.providers[0].api_key: is needed"), "{text}");
    let text = refusal(
        "[[post.providers]]\nkind = \"smtp\"\nname = \"relay\"\nhost = \"mx\"\ndkim_domain = \"x.org\"\n",
        &[],
    );
    assert!(text.contains("post.providers[0].dkim_key: "), "{text}");
    let text = refusal("[post]\nfrom = \"nobody\"\n", &[]);
    assert!(text.contains("post.from"), "{text}");
    let text = refusal("[post]\nkeep_days = 7\n", &[]);
    assert!(text.contains("post.keep_days: must be from 30 to "), "{text}");
    let file =
        "[post]\nproviders = [{ kind = \"smtp\", name = \"relay\", host = \"mx\", rate_per_second = 5 }]\n";
    let config = load(file, &[], &[]).unwrap();
    assert_eq!(config.post.providers[0].rate_per_second, 5);
}

#[test]
fn people_come_by_kafka_only_when_all_is_said_that_it_takes() {
    let text = refusal(
        "[intake]\nbrokers = [\"kafka\"]\ngroup = \"\"\ntopics = []\n",
        &[],
    );
    for named in [
        "intake.brokers: must be host:port each, and one is \"kafka\"",
        "intake.group: is needed",
        "intake.topics: is needed",
        "intake.users_url: must be an address with {id} in it",
    ] {
        assert!(text.contains(named), "{text}");
    }
    let text = refusal("[intake]\nusers_url = \"http://users/{id}\"\n", &[]);
    assert!(text.contains("intake.brokers: is empty"), "{text}");
    let text = refusal(
        "[intake]\ntopics = [\"create user\"]\nusers_header = \"x key\"\n",
        &[],
    );
    assert!(
        text.contains("\"create user\" is not the name of a topic"),
        "{text}"
    );
    assert!(text.contains("\"x key\" is not the name of a header"), "{text}");
    let environment = [
        ("TOWNHALL_INTAKE__BROKERS", "[\"kafka-1:9092\", \"kafka-2:9092\"]"),
        (
            "TOWNHALL_INTAKE__USERS_URL",
            "https://users.example.org/api/v1/people/{id}",
        ),
    ];
    let config = load("", &environment, &[]).unwrap();
    assert!(config.has_intake());
    assert_eq!(config.intake.topics, ["create-user", "delete-user"]);
}

#[test]
fn keys_of_the_archive_fit_its_kind() {
    let s3 = "[archive]\nkind = \"s3\"\nbucket = \"town-files\"\naccess_key = \"AKIA\"\nsecret_key = \"x\"\n";
    let config = load(s3, &[], &[]).unwrap();
    assert_eq!(config.archive.addressing, Addressing::Path);
    for (more, expected) in [
        (
            "folder = \"files\"",
            "archive.folder: is set, but archive.kind is \"s3\"",
        ),
        (
            "endpoint = \"files.example\"",
            "archive.endpoint: must begin with http:// or https://",
        ),
        ("prefix = \"../up\"", "archive.prefix: must be words"),
        (
            "storage_class = \"cold\"",
            "archive.storage_class: must be a class such as STANDARD_IA",
        ),
        ("region = \"\"", "archive.region: is needed"),
        (
            "root_cert = \"/nowhere.pem\"",
            "archive.root_cert: /nowhere.pem: No such file",
        ),
        ("addressing = \"domain\"", "archive.addressing: "),
        (
            "secret_key_file = \"key\"",
            "archive.secret_key: is set, and so is archive.secret_key_file",
        ),
    ] {
        let text = refusal(&format!("{s3}{more}\n"), &[]);
        assert!(text.contains(expected) && text.contains("(FILE, line "), "{text}");
    }
    let text = refusal("[archive]\nkind = \"s3\"\nbucket = \"Town\"\n", &[]);
    for expected in [
        "archive.bucket: must be the name",
        "archive.access_key: is needed",
        "archive.secret_key: is needed",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    let text = refusal("[archive]\nbucket = \"town-files\"\n", &[]);
    assert!(
        text.contains("archive.bucket: is set, but archive.kind is \"folder\""),
        "{text}"
    );
    let text = refusal("[archive]\nkind = \"ftp\"\n", &[]);
    assert!(text.contains("archive.kind: "), "{text}");
}

#[test]
fn an_authority_for_calendars_elsewhere_is_a_file_that_can_be_read() {
    let text = refusal("[calendar]\nroot_cert = \"/nowhere.pem\"\n", &[]);
    assert!(
        text.contains("calendar.root_cert: /nowhere.pem: No such file"),
        "{text}"
    );
}
