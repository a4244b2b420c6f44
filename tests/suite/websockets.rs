//! WebSockets over HTTP/2: extended CONNECT (RFC 8441), on real sockets.

use std::time::Duration;

use axum::{
    body::Body,
    extract::ws::{Message, WebSocketUpgrade},
    response::Response,
};
use futures_util::{SinkExt, StreamExt};
use http::{Method, Request, Version};
use hyper::ext::Protocol;
use hyper_util::rt::TokioIo;
use routekit::prelude::*;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, protocol::Role},
};

use crate::wire::{self, Running};

#[get("/w/echo", timeout = "1s", body_limit = "1KiB")]
async fn echo(upgrade: WebSocketUpgrade, version: Version) -> Response {
    upgrade.on_upgrade(move |mut socket| async move {
        while let Some(Ok(Message::Text(text))) = socket.recv().await {
            let echo = Message::Text(format!("{version:?} {text}").into());
            if socket.send(echo).await.is_err() {
                break;
            }
        }
    })
}

#[get("/w/plain")]
async fn plain() -> &'static str {
    "plain"
}

fn connect(app: &Running, path: &str) -> Request<Body> {
    Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri(format!("http://{}{path}", app.addr))
        .extension(Protocol::from_static("websocket"))
        .header("sec-websocket-version", "13")
        .body(Body::empty())
        .unwrap()
}

/// A connection on which the server has said that it accepts extended CONNECT.
async fn http2(app: &Running) -> hyper::client::conn::http2::SendRequest<Body> {
    let mut connection = app.http2_connection().await;
    let get = Request::get(format!("http://{}/w/plain", app.addr)).body(Body::empty()).unwrap();
    wire::read(connection.send_request(get).await.unwrap()).await;
    connection
}

#[tokio::test]
async fn extended_connect_opens_a_websocket() {
    let app = wire::run(App::with_routes(routes![echo, plain])).await;
    let mut connection = http2(&app).await;
    let response = connection.send_request(connect(&app, "/w/echo")).await.unwrap();
    assert_eq!(response.status(), 200);
    let upgraded = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await;
    for text in ["a", "b"] {
        socket.send(tungstenite::Message::text(text)).await.unwrap();
        let echoed = tokio::time::timeout(Duration::from_secs(10), socket.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(echoed.into_text().unwrap().as_str(), format!("HTTP/2.0 {text}"));
    }
}

#[tokio::test]
async fn extended_connect_is_refused_by_routes_without_websockets() {
    let app = wire::run(App::with_routes(routes![echo, plain])).await;
    let mut connection = http2(&app).await;
    let (refused, _) = wire::read(connection.send_request(connect(&app, "/w/plain")).await.unwrap()).await;
    assert_eq!(refused.status, 405);

    let mut other = connect(&app, "/w/echo");
    other.extensions_mut().insert(Protocol::from_static("connect-udp"));
    let (refused, _) = wire::read(connection.send_request(other).await.unwrap()).await;
    assert_eq!(refused.status, 400);
}
