//! Connections to PostgreSQL over TLS: what is accepted, what is refused, and what an operator is told to do.

use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use testkit::house::{self, House};
use testkit::postgres::{Address, Database, Options, Server, shared};

/// A server with a certificate for `localhost`, and only that, from an authority of its own.
struct Ground {
    server: Server,
    authority: String,
    certificate: String,
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let authority = authority("an authority");
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap().pem();
        let options = Options::fast().with_tls(certificate.clone(), key.serialize_pem());
        Ground {
            server: Server::start(&options).unwrap(),
            authority: authority.pem(),
            certificate,
        }
    })
}

/// A folder with the configuration for one database.
struct Setting {
    folder: TempDir,
    database: Database,
}

impl Setting {
    fn on(server: &Address) -> Setting {
        Setting {
            folder: tempfile::tempdir().unwrap(),
            database: server.create_database().unwrap(),
        }
    }

    /// Says how to reach the database: by this host, with these parameters, and this file to check the server with.
    fn configured(&self, host: &str, parameters: &str, root: Option<&str>) -> &Path {
        let folder = self.folder.path();
        let url = self.database.url().replace("@127.0.0.1:", &format!("@{host}:"));
        let root_cert = root.map_or(String::new(), |pem| {
            std::fs::write(folder.join("root.pem"), pem).unwrap();
            ", root_cert = \"root.pem\"".to_owned()
        });
        let text = format!(
            "[store]\nengine = \"postgres\"\nmigrate_on_start = true\n\
             servers = [{{ name = \"one\", url = \"{url}{parameters}\"{root_cert} }}]\n"
        );
        std::fs::write(folder.join("townhall.toml"), text).unwrap();
        folder
    }
}

fn check(folder: &Path) -> (Option<i32>, String) {
    let output = house::run(folder, &["check"]).unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

/// Every connection of an open house, those of its housekeeping too, is one that PostgreSQL calls encrypted, or none is.
fn opens(setting: &Setting, folder: &Path, is_encrypted: bool) {
    let _open = House::open(folder, &[]).unwrap();
    let question = "SELECT DISTINCT application_name || ' ' || ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                    WHERE datname = current_database() AND application_name LIKE 'townhall%'";
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let found = setting.database.query(question).unwrap();
        let is_as_expected = |one: &String| one.ends_with(if is_encrypted { " true" } else { " false" });
        assert!(found.iter().all(is_as_expected), "{found:?}");
        if found.len() == 2 {
            return;
        }
        assert!(
            Instant::now() < until,
            "lanes and housekeeping are expected: {found:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_whose_certificate_is_from_the_right_authority_is_trusted() {
    let setting = Setting::on(&ground().server.address());
    let folder = setting.configured("localhost", "", Some(&ground().authority));
    opens(&setting, folder, true);
    let (code, said) = check(folder);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("encrypted, and the server is the one that is meant"),
        "{said}"
    );
}

#[test]
fn a_server_from_another_authority_is_refused_before_the_password_is_sent() {
    let setting = Setting::on(&ground().server.address());
    let folder = setting.configured("localhost", "?sslmode=require", Some(&authority("another").pem()));
    let advice = "No certificate in root_cert issued this server's: name the file of the authority that did";
    let (code, said) = check(folder);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("server one") && said.contains(advice), "{said}");
    let output = house::run(folder, &["serve"]).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("one: cannot be reached") && said.contains(advice),
        "{said}"
    );
}

#[test]
fn a_certificate_for_another_host_is_refused_unless_it_is_named_itself() {
    let setting = Setting::on(&ground().server.address());
    let (code, said) = check(setting.configured("127.0.0.1", "", Some(&ground().authority)));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("use a host that its certificate names"), "{said}");
    let folder = setting.configured("127.0.0.1", "", Some(&ground().certificate));
    opens(&setting, folder, true);
}

#[test]
fn without_a_root_a_connection_is_encrypted_where_the_server_can_and_the_url_lets_it() {
    let setting = Setting::on(&ground().server.address());
    for (parameters, is_encrypted) in [
        ("", true),
        ("?sslmode=require", true),
        ("?sslmode=disable", false),
    ] {
        opens(
            &setting,
            setting.configured("127.0.0.1", parameters, None),
            is_encrypted,
        );
    }
    let here = Setting::on(&shared().unwrap()[0]);
    opens(
        &here,
        here.configured("127.0.0.1", "?sslmode=prefer", None),
        false,
    );
    let (code, said) = check(here.configured("127.0.0.1", "?sslmode=require", None));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Set ssl = on there with a certificate"), "{said}");
}

/// The password proves the server as well as us: only who knows it can answer for this very certificate.
#[test]
fn a_server_can_prove_itself_by_the_password_alone() {
    let setting = Setting::on(&ground().server.address());
    let folder = setting.configured("127.0.0.1", "?sslmode=require&channel_binding=require", None);
    opens(&setting, folder, true);
    let (code, said) = check(folder);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the server is the one that is meant"), "{said}");
}

#[test]
fn a_root_that_cannot_be_used_is_named() {
    let setting = Setting::on(&ground().server.address());
    let (code, said) = check(setting.configured("localhost", "", Some("no certificate")));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("root.pem: holds no certificate"), "{said}");
    let folder = setting.configured("localhost", "", Some(""));
    std::fs::remove_file(folder.join("root.pem")).unwrap();
    let output = house::run(folder, &["serve"]).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("store.servers[0].root_cert: root.pem: No such file"),
        "{said}"
    );
}
