//! Clients of every kind, while the app stops.

use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

use axum::{body::Body, response::Response};
use http::Request;
use routekit::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{ended, run};
use crate::wire;

/// Longer than a test takes.
const DRAIN: Duration = Duration::from_secs(20);

/// More than the buffers of both sockets hold.
#[get("/sd/large")]
async fn large() -> Response {
    Response::new(Body::from(vec![b'x'; 64 << 20]))
}

#[get("/sd/small")]
async fn small() -> &'static str {
    "small"
}

#[tokio::test]
async fn response_whose_client_reads_late_is_complete() {
    let mut app = run(App::with_routes(routes![large, small])).await;
    let mut reader = TcpStream::connect(app.addr).await.unwrap();
    reader.write_all(b"GET /sd/large HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    reader.readable().await.unwrap();
    app.stop();
    super::closed(&app).await;
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).await.unwrap();
    assert!(answer.len() > 64 << 20, "{} bytes", answer.len());
    ended(app).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn client_that_reads_nothing_is_cut_off_and_others_are_not() {
    let mut app = run(App::with_routes(routes![large, small])).await;
    let mut deaf = TcpStream::connect(app.addr).await.unwrap();
    deaf.write_all(b"GET /sd/large HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    deaf.readable().await.unwrap();
    let mut http2 = app.http2_connection().await;
    let get = Request::get(format!("http://{}/sd/small", app.addr)).body(Body::empty()).unwrap();
    assert_eq!(wire::read(http2.send_request(get).await.unwrap()).await.1, "small");
    app.stop();
    let error = ended(app).await.unwrap_err().to_string();
    assert_eq!(error, "cut off because they did not end in time: 1 open connection");
    tokio::time::timeout(Duration::from_secs(60), async { while http2.ready().await.is_ok() {} }).await.unwrap();
}

#[tokio::test]
async fn clients_in_the_queue_of_the_listener_are_answered() {
    let mut app = run(App::with_routes(routes![large, small])).await;
    app.http1(wire::get("/sd/small")).await;
    app.stop();
    // The server runs on this thread, and accepts none of them before it has closed.
    let clients: Vec<_> = (0..32)
        .map(|_| {
            let mut client = std::net::TcpStream::connect(app.addr).unwrap();
            client.write_all(b"GET /sd/small HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
            client
        })
        .collect();
    for mut client in clients {
        let answer = tokio::task::spawn_blocking(move || {
            let mut answer = String::new();
            client.read_to_string(&mut answer).map(|_| answer)
        });
        assert!(answer.await.unwrap().expect("it is not reset").ends_with("small"));
    }
    ended(app).await.unwrap();
}

#[tokio::test]
async fn response_to_a_client_that_has_sent_further_requests_is_complete() {
    let app = App::with_routes(routes![large, small]);
    let (shutdown, app) = (app.shutdown(), app.configure(|config| config.set_server_drain_delay(DRAIN)));
    let app = wire::run_as_configured(app).await;
    shutdown.begin("a test");
    shutdown.begun().await;
    app.http1(wire::get("/sd/small")).await;
    let (mut reader, mut writer) = TcpStream::connect(app.addr).await.unwrap().into_split();
    let sent = tokio::spawn(async move {
        let further = b"GET /sd/small HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(4_000);
        writer.write_all(b"GET /sd/large HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let _ = writer.write_all(&further).await;
        writer
    });
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).await.expect("the connection is not reset");
    assert!(answer.len() > 64 << 20, "{} bytes", answer.len());
    drop((reader, sent.await.unwrap()));
    shutdown.force_after(Duration::from_secs(20));
    ended(app).await.unwrap();
}
