//! Certificates from files, read again when they change.
//!
//! Whoever renews certificates replaces the files and does nothing else. A pair that does not fit (the certificate is
//! new and the key not yet) is tried again; until it fits, the old pair serves on.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is not a PEM file with what is needed: {reason}")]
    Pem { path: PathBuf, reason: String },
    #[error("certificate and key cannot be used together")]
    Pair(#[from] rustls::Error),
}

/// A certificate chain and its key.
#[derive(Clone)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: Arc<ArcSwap<ServerConfig>>,
    /// The files as they were when they were read.
    known: Looks,
}

/// What tells a file from its older self.
type Looks = [Option<(SystemTime, u64)>; 2];

impl Tls {
    /// Reads both files; from then on the server looks whether they changed.
    pub fn load(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Tls, TlsError> {
        let (certificate, key) = (certificate.into(), key.into());
        // Looked at before they are read: a change in between is read once more, not missed.
        let known = looks(&certificate, &key);
        let config = read(&certificate, &key)?;
        Ok(Tls {
            certificate,
            key,
            current: Arc::new(ArcSwap::from_pointee(config)),
            known,
        })
    }

    /// For the next connection: with the files as they were read last.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }

    /// Looks at the files until it is dropped.
    pub(crate) async fn watch(mut self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let (certificate, key, known) = (self.certificate.clone(), self.key.clone(), self.known);
            let look = tokio::task::spawn_blocking(move || {
                let now = looks(&certificate, &key);
                (now, (now != known).then(|| read(&certificate, &key)))
            });
            match look.await {
                Ok((_, None)) => {}
                Ok((now, Some(Ok(config)))) => {
                    self.current.store(Arc::new(config));
                    self.known = now;
                    tracing::info!(certificate = %self.certificate.display(), "a new certificate is in use");
                }
                Ok((_, Some(Err(error)))) => tracing::warn!(
                    certificate = %self.certificate.display(),
                    error = &error as &dyn std::error::Error,
                    "the changed certificate cannot be used; the old one stays"
                ),
                Err(_) => return,
            }
        }
    }
}

fn looks(certificate: &Path, key: &Path) -> Looks {
    [certificate, key].map(|path| {
        let data = std::fs::metadata(path).ok()?;
        Some((data.modified().ok()?, data.len()))
    })
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let bytes = |path: &Path| {
        std::fs::read(path).map_err(|source| TlsError::Read {
            path: path.to_owned(),
            source,
        })
    };
    let pem = |path: &Path, reason: String| TlsError::Pem {
        path: path.to_owned(),
        reason,
    };
    let chain = CertificateDer::pem_slice_iter(&bytes(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| pem(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(pem(certificate, "no certificate in it".to_owned()));
    }
    let secret = PrivateKeyDer::from_pem_slice(&bytes(key)?).map_err(|error| pem(key, error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;
    use std::time::Instant;

    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;
    use tokio_rustls::TlsConnector;

    use crate::gatekeeper::tests::Nobody;
    use crate::{Front, Routes, Setup};

    type Pair = rcgen::CertifiedKey<rcgen::KeyPair>;

    fn pair() -> Pair {
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
    }

    #[test]
    fn what_is_wrong_with_the_files_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
        let said = || Tls::load(&certificate, &key).err().unwrap().to_string();
        assert!(said().starts_with("cannot read"), "{}", said());
        std::fs::write(&certificate, "nothing").unwrap();
        assert!(said().contains("no certificate in it"), "{}", said());
        let (one, other) = (pair(), pair());
        std::fs::write(&certificate, one.cert.pem()).unwrap();
        std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
        assert_eq!(said(), "certificate and key cannot be used together");
        std::fs::write(&key, one.signing_key.serialize_pem()).unwrap();
        assert!(Tls::load(&certificate, &key).is_ok());
    }

    /// The protocol that was agreed on and the answer to `/healthz`, for a client that trusts `pair` alone.
    async fn ask(address: SocketAddr, pair: &Pair, offered: &[&[u8]]) -> std::io::Result<(Vec<u8>, String)> {
        let mut roots = RootCertStore::empty();
        roots.add(pair.cert.der().clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let agreed = stream.get_ref().1.alpn_protocol().unwrap_or_default().to_vec();
        let mut answer = String::new();
        if agreed != b"h2" {
            let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            stream.write_all(request).await?;
            stream.read_to_string(&mut answer).await?;
        }
        Ok((agreed, answer))
    }

    #[tokio::test]
    async fn both_protocols_are_offered_and_new_certificates_are_taken_without_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
        let (old, new) = (pair(), pair());
        std::fs::write(&certificate, old.cert.pem()).unwrap();
        std::fs::write(&key, old.signing_key.serialize_pem()).unwrap();
        let tls = Tls::load(&certificate, &key).unwrap();
        let front = Front::build(Routes::new("test"), Setup::new(Arc::new(Nobody))).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            front.serve(listener, Some(tls), stopped).await
        });

        assert_eq!(ask(address, &old, &[b"h2", b"http/1.1"]).await.unwrap().0, b"h2");
        let (agreed, answer) = ask(address, &old, &[b"http/1.1"]).await.unwrap();
        assert_eq!(agreed, b"http/1.1");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("alive\n"),
            "{answer}"
        );
        assert!(ask(address, &new, &[b"h2"]).await.is_err(), "not yet");

        // The certificate comes first and does not fit the key for a moment; the old pair serves on.
        std::fs::write(&certificate, new.cert.pem()).unwrap();
        assert!(ask(address, &old, &[b"h2"]).await.is_ok());
        std::fs::write(&key, new.signing_key.serialize_pem()).unwrap();
        let patience = Instant::now() + Duration::from_secs(30);
        while ask(address, &new, &[b"h2"]).await.is_err() {
            assert!(Instant::now() < patience, "the new certificate is in use by now");
        }
        drop(stop);
        served.await.unwrap();
    }
}
