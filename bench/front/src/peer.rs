//! nginx, where it is installed: a static file as long as the profile, without a database and without asking who reads.
//! It is the upper bound of what serving these bytes over HTTP/1.1 can cost here.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::load::{Load, Request};

pub const NAME: &str = "nginx, a static file of the same length";
/// Debian's place for it, which is not in everybody's PATH.
const PROGRAM: &str = "/usr/sbin/nginx";
const READY_WITHIN: Duration = Duration::from_secs(10);

pub struct Nginx {
    process: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Nginx {
    /// `None` where nginx is not installed.
    pub async fn start(body_bytes: usize) -> anyhow::Result<Option<Nginx>> {
        if !Path::new(PROGRAM).exists() {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("me"), "x".repeat(body_bytes))?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let root = folder.path().display();
        let config = format!(
            "daemon off; worker_processes auto; pid {root}/pid; error_log {root}/error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {root}/body;\n\
             proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi;\n\
             scgi_temp_path {root}/scgi; open_file_cache max=10; sendfile on; tcp_nopush off;\n\
             server {{ listen {address}; root {root}; }} }}\n"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config)?;
        let process = Command::new(PROGRAM)
            .arg("-c")
            .arg(&file)
            .args(["-g", "user root;"])
            .stderr(Stdio::null())
            .spawn()
            .context("nginx")?;
        let nginx = Nginx {
            process,
            address,
            _folder: folder,
        };
        let began = Instant::now();
        while nginx.load().body_bytes().await.is_err() {
            ensure!(began.elapsed() < READY_WITHIN, "nginx does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Some(nginx))
    }

    pub fn load(&self) -> Load {
        Load::of(self.address, Request::get("/me", None))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM lets the master end its workers; killed, they would live on.
        let id = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.process.wait();
    }
}
