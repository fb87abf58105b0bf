//! A users service with troubles: it can be down, answer nonsense, and be slow at the wrong moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use kernel::PersonId;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub const TOKEN: &str = "what the users service is asked with";

#[derive(Clone)]
pub struct Users {
    pub url: String,
    inner: Arc<Inner>,
}

struct Inner {
    known: Mutex<HashMap<String, Value>>,
    /// Answers that are given whatever is known, by person.
    forced: Mutex<HashMap<String, (u16, String)>>,
    asked: Mutex<HashMap<String, usize>>,
    is_down: Mutex<bool>,
    /// The status and body that everything is answered with, by somebody else at this address.
    elsewhere: Mutex<Option<(u16, String)>>,
    /// While true, answers are made and not given.
    held: watch::Sender<bool>,
}

impl Users {
    pub async fn start() -> Users {
        let inner = Arc::new(Inner {
            known: Mutex::default(),
            forced: Mutex::default(),
            asked: Mutex::default(),
            is_down: Mutex::new(false),
            elsewhere: Mutex::default(),
            held: watch::Sender::new(false),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/people/{{id}}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/people/{id}", get(answer))
            .with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Users { url, inner }
    }

    pub fn has(&self, person: PersonId) {
        let about = json!({
            "id": person.to_string(), "state": "active", "language": "ru", "zone": "Europe/Moscow",
            "attributes": {"plan": "gold"}, "version": 1, "created_at": "2026-11-21T08:00:00Z",
        });
        self.inner.known.lock().unwrap().insert(person.to_string(), about);
    }

    pub fn loses(&self, person: PersonId) {
        self.inner.known.lock().unwrap().remove(&person.to_string());
    }

    /// Answers about this person so, whatever is asked.
    pub fn insists(&self, person: PersonId, status: u16, body: &str) {
        let answer = (status, body.to_owned());
        self.inner
            .forced
            .lock()
            .unwrap()
            .insert(person.to_string(), answer);
    }

    pub fn down(&self, is_down: bool) {
        *self.inner.is_down.lock().unwrap() = is_down;
    }

    /// Somebody else stands at this address, who knows none of these people.
    pub fn moves(&self, elsewhere: Option<(u16, &str)>) {
        *self.inner.elsewhere.lock().unwrap() = elsewhere.map(|(status, body)| (status, body.to_owned()));
    }

    pub fn hold(&self, held: bool) {
        self.inner.held.send_replace(held);
    }

    /// How often it was asked about somebody.
    pub fn asked(&self, person: PersonId) -> usize {
        let asked = self.inner.asked.lock().unwrap();
        asked.get(&person.to_string()).copied().unwrap_or(0)
    }
}

async fn answer(State(users): State<Arc<Inner>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let (answer, mut held) = users.answer(id, &headers);
    let _ = held.wait_for(|held| !held).await;
    answer
}

impl Inner {
    fn answer(&self, id: String, headers: &HeaderMap) -> (Response, watch::Receiver<bool>) {
        let answer = self.said(&id, headers);
        *self.asked.lock().unwrap().entry(id).or_default() += 1;
        (answer, self.held.subscribe())
    }

    fn said(&self, id: &str, headers: &HeaderMap) -> Response {
        let token = headers.get("authorization").and_then(|value| value.to_str().ok());
        if token != Some(&format!("Bearer {TOKEN}")) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        if *self.is_down.lock().unwrap() {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let forced = self.forced.lock().unwrap().get(id).cloned();
        if let Some((status, body)) = forced.or_else(|| self.elsewhere.lock().unwrap().clone()) {
            return (StatusCode::from_u16(status).unwrap(), body).into_response();
        }
        match self.known.lock().unwrap().get(id) {
            Some(about) => axum::Json(about.clone()).into_response(),
            None => (StatusCode::NOT_FOUND, axum::Json(json!({"status": 404}))).into_response(),
        }
    }
}
