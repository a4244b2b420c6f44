//! The server on real sockets: protocols, panics and shutdown.

use std::time::Duration;

use futures_util::FutureExt;
use http::Version;
use http_body_util::BodyExt;
use routekit::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::wire;

#[get("/s/version")]
async fn version(version: Version) -> String {
    format!("{version:?}")
}

#[get("/s/panic")]
async fn panics() {
    panic!("as it should");
}

fn app() -> App {
    App::with_routes(routes![version, panics])
}

#[tokio::test]
async fn http1_and_http2_share_a_port() {
    let app = wire::run(app()).await;
    assert_eq!(app.http1(wire::get("/s/version")).await.1, "HTTP/1.1");
    let mut connection = app.http2_connection().await;
    let request = http::Request::get(format!("http://{}/s/version", app.addr)).body(axum::body::Body::empty()).unwrap();
    let body = connection.send_request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "HTTP/2.0");
}

#[tokio::test]
async fn connection_survives_a_panic() {
    let app = wire::run(app()).await;
    let mut connection = app.http1_connection().await;
    let (parts, _) = wire::read(connection.send_request(wire::get("/s/panic")).await.unwrap()).await;
    assert_eq!(parts.status, 500);
    connection.ready().await.unwrap();
    let (parts, body) = wire::read(connection.send_request(wire::get("/s/version")).await.unwrap()).await;
    assert_eq!((parts.status.as_u16(), body.as_str()), (200, "HTTP/1.1"));
}

#[tokio::test]
async fn incomplete_head_does_not_delay_shutdown() {
    for bytes in [&b"GET /s/version HTTP/1.1\r\nho"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b""] {
        let mut app = wire::run(app()).await;
        let mut stream = TcpStream::connect(app.addr).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        // Once another request is answered, those bytes have been accepted.
        assert_eq!(app.http1(wire::get("/s/version")).await.0.status, 200);
        app.stop();
        tokio::time::timeout(Duration::from_secs(10), app.stopped()).await.expect("it stops").unwrap();
    }
}

#[tokio::test]
async fn dropped_server_leaves_no_task_running() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = app().serve_on(listener, std::future::pending());
    assert!(served.now_or_never().is_none(), "it serves");
    tokio::task::yield_now().await;
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test]
async fn malformed_head_is_refused_and_others_are_served() {
    let app = wire::run(app()).await;
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(b"hello there\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(app.http1(wire::get("/s/version")).await.0.status, 200);
}

#[tokio::test]
async fn early_response_reaches_a_client_that_sends_its_body_first() {
    let app = wire::run(app()).await;
    for (path, status) in [("/s/unknown", 404), ("/s/version", 405)] {
        let mut stream = TcpStream::connect(app.addr).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900000\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // The response has arrived. A server that closes the connection now resets it when more arrives.
        stream.readable().await.unwrap();
        for _ in 0..9 {
            stream.write_all(&[b'x'; 100_000]).await.expect("the connection is not reset");
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("the connection is not reset");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains("connection: close\r\n") && answer.ends_with('}'), "{answer}");
    }
}

#[tokio::test]
async fn http2_host_that_differs_from_the_authority_is_refused() {
    let app = wire::run(app()).await;
    for (host, status) in
        [("shop.example", 200), ("SHOP.example:80", 200), ("shop.example:81", 400), ("bank.example", 400)]
    {
        let request = http::Request::get("http://shop.example/s/version").header("host", host);
        let request = request.body(axum::body::Body::empty()).unwrap();
        let response = app.http2_connection().await.send_request(request).await.unwrap();
        assert_eq!(response.status(), status, "{host}");
    }
}
