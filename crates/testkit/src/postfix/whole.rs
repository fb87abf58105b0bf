//! A whole postfix: its own configuration, queue and ports. It takes letters over TLS from whoever signed in, and hands
//! them on to a server of the test.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use super::{Watched, free_port, program, wait_until_it_listens, we_are_root};

/// What a test wants of it.
pub struct Wishes<'a> {
    /// Certificate and key, both PEM.
    pub certificate: &'a str,
    pub key: &'a str,
    /// Where accepted letters go.
    pub relay_to: u16,
    /// Who says whether a password is good, in the protocol of Dovecot.
    pub ask: u16,
    /// An address that nobody has.
    pub nobody: &'a str,
}

pub struct Postfix {
    starttls: u16,
    implicit: u16,
    _process: Watched,
    _folder: TempDir,
}

impl Postfix {
    pub fn start(wishes: &Wishes<'_>) -> anyhow::Result<Postfix> {
        if !we_are_root() {
            bail!("a whole postfix can be started by root only");
        }
        let folder = tempfile::Builder::new().prefix("townhall-postfix-").tempdir()?;
        let path = folder.path();
        // Its parts run as another user.
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        let (starttls, implicit) = (free_port()?, free_port()?);
        for (name, text) in [
            ("certificate.pem", wishes.certificate.to_owned()),
            ("key.pem", wishes.key.to_owned()),
            ("main.cf", main_cf(path, wishes)),
            ("master.cf", master_cf(starttls, implicit)),
        ] {
            fs::write(path.join(name), text)?;
        }
        fs::set_permissions(path.join("key.pem"), fs::Permissions::from_mode(0o600))?;
        fs::create_dir(path.join("queue"))?;
        fs::create_dir(path.join("data"))?;
        let folder_name = path.display().to_string();
        run(Command::new("chown").arg("postfix").arg(path.join("data")))?;
        run(Command::new(program("postfix")?).args(["-c", &folder_name, "check"]))?;
        let master = program("master")?.display().to_string();
        let process = Watched::start(&[master, "-c".into(), folder_name, "-d".into()], path)?;
        for port in [starttls, implicit] {
            wait_until_it_listens(port)?;
        }
        Ok(Postfix {
            starttls,
            implicit,
            _process: process,
            _folder: folder,
        })
    }

    pub fn port(&self, implicit_tls: bool) -> u16 {
        if implicit_tls {
            self.implicit
        } else {
            self.starttls
        }
    }
}

fn main_cf(folder: &Path, wishes: &Wishes<'_>) -> String {
    let folder = folder.display();
    let Wishes {
        relay_to,
        ask,
        nobody,
        ..
    } = wishes;
    format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.example
mydestination =
relayhost = [127.0.0.1]:{relay_to}
smtp_tls_security_level = none
smtpd_tls_cert_file = {folder}/certificate.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{ask}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ {nobody} = 550 5.1.1 nobody }} }}, permit
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
"
    )
}

/// Nothing of it is caged: the folder of the test holds no copies of the system's files.
fn master_cf(starttls: u16, implicit: u16) -> String {
    let mut text = format!(
        "127.0.0.1:{starttls} inet n - n - - smtpd
127.0.0.1:{implicit} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"
    );
    for (service, program) in [
        ("rewrite", "trivial-rewrite"),
        ("bounce", "bounce"),
        ("defer", "bounce"),
        ("trace", "bounce"),
        ("verify", "verify"),
        ("proxymap", "proxymap"),
        ("smtp", "smtp"),
        ("relay", "smtp"),
        ("error", "error"),
        ("retry", "error"),
        ("discard", "discard"),
        ("anvil", "anvil"),
        ("scache", "scache"),
    ] {
        text.push_str(&format!("{service} unix - - n - - {program}\n"));
    }
    text
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let done = command.output().with_context(|| format!("{command:?}"))?;
    if !done.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(())
}
