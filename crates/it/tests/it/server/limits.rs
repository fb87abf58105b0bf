//! Slow clients, too many of them, and the end.

use super::*;

#[tokio::test]
async fn slow_clients_are_hung_up_on() {
    let limits = Limits {
        header_seconds_max: 1,
        request_seconds_max: 1,
        ..Limits::default()
    };
    let open = Open::limited(limits).await;
    assert_eq!(open.raw(b"").await, "", "not a byte");
    assert_eq!(open.raw(b"GET /api/qui").await, "", "half a request line");
    assert_eq!(
        open.raw(b"GET /api/quick HTTP/1.1\r\nhost: x\r\nx-a: ").await,
        "",
        "headers without end"
    );
    assert_eq!(open.raw(b"PRI * HTTP/2.0\r\n").await, "", "half a preface");
    let body =
        b"POST /api/body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n[";
    let answer = open.raw(body).await;
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("request_timeout"),
        "{answer}"
    );
    let answer = open.get("/api/wait").await;
    assert_eq!(answer.headers()["retry-after"], "1");
    problem(answer, 503, "took_too_long").await;
}

#[tokio::test]
async fn a_full_server_sheds_at_once_and_still_tells_how_it_is() {
    let limits = Limits {
        requests_at_once_max: 1,
        ..Limits::default()
    };
    let open = Open::limited(limits).await;
    let first = tokio::spawn(Client::new().get(open.at("/api/wait")).send());
    open.held.begun.notified().await;
    let shed = open.get("/api/quick").await;
    assert_eq!(shed.headers()["retry-after"], "1");
    problem(shed, 503, "overloaded").await;
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(open.get(probe).await.status(), StatusCode::OK, "{probe}");
    }
    open.held.end.notify_one();
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(
        open.get("/api/quick").await.status(),
        StatusCode::OK,
        "the seat is free again"
    );
}

#[tokio::test]
async fn a_house_full_of_connections_answers_probes_only() {
    let limits = Limits {
        connections_max: 1,
        ..Limits::default()
    };
    let open = Open::limited(limits).await;
    let sitting = Client::new();
    assert_eq!(
        sitting.get(open.at("/api/quick")).send().await.unwrap().status(),
        StatusCode::OK
    );
    problem(open.get("/api/quick").await, 503, "overloaded").await;
    let probe = open.get("/healthz").await;
    assert_eq!(probe.status(), StatusCode::OK);
    assert_eq!(
        probe.headers()["connection"],
        "close",
        "the place is for the next who asks"
    );
    assert_eq!(
        sitting.get(open.at("/api/quick")).send().await.unwrap().status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_shutdown_finishes_what_was_accepted() {
    let open = Open::with(|_| ()).await;
    let under_way = tokio::spawn(Client::new().get(open.at("/api/wait")).send());
    open.held.begun.notified().await;
    open.stop.send(()).unwrap();
    let closed = async {
        while TcpStream::connect(open.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, closed)
        .await
        .expect("nobody new is let in");
    open.held.end.notify_one();
    assert_eq!(under_way.await.unwrap().unwrap().text().await.unwrap(), "done");
    assert_eq!(open.served.await.unwrap(), Stopped { cut_off: 0 });
}

#[tokio::test]
async fn the_shutdown_does_not_wait_for_ever() {
    let limits = Limits {
        shutdown_seconds_max: 1,
        ..Limits::default()
    };
    let open = Open::limited(limits).await;
    let under_way = tokio::spawn(Client::new().get(open.at("/api/wait")).send());
    open.held.begun.notified().await;
    open.stop.send(()).unwrap();
    assert_eq!(open.served.await.unwrap(), Stopped { cut_off: 1 });
    assert!(under_way.await.unwrap().is_err());
}
