//! How to reach one database, and the one place where a connection to PostgreSQL is opened.
//!
//! The address holds a password, so no error and no log line shows it.

use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use kernel::Secret;
use postgres::config::{ChannelBinding, Host, SslMode};
use postgres::{Client, Config};

use super::tls::Connector;
use crate::OpenError;
use crate::config::{Lanes, ServerConfig};

/// A dead peer that says nothing is noticed after about this long.
const SILENCE_MAX: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub(crate) struct Address {
    config: Config,
    tls: Connector,
    is_verified: bool,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.config.fmt(f)
    }
}

impl Address {
    pub(crate) fn of(server: &ServerConfig, lanes: &Lanes) -> Result<Address, OpenError> {
        Address::new(&server.name, &server.url, server.root_cert.as_deref(), lanes)
    }

    /// The read replica, when there is one. It is checked as its server is.
    pub(crate) fn of_replica(server: &ServerConfig, lanes: &Lanes) -> Option<Result<Address, OpenError>> {
        let url = server.replica_url.as_ref()?;
        Some(Address::new(
            &server.name,
            url,
            server.root_cert.as_deref(),
            lanes,
        ))
    }

    fn new(
        server: &str,
        url: &Secret,
        root_cert: Option<&Path>,
        lanes: &Lanes,
    ) -> Result<Address, OpenError> {
        let wrong = |why: &str| OpenError::Misconfigured(format!("database server {server}: {why}"));
        let mut config: Config = url.reveal().parse().map_err(|_| wrong(advice_on(url.reveal())))?;
        config
            .application_name("townhall")
            .connect_timeout(lanes.connect_timeout)
            .tcp_user_timeout(SILENCE_MAX)
            .keepalives_idle(SILENCE_MAX)
            .notice_callback(|notice| tracing::debug!(notice = notice.message(), "PostgreSQL says"));
        let is_socket = |host: &Host| matches!(host, Host::Unix(_));
        if !config.get_hosts().is_empty() && config.get_hosts().iter().all(is_socket) {
            // PostgreSQL does not encrypt what never leaves the machine, whatever the url asks for.
            config.ssl_mode(SslMode::Disable);
        } else if root_cert.is_some() {
            if config.get_ssl_mode() == SslMode::Disable {
                return Err(wrong(
                    "sslmode=disable and a root_cert contradict each other; remove one",
                ));
            }
            // Whoever names a root wants it to be looked at: a server that offers no TLS is not it.
            config.ssl_mode(SslMode::Require);
        }
        let tls = Connector::new(root_cert).map_err(|why| wrong(&format!("root_cert {why}")))?;
        Ok(Address {
            is_verified: root_cert.is_some() || config.get_channel_binding() == ChannelBinding::Require,
            config,
            tls,
        })
    }

    pub(crate) fn connect(&self) -> Result<Client, postgres::Error> {
        self.config.connect(self.tls.clone())
    }

    /// Whether a connection that is encrypted can only be one with the server that is meant.
    pub(crate) fn is_verified(&self) -> bool {
        self.is_verified
    }

    /// Whether it never leaves this machine.
    pub(crate) fn is_local(&self) -> bool {
        let is_here = |host: &Host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        };
        let is_loopback = |ip: &IpAddr| ip.is_loopback();
        if self.config.get_hostaddrs().is_empty() {
            self.config.get_hosts().iter().all(is_here)
        } else {
            self.config.get_hostaddrs().iter().all(is_loopback)
        }
    }
}

/// What an address that cannot be read is most likely to lack.
fn advice_on(url: &str) -> &'static str {
    if url.contains("sslmode=verify") || url.contains("sslrootcert=") {
        return "for sslmode=verify-full and sslrootcert write sslmode=require in the address, and name the file in \
                root_cert beside it";
    }
    if url.contains("sslmode=") || url.contains("channel_binding=") {
        return "the address must look like postgres://user:password@host/database; sslmode may be disable, prefer or \
                require, channel_binding the same";
    }
    "the address must look like postgres://user:password@host/database"
}

/// What PostgreSQL or the way to it said, in one line: its own `Display` says only "db error". What TLS refused comes
/// with what to do about it.
pub(crate) fn said(error: &postgres::Error) -> String {
    if let Some(told) = error.as_db_error() {
        let detail = told.detail().map(|detail| format!(" ({detail})"));
        return format!("{}{}", told.message(), detail.unwrap_or_default());
    }
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        said = format!("{said}: {next}");
        cause = next.source();
    }
    match remedy(error) {
        Some(remedy) => format!("{said}. {remedy}"),
        None => said,
    }
}

fn remedy(error: &postgres::Error) -> Option<&'static str> {
    use rustls::CertificateError as Bad;
    let source = error.source()?;
    if source.to_string() == "server does not support TLS" {
        return Some("Set ssl = on there with a certificate, or leave sslmode=require and root_cert out");
    }
    let refused = source.downcast_ref::<std::io::Error>()?.get_ref()?;
    match refused.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer) => Some(
            "No certificate in root_cert issued this server's: name the file of the authority that did, or the server's \
             own certificate",
        ),
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => Some(
            "Give the server a certificate for the host in its url, or use a host that its certificate names",
        ),
        rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
            Some("Renew the server's certificate")
        }
        rustls::Error::InvalidCertificate(_) => {
            Some("Give the server another certificate, or name its own one in root_cert")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str, root_cert: Option<&Path>) -> Result<Address, OpenError> {
        Address::new("one", &Secret::new(url), root_cert, &Lanes::default())
    }

    #[test]
    fn a_socket_is_never_encrypted_and_loopback_is_local() {
        for (url, mode, is_local) in [
            (
                "postgres://u@%2Frun%2Fpg/t?sslmode=require",
                SslMode::Disable,
                true,
            ),
            ("postgres://u@localhost/t?sslmode=require", SslMode::Require, true),
            ("postgres://u@127.0.0.1/t", SslMode::Prefer, true),
            ("postgres://u@[::1]/t?sslmode=disable", SslMode::Disable, true),
            ("postgres://u@db.example.org/t", SslMode::Prefer, false),
            ("host=localhost hostaddr=192.0.2.1 user=u", SslMode::Prefer, false),
        ] {
            let address = address(url, None).unwrap();
            assert_eq!(
                (address.config.get_ssl_mode(), address.is_local()),
                (mode, is_local),
                "{url}"
            );
        }
    }

    #[test]
    fn a_root_asks_for_encryption_and_refuses_an_address_that_forbids_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("root.pem");
        let made = rcgen::generate_simple_self_signed(["db".to_owned()]).unwrap();
        std::fs::write(&file, made.cert.pem()).unwrap();
        let good = address("postgres://u@db/t", Some(&file)).unwrap();
        assert_eq!(good.config.get_ssl_mode(), SslMode::Require);
        assert!(good.is_verified());
        let refusal = address("postgres://u@db/t?sslmode=disable", Some(&file)).unwrap_err();
        assert!(refusal.to_string().contains("contradict"), "{refusal}");
    }

    #[test]
    fn words_of_libpq_that_are_said_elsewhere_here_are_explained() {
        let refusal = address("postgres://u:very-secret@db/t?sslmode=verify-full", None)
            .unwrap_err()
            .to_string();
        assert!(refusal.contains("name the file in root_cert"), "{refusal}");
        assert!(!refusal.contains("very-secret"), "{refusal}");
        let refusal = address("postgres://u@db/t?sslmode=always", None)
            .unwrap_err()
            .to_string();
        assert!(refusal.contains("disable, prefer or require"), "{refusal}");
    }
}
