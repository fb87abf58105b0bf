//! The S3 servers: s3s-fs in this process, where requests can be made to fail; moto as a process of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kernel::Secret;
use rustls::pki_types::PrivateKeyDer;
use s3s::auth::SimpleAuth;
use s3s::host::SingleDomain;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{Kit, clock};
use crate::{Addressing, Archive, S3Options};

pub const BUCKET: &str = "townhall-files";
/// Below it each bucket of s3s-fs has a host of its own.
pub const DOMAIN: &str = "s3.example";
const ACCESS_KEY: &str = "AKIATOWNHALL";
const SECRET_KEY: &str = "a secret of the town";

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    SlowDown,
    /// The connection is closed when half of the body is here.
    CutInside,
    /// It is carried out, and the connection closed without an answer.
    CutAfter,
    /// As `CutInside`, and all that comes after it.
    Dead,
}

#[derive(Default)]
struct Books {
    faults: VecDeque<(Method, Fault)>,
    requests: Vec<String>,
    dead: bool,
}

/// An s3s-fs that can be told to fail.
#[derive(Clone)]
pub struct S3sServer {
    pub base: String,
    books: Arc<Mutex<Books>>,
}

impl S3sServer {
    /// The next request of this method fails; of several faults each takes one.
    pub fn fail(&self, method: &Method, faults: &[Fault]) {
        let faults = faults.iter().map(|fault| (method.clone(), *fault));
        self.books.lock().unwrap().faults.extend(faults);
    }

    /// Methods of the requests that came.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.books.lock().unwrap().requests)
    }

    fn note(&self, method: &Method) -> Option<Fault> {
        let mut books = self.books.lock().unwrap();
        books.requests.push(method.to_string());
        if books.dead {
            return Some(Fault::CutInside);
        }
        let fault = books.faults.front().filter(|(of, _)| of == method)?.1;
        books.faults.pop_front();
        books.dead = matches!(fault, Fault::Dead);
        Some(fault)
    }

    async fn serve(
        &self,
        s3: &S3Service,
        mut request: Request<Incoming>,
    ) -> Result<Response<s3s::Body>, String> {
        match self.note(request.method()) {
            None => {}
            Some(Fault::SlowDown) => {
                let _ = request.body_mut().collect().await;
                let said = "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
                let mut answer = Response::new(s3s::Body::from(said.to_owned()));
                *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                return Ok(answer);
            }
            Some(Fault::CutInside | Fault::Dead) => {
                let _ = request.body_mut().frame().await;
                return Err("cut".to_owned());
            }
            Some(Fault::CutAfter) => {
                let answer = s3
                    .call(request.map(s3s::Body::from))
                    .await
                    .map_err(|e| format!("{e:?}"))?;
                // What it did is done once its answer is read.
                let _ = answer.into_body().collect().await;
                return Err("cut".to_owned());
            }
        }
        s3.call(request.map(s3s::Body::from))
            .await
            .map_err(|e| format!("{e:?}"))
    }
}

impl Kit {
    pub async fn s3s() -> Kit {
        Kit::s3s_with(|options| options).await
    }

    pub async fn s3s_with(change: impl Fn(S3Options) -> S3Options) -> Kit {
        Kit::s3s_at(None, change).await
    }

    /// Over TLS, with a certificate that only `roots`, if they are named, vouch for.
    pub async fn s3s_encrypted(names_roots: bool) -> Kit {
        let made = rcgen::generate_simple_self_signed([String::from("127.0.0.1")]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let roots = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(roots.path(), made.cert.pem()).unwrap();
        let tls = TlsAcceptor::from(Arc::new(config));
        Kit::s3s_at(Some(tls), |options| S3Options {
            root_certificates: names_roots.then(|| roots.path().to_owned()),
            ..options
        })
        .await
    }

    async fn s3s_at(tls: Option<TlsAcceptor>, change: impl Fn(S3Options) -> S3Options) -> Kit {
        let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        builder.set_host(SingleDomain::new(DOMAIN).unwrap());
        let s3 = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let server = S3sServer {
            base: format!("{scheme}://{}", listener.local_addr().unwrap()),
            books: Arc::default(),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, s3) = (serving.clone(), s3.clone());
                let answering = service_fn(move |request| {
                    let (server, s3) = (server.clone(), s3.clone());
                    async move { server.serve(&s3, request).await }
                });
                let tls = tls.clone();
                tokio::spawn(async move {
                    let http = http1::Builder::new();
                    let served = match tls {
                        None => http.serve_connection(TokioIo::new(stream), answering).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => http.serve_connection(TokioIo::new(stream), answering).await,
                            Err(_) => return,
                        },
                    };
                    // Whoever asked knows what became of it.
                    drop(served);
                });
            }
        });
        Kit {
            kind: "s3s-fs",
            archive: Archive::s3(change(options(&server.base, BUCKET)), clock.clone()).unwrap(),
            clock,
            folder,
            s3s: Some(server),
        }
    }

    /// With a bucket of its own.
    pub async fn moto() -> Kit {
        Kit::moto_with(|options| options).await.0
    }

    pub async fn moto_with(change: impl Fn(S3Options) -> S3Options) -> (Kit, Plain) {
        let base = testkit::moto::base().unwrap();
        let bucket = format!("b{}", kernel::random_token().to_lowercase().replace('_', "-"));
        let bucket = bucket.trim_end_matches('-').to_owned();
        let plain = Plain::new(base);
        let made = plain.ask(Method::PUT, &format!("/{bucket}")).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.said());
        let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
        let kit = Kit {
            kind: "moto",
            archive: Archive::s3(change(options(base, &bucket)), clock.clone()).unwrap(),
            clock,
            folder,
            s3s: None,
        };
        (kit, Plain { bucket, ..plain })
    }
}

pub fn options(base: &str, bucket: &str) -> S3Options {
    S3Options {
        endpoint: base.to_owned(),
        addressing: Addressing::Path,
        bucket: bucket.to_owned(),
        region: "us-east-1".to_owned(),
        prefix: "town/hall".to_owned(),
        access_key: ACCESS_KEY.to_owned(),
        secret_key: Secret::new(SECRET_KEY),
        session_token: Secret::new(""),
        storage_class: String::new(),
        root_certificates: None,
        connect_timeout: Duration::from_secs(60),
        answer_timeout: Duration::from_secs(60),
        retry_after: Duration::from_millis(5),
    }
}

/// Asks a server as anybody with a link would.
pub struct Plain {
    client: dial::Client,
    pub bucket: String,
}

impl Plain {
    pub fn new(base: &str) -> Plain {
        let client = dial::Client::new(dial::Options {
            base: base.to_owned(),
            root_certificates: None,
            connect_timeout: Duration::from_secs(60),
            answer_timeout: Duration::from_secs(60),
            idle_max: 0,
        });
        Plain {
            client: client.unwrap(),
            bucket: String::new(),
        }
    }

    pub async fn ask(&self, method: Method, address: &str) -> dial::Answer {
        self.ask_with(method, address, HeaderMap::new()).await
    }

    pub async fn ask_with(&self, method: Method, address: &str, headers: HeaderMap) -> dial::Answer {
        let address = match address.split_once("://") {
            Some((_, rest)) => &rest[rest.find('/').unwrap()..],
            None => address,
        };
        let sent = self.client.send(method, address, headers, Bytes::new());
        sent.await.unwrap()
    }
}
