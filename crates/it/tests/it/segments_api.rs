//! Segments as programs use them, over a port: gRPC beside REST, and files of people.

mod bulk;
mod days;
mod grpc;
mod slow;

use std::time::Instant;

use serde_json::Value;
use tokio::net::TcpListener;

use crate::town::{Actor, PATIENCE, Role, Town};

/// A house that can be called from outside, and a service that may do everything with segments.
struct Desk {
    town: Town,
    base: String,
    service: Actor,
}

impl Desk {
    async fn open() -> Desk {
        let town = Town::open_for_real().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let front = town.front.clone();
        tokio::spawn(async move { front.serve(listener, None, std::future::pending()).await });
        let service = town.actor(&Role::Key("segments:write")).await;
        Desk { town, base, service }
    }

    fn key(&self) -> &str {
        self.service.key.as_deref().unwrap()
    }

    /// The administrator's id, once segments know them.
    async fn somebody(&self) -> String {
        let id = self.town.admin().id.clone();
        let path = format!("/api/v1/people/{id}/segments");
        let began = Instant::now();
        while !self.get(&path).await["segments"].is_array() {
            assert!(began.elapsed() < PATIENCE, "segments do not know {id}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        id
    }

    /// Asked by the administrator, who may ask everything.
    async fn get(&self, path: &str) -> Value {
        let client = reqwest::Client::new();
        let request = client
            .get(format!("{}{path}", self.base))
            .bearer_auth(self.town.admin().token.as_deref().unwrap());
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.town.post(self.town.admin(), path, body).await
    }
}
