//! One connection at a time, in memory and on paused time.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{body::Body, response::Response};
use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
    time::{Instant, sleep},
};
use tower::service_fn;

use super::{connection::serve_connection, connections::Connections};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A server with one connection.
struct TestConnection {
    connections: Arc<Connections>,
    client: DuplexStream,
    served: JoinHandle<()>,
}

/// Starts a server whose handler takes that long and answers `done`.
fn server(handler_takes: Duration) -> TestConnection {
    server_with(handler_takes, || Body::from("done"))
}

/// Starts a server whose handler takes that long and answers with this body.
fn server_with(handler_takes: Duration, body: fn() -> Body) -> TestConnection {
    let connections = Arc::new(Connections::default());
    let ticking = Arc::clone(&connections);
    tokio::spawn(async move { ticking.run_clock().await });
    let (client, stream) = tokio::io::duplex(1024);
    let service = service_fn(move |_: Request<Body>| async move {
        sleep(handler_takes).await;
        Ok::<_, Infallible>(Response::new(body()))
    });
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    let served = tokio::spawn(serve_connection(stream, peer, service, connections.open()));
    TestConnection { connections, client, served }
}

impl TestConnection {
    async fn send(&mut self, bytes: &[u8]) {
        self.client.write_all(bytes).await.unwrap();
    }

    /// Reads one response with the body `done`.
    async fn response(&mut self) -> String {
        let mut text = String::new();
        while !text.ends_with("\r\n\r\ndone") {
            let byte = self.client.read_u8().await.expect("the server answers");
            text.push(char::from(byte));
        }
        text
    }

