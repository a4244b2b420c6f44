//! Clients of every kind, while the app stops.

use std::time::Duration;

use axum::{body::Body, response::Response};
use http::Request;
use routekit::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{ended, run};
use crate::wire;

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
