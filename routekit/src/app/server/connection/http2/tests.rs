//! HTTP/2 clients that are slow, in memory and on paused time.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::{
    client::conn::http2::{Builder, SendRequest},
    ext::Protocol,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinHandle,
    time::{Instant, sleep},
};
use tower::service_fn;

use crate::{
    app::server::connection::{Connections, ServerLimits, serve_connection, waits::TICK},
    base::message::late_body::LateBody,
    config::Config,
};

const LARGE: usize = 100_000;

/// `/large` answers with a large body, `/upload` with the length of the request's body or 408. A CONNECT is a stream of
/// bytes that are sent back.
async fn handler(mut request: Request<Body>) -> Result<Response, Infallible> {
    if request.method() == Method::CONNECT {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let (mut reader, mut writer) = tokio::io::split(TokioIo::new(upgrade.await.unwrap()));
            tokio::io::copy(&mut reader, &mut writer).await
        });
        return Ok(StatusCode::OK.into_response());
    }
    Ok(match request.uri().path() {
        "/small" => Body::from(vec![b'x'; 5_000]).into_response(),
        "/large" => Body::from(vec![b'x'; LARGE]).into_response(),
        "/upload" => match request.into_body().collect().await {
            Ok(body) => body.to_bytes().len().to_string().into_response(),
            Err(error) if LateBody::is_cause_of(&error) => StatusCode::REQUEST_TIMEOUT.into_response(),
            Err(error) => panic!("{error}"),
        },
        _ => StatusCode::NO_CONTENT.into_response(),
    })
}

/// A client whose window for each stream has this many bytes.
async fn client(window: u32) -> (SendRequest<Body>, JoinHandle<hyper::Result<()>>) {
    let connections = Arc::new(Connections::new(ServerLimits::of(&Config::default())));
    let ticking = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            sleep(TICK).await;
            ticking.tick();
        }
    });
    let (client, server) = tokio::io::duplex(64 * 1024);
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    tokio::spawn(serve_connection(
        server,
        peer,
        service_fn(|request| handler(request).boxed()),
        connections.open(None),
    ));
    let (sender, connection) = Builder::new(TokioExecutor::new())
        .initial_stream_window_size(window)
        .handshake(TokioIo::new(client))
        .await
        .unwrap();
    (sender, tokio::spawn(connection))
}

fn get(path: &str) -> Request<Body> {
    Request::get(format!("http://localhost{path}")).body(Body::empty()).unwrap()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn stream_whose_client_makes_no_room_is_reset() {
    for window in [0, 1000] {
        let (mut sender, _connection) = client(window).await;
        let mut response = sender.send_request(get("/large")).await.unwrap().into_body();
        if window > 0 {
            response.frame().await.unwrap().unwrap();
        }
        // The first frame is held, so that its room is not given back.
        sleep(seconds(33)).await;
        let mut taken = 0;
        let end = loop {
            match response.frame().await {
                Some(Ok(frame)) => taken += frame.data_ref().map_or(0, Bytes::len),
                Some(Err(error)) => break Some(error),
                None => break None,
            }
        };
        assert!(end.is_some() && taken < LARGE, "window of {window}: {taken} bytes, {end:?}");
        // Others on the connection are served.
        assert_eq!(sender.send_request(get("/")).await.unwrap().status(), 204, "window of {window}");
    }
}

#[tokio::test(start_paused = true)]
async fn small_response_without_room_is_reset_too() {
    let (mut sender, _connection) = client(1).await;
    let mut response = sender.send_request(get("/small")).await.unwrap().into_body();
    sleep(seconds(33)).await;
    let mut taken = 0;
    let end = loop {
        match response.frame().await {
            Some(Ok(_)) => taken += 1,
            end => break end,
        }
    };
    assert!(matches!(end, Some(Err(_))), "{taken} frames");
    assert_eq!(sender.send_request(get("/")).await.unwrap().status(), 204);
}

#[tokio::test(start_paused = true)]
async fn steady_client_takes_a_large_response_whole() {
    let (mut sender, _connection) = client(2000).await;
    let start = Instant::now();
    let mut response = sender.send_request(get("/large")).await.unwrap().into_body();
    let mut taken = 0;
    while let Some(frame) = response.frame().await {
        taken += frame.unwrap().data_ref().map_or(0, Bytes::len);
        sleep(Duration::from_millis(600)).await;
    }
    assert_eq!(taken, LARGE);
    assert!(start.elapsed() > seconds(40), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn upload_without_progress_is_late() {
    let (mut sender, _connection) = client(65_535).await;
    let body = Body::from_stream(futures_util::stream::pending::<Result<Bytes, Infallible>>());
    let start = Instant::now();
    let request = Request::post("http://localhost/upload").body(body).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 408);
    assert!((seconds(30)..=seconds(32)).contains(&start.elapsed()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn connection_of_an_upgraded_stream_stays_open() {
    let (mut sender, _connection) = client(65_535).await;
    let request = Request::connect("http://localhost/ws").extension(Protocol::from_static("websocket"));
    let response = sender.send_request(request.body(Body::empty()).unwrap()).await.unwrap();
    let mut upgraded = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    for _ in 0..3 {
        sleep(seconds(200)).await;
        upgraded.write_all(b"a").await.unwrap();
        assert_eq!(upgraded.read_u8().await.unwrap(), b'a');
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connection_is_closed_after_its_last_stream() {
    let (mut sender, connection) = client(65_535).await;
    for _ in 0..3 {
        sleep(seconds(25)).await;
        assert_eq!(sender.send_request(get("/")).await.unwrap().status(), 204);
    }
    let start = Instant::now();
    connection.await.unwrap().unwrap();
    assert!((seconds(75)..=seconds(77)).contains(&start.elapsed()), "{:?}", start.elapsed());
}