    /// Waits until the connection is closed. Returns how long that took, and what the server still sent.
    async fn closed(mut self) -> (Duration, Vec<u8>) {
        let start = Instant::now();
        let mut rest = Vec::new();
        // A client that has left unread bytes behind may find the connection reset.
        let _ = self.client.read_to_end(&mut rest).await;
        self.served.await.unwrap();
        (start.elapsed(), rest)
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn connection_without_a_whole_head_is_closed_after_thirty_seconds() {
    let rows: [(&str, &[u8]); 5] = [
        ("no byte", b""),
        ("one byte of either protocol", b"P"),
        ("half a head", &REQUEST[..20]),
        ("half a preface", &HTTP2_PREFACE[..10]),
        ("a preface and no request", HTTP2_PREFACE),
    ];
    for (name, bytes) in rows {
        let mut server = server(Duration::ZERO);
        server.send(bytes).await;
        let (after, _) = server.closed().await;
        assert!((seconds(30)..=seconds(32)).contains(&after), "{name}: {after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn head_in_pieces_is_read_until_it_is_late() {
    let mut patient = server(Duration::ZERO);
    patient.send(&REQUEST[..20]).await;
    sleep(seconds(29)).await;
    patient.send(&REQUEST[20..]).await;
    assert!(patient.response().await.starts_with("HTTP/1.1 200"));

    let mut late = server(Duration::ZERO);
    for byte in &REQUEST[..30] {
        late.send(&[*byte]).await;
        sleep(seconds(1)).await;
    }
    let (after, rest) = late.closed().await;
    assert!(after <= seconds(2) && rest.is_empty(), "each byte must not restart the timeout: {after:?}, {rest:?}");
}

#[tokio::test(start_paused = true)]
async fn timeout_of_a_head_begins_with_the_response_before() {
    let mut server = server(Duration::ZERO);
    for _ in 0..4 {
        server.send(REQUEST).await;
        server.response().await;
        sleep(seconds(25)).await;
    }
    let (after, _) = server.closed().await;
    assert!((seconds(5)..=seconds(7)).contains(&after), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn handler_may_take_longer_than_a_head() {
    let mut server = server(seconds(100));
    server.send(REQUEST).await;
    assert!(server.response().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn stop_closes_a_connection_without_a_request_after_half_a_second() {
    let rows: [(&str, &[u8]); 3] =
        [("no byte", b""), ("half of a head", &REQUEST[..20]), ("a preface and no request", HTTP2_PREFACE)];
    for (name, bytes) in rows {
        let mut server = server(Duration::ZERO);
        server.send(bytes).await;
        sleep(Duration::from_millis(1)).await;
        server.connections.stop();
        let (after, _) = server.closed().await;
        assert!(after <= Duration::from_millis(510), "{name}: {after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn stop_closes_a_connection_between_two_requests_at_once() {
    for bytes in [b"", &REQUEST[..20]] {
        let mut server = server(Duration::ZERO);
        server.send(REQUEST).await;
        server.response().await;
        server.send(bytes).await;
        sleep(Duration::from_millis(1)).await;
        server.connections.stop();
        assert_eq!(server.closed().await, (Duration::ZERO, Vec::new()), "{} bytes of the next head", bytes.len());
    }
}

#[tokio::test(start_paused = true)]
async fn stop_waits_for_a_client_that_reads_slowly() {
    let mut server = server_with(Duration::ZERO, || Body::from(vec![b'x'; 10_000]));
    server.send(REQUEST).await;
    sleep(Duration::from_millis(1)).await;
    server.connections.stop();
    sleep(seconds(20)).await;
    let (_, rest) = server.closed().await;
    assert!(rest.ends_with(&[b'x'; 10_000]), "{} bytes", rest.len());
}

#[tokio::test(start_paused = true)]
async fn stop_waits_for_the_response_and_then_closes() {
    let mut server = server(seconds(10));
    server.send(REQUEST).await;
    sleep(seconds(1)).await;
    server.connections.stop();
    assert!(server.response().await.contains("connection: close"));
    assert_eq!(server.closed().await, (Duration::ZERO, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn head_that_is_completed_just_after_the_stop_is_answered() {
    for sent in [0, 20] {
        let mut server = server(seconds(10));
        server.send(&REQUEST[..sent]).await;
        sleep(Duration::from_millis(1)).await;
        server.connections.stop();
        sleep(Duration::from_millis(400)).await;
        server.send(&REQUEST[sent..]).await;
        assert!(server.response().await.starts_with("HTTP/1.1 200"), "{sent} bytes before the stop");
    }
}

#[tokio::test(start_paused = true)]
async fn connection_that_is_opened_after_the_stop_ends() {
    let mut server = server(Duration::ZERO);
    server.connections.stop();
    server.send(b"").await;
    assert!(server.closed().await.0 <= Duration::from_millis(510));
}

#[tokio::test(start_paused = true)]
async fn http2_is_recognised_by_its_preface_however_it_is_cut() {
    for piece in [1, 3, 23, 24] {
        let mut server = server(Duration::ZERO);
        for bytes in HTTP2_PREFACE.chunks(piece) {
            server.send(bytes).await;
            sleep(Duration::from_millis(1)).await;
        }
        // A frame with no settings of the client (RFC 9113 §4.1, §6.5).
        server.send(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
        let mut frame = [0; 9];
        server.client.read_exact(&mut frame).await.unwrap();
        assert_eq!(frame[3], 4, "pieces of {piece} bytes: the server's settings come first");
    }
}

#[tokio::test(start_paused = true)]
async fn head_that_begins_like_the_preface_is_http1() {
    for head in ["PUT / HTTP/1.1\r\n\r\n", "PRI / HTTP/1.1\r\n\r\n", "PRIOR * HTTP/1.1\r\n\r\n"] {
        for piece in [1, 2, 100] {
            let mut server = server(Duration::ZERO);
            for bytes in head.as_bytes().chunks(piece) {
                server.send(bytes).await;
                sleep(Duration::from_millis(1)).await;
            }
            assert!(server.response().await.starts_with("HTTP/1.1 200"), "{head:?} in pieces of {piece}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn closed_connections_are_forgotten_at_the_next_tick() {
    let TestConnection { connections, client, served } = server(Duration::ZERO);
    assert_eq!(connections.registered(), 1);
    drop(client);
    served.await.unwrap();
    sleep(seconds(2)).await;
    assert_eq!(connections.registered(), 0);
}
