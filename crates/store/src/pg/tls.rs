//! Encryption of connections to PostgreSQL, over the same rustls that serves our own port.
//!
//! What it keeps true: with `root_cert` nothing is sent, the password least of all, before the server has shown a
//! certificate that one of that file's issued for the host of the url, or that stands in the file itself. Without it a
//! connection is encrypted and the certificate is not looked at, as libpq does; who answers is then known only by SCRAM
//! channel binding, which is used wherever the server offers it and required by `channel_binding=require` in the url.
//!
//! The connector is ours because the crate for it brings a second copy of a whole X.509 parser and its kin for the one
//! field that channel binding asks of a certificate.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use postgres::Socket;
use postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{Connect, TlsConnector};

/// Encrypts a connection that `postgres` opens.
#[derive(Clone)]
pub(super) struct Connector(Arc<ClientConfig>);

impl Connector {
    /// With the certificates of a PEM file to check the server's against, or without a check.
    pub(super) fn new(root_cert: Option<&Path>) -> Result<Connector, String> {
        let provider = Arc::new(ring::default_provider());
        let check = match root_cert {
            Some(file) => {
                Check::against(file, &provider).map_err(|why| format!("{}: {why}", file.display()))?
            }
            None => Check::nothing(&provider),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(check))
            .with_no_client_auth();
        Ok(Connector(Arc::new(config)))
    }
}

/// What is asked of a server's certificate.
#[derive(Debug)]
struct Check {
    provider: Arc<CryptoProvider>,
    roots: Option<Roots>,
}

#[derive(Debug)]
struct Roots {
    chain: Arc<WebPkiServerVerifier>,
    /// A server's own certificate, named byte by byte, needs nobody to vouch for it: nobody else has its key. This is how
    /// the self-signed ones of PostgreSQL's manual are used, which bear no name a chain could be checked for.
    named: Vec<CertificateDer<'static>>,
}

impl Check {
    fn nothing(provider: &Arc<CryptoProvider>) -> Check {
        Check {
            provider: Arc::clone(provider),
            roots: None,
        }
    }

    fn against(file: &Path, provider: &Arc<CryptoProvider>) -> Result<Check, String> {
        let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
        let named = CertificateDer::pem_slice_iter(&bytes)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("is not a PEM file of certificates: {error}"))?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(named.iter().cloned());
        if roots.is_empty() {
            return Err("holds no certificate".to_owned());
        }
        let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Check {
            provider: Arc::clone(provider),
            roots: Some(Roots { chain, named }),
        })
    }
}

impl ServerCertVerifier for Check {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.roots {
            None => Ok(ServerCertVerified::assertion()),
            Some(roots) if roots.named.contains(end_entity) => Ok(ServerCertVerified::assertion()),
            Some(roots) => {
                roots
                    .chain
                    .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl MakeTlsConnect<Socket> for Connector {
    type Stream = Encrypted;
    type TlsConnect = Handshake;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> Result<Handshake, io::Error> {
        Ok(Handshake {
            config: Arc::clone(&self.0),
            host: host.to_owned(),
        })
    }
}

pub(super) struct Handshake {
    config: Arc<ClientConfig>,
    /// Becomes a name only when it is needed: the folder of a Unix socket never is one.
    host: String,
}

impl TlsConnect<Socket> for Handshake {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let host = ServerName::try_from(self.host).map_err(io::Error::other)?;
            let connecting: Connect<Socket> = TlsConnector::from(self.config).connect(host, socket);
            connecting.await.map(Encrypted)
        })
    }
}

pub(super) struct Encrypted(TlsStream<Socket>);

impl postgres::tls::TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        let chain = self.0.get_ref().1.peer_certificates().unwrap_or_default();
        chain
            .first()
            .and_then(|certificate| fingerprint(certificate))
            .map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ECDSA_WITH_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
const ECDSA_WITH_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];
/// PKCS #1 signatures; the next byte says with which hash.
const RSA_WITH: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];

/// `tls-server-end-point` of RFC 5929: the certificate, hashed as its signature hashes it, but never with less than
/// SHA-256. Nothing for a signature without one hash of its own (Ed25519, PSS): there is no binding then.
fn fingerprint(certificate: &[u8]) -> Option<Vec<u8>> {
    match signature_algorithm(certificate)? {
        ECDSA_WITH_SHA256 => Some(Sha256::digest(certificate).to_vec()),
        ECDSA_WITH_SHA384 => Some(Sha384::digest(certificate).to_vec()),
        ECDSA_WITH_SHA512 => Some(Sha512::digest(certificate).to_vec()),
        // MD5, SHA-1 and SHA-256; then the larger two.
        [with @ .., 4 | 5 | 11] if with == RSA_WITH => Some(Sha256::digest(certificate).to_vec()),
        [with @ .., 12] if with == RSA_WITH => Some(Sha384::digest(certificate).to_vec()),
        [with @ .., 13] if with == RSA_WITH => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

/// `Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE { algorithm OID, … }, … }`
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const OBJECT_IDENTIFIER: u8 = 0x06;
    let (whole, _) = element(SEQUENCE, certificate)?;
    let (_, behind) = element(SEQUENCE, whole)?;
    let (algorithm, _) = element(SEQUENCE, behind)?;
    element(OBJECT_IDENTIFIER, algorithm).map(|(name, _)| name)
}

/// The content of a DER element with this tag, and what stands behind it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        short @ 0..0x80 => (usize::from(short), rest),
        long => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            let length = digits.iter().try_fold(0_usize, |sum, digit| {
                sum.checked_mul(256)?.checked_add(usize::from(*digit))
            })?;
            (length, rest)
        }
    };
    (found == tag).then(|| rest.split_at_checked(length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(signed_with: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
        let key = rcgen::KeyPair::generate_for(signed_with).unwrap();
        let params = rcgen::CertificateParams::new(vec!["db".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_is_bound_by_the_hash_of_its_signature_and_ed25519_by_none() {
        let small = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        assert_eq!(fingerprint(&small), Some(Sha256::digest(&small).to_vec()));
        let large = certificate(&rcgen::PKCS_ECDSA_P384_SHA384);
        assert_eq!(fingerprint(&large), Some(Sha384::digest(&large).to_vec()));
        assert_eq!(fingerprint(&certificate(&rcgen::PKCS_ED25519)), None);
    }

    /// A server may send anything.
    #[test]
    fn a_damaged_certificate_binds_nothing_and_breaks_nothing() {
        let good = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        for length in 0..good.len().min(300) {
            assert_eq!(fingerprint(&good[..length]), None, "{length}");
        }
        assert_eq!(fingerprint(&[0x30, 0xff, 0x01]), None);
        assert_eq!(
            fingerprint(&[0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255, 0]),
            None
        );
        assert_eq!(fingerprint(&[0x30, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn a_file_without_certificates_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("root.pem");
        let refusal = || Connector::new(Some(&file)).map(|_| ()).unwrap_err();
        assert!(refusal().contains("root.pem: No such file"), "{}", refusal());
        std::fs::write(&file, "nothing").unwrap();
        assert!(
            refusal().contains("root.pem: holds no certificate"),
            "{}",
            refusal()
        );
    }
}
