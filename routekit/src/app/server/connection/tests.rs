//! One connection at a time, in memory and on paused time.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt, future::BoxFuture};
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
    time::{Instant, sleep},
};
use tower::service_fn;

use super::{
    connections::Connections, heads::RejectedHeads, limits::ServerLimits, linger::MOST_BYTES, run::serve_connection,
    stage::ClosingStage, waits::TICK,
};
use crate::{
    base::{clock::Clock, message::late_body::LateBody},
    config::Config,
    observe::{ActiveRequest, Finished, KnowsRequest, Observer, RouteState},
    policy::EffectiveSecurityHeaders,
};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
/// The default of `server.shutdown_grace`.
const GRACE: Duration = Duration::from_millis(500);
/// What timers add.
const MARGIN: Duration = Duration::from_millis(10);
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// These handlers are no apps.
impl<T> KnowsRequest for BoxFuture<'_, T> {
    fn take_request(self: Pin<&mut Self>) -> Option<ActiveRequest> {
        None
    }
}

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

/// Starts a server whose handler takes that long and answers with this body. It does not read the request's body.
fn server_with(handler_takes: Duration, body: fn() -> Body) -> TestConnection {
    server_of(move |request| async move {
        drop(request);
        sleep(handler_takes).await;
        Response::new(body())
    })
}

/// Starts a server with this handler.
fn server_of<H, F>(handler: H) -> TestConnection
where
    H: Fn(Request<Body>) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    server_on(Connections::new(ServerLimits::of(&Config::default())), handler)
}

fn server_on<H, F>(connections: Connections, handler: H) -> TestConnection
where
    H: Fn(Request<Body>) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let connections = Arc::new(connections);
    let ticking = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            sleep(TICK).await;
            ticking.tick();
        }
    });
    let (client, stream) = tokio::io::duplex(1024);
    let service = service_fn(move |request| handler(request).map(Ok::<_, Infallible>).boxed());
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    let served = tokio::spawn(serve_connection(stream, peer, service, connections.open(None)));
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

/// The method and the status of requests without a route.
#[derive(Clone, Default)]
struct Reports(Arc<Mutex<Vec<(String, StatusCode)>>>);

impl Observer for Reports {
    fn finished(&self, request: &Finished<'_>) {
        assert_eq!(request.duration, Duration::ZERO);
        self.0.lock().push((request.method.to_string(), request.status.expect("a status")));
    }
}

#[tokio::test(start_paused = true)]
async fn late_head_is_reported_if_it_is_answered() {
    let late = |method: &str| vec![(method.to_owned(), StatusCode::REQUEST_TIMEOUT)];
    let rows: [(&str, &[u8], _); 4] = [
        ("no byte", b"", vec![]),
        ("half a method", b"GE", late("_OTHER")),
        ("half a head", &REQUEST[..20], late("GET")),
        ("a whole head", REQUEST, vec![]),
    ];
    for (name, bytes, expected) in rows {
        let reports = Reports::default();
        let unmatched = Arc::new(RouteState::unmatched(reports.clone()));
        let connections = Connections::new(ServerLimits::of(&Config::default()));
        let connections = connections.report(RejectedHeads::new(unmatched, Clock::system()));
        let mut server = server_on(connections, async |_| "done".into_response());
        server.send(bytes).await;
        server.closed().await;
        assert_eq!(*reports.0.lock(), expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_of_the_server_itself_have_the_security_headers_of_its_listener() {
    let no_host = b"GET / HTTP/1.1\r\n\r\n";
    for (name, bytes, status) in [("late", &REQUEST[..20], "408"), ("malformed", &no_host[..], "400")] {
        let headers = EffectiveSecurityHeaders::of_app(&Config::default());
        let connections = Connections::new(ServerLimits::of(&Config::default())).security_headers(headers);
        let mut server = server_on(connections, async |_| "done".into_response());
        server.send(bytes).await;
        let text = String::from_utf8(server.closed().await.1).unwrap();
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")) && text.ends_with("\r\n\r\n"), "{name}: {text}");
        for line in [
            "content-length: 0",
            "connection: close",
            "x-content-type-options: nosniff",
            "content-security-policy: default-src 'none'; frame-ancestors 'none'",
            "referrer-policy: same-origin",
        ] {
            assert_eq!(text.lines().filter(|found| *found == line).count(), 1, "{name}: {line} in {text}");
        }
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
    assert!(after <= seconds(2), "each byte must not restart the timeout: {after:?}");
    assert!(rest.starts_with(b"HTTP/1.1 408 Request Timeout\r\n"), "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn idle_timeout_begins_with_each_response() {
    let mut server = server(Duration::ZERO);
    for _ in 0..4 {
        server.send(REQUEST).await;
        server.response().await;
        sleep(seconds(70)).await;
    }
    let (after, rest) = server.closed().await;
    assert!((seconds(5)..=seconds(7)).contains(&after), "{after:?}");
    assert!(rest.is_empty(), "an idle client gets no response: {rest:?}");
}

#[tokio::test(start_paused = true)]
async fn timeout_of_a_head_begins_with_its_first_byte() {
    let mut server = server(Duration::ZERO);
    server.send(REQUEST).await;
    server.response().await;
    sleep(seconds(70)).await;
    server.send(&REQUEST[..20]).await;
    let (after, rest) = server.closed().await;
    assert!((seconds(30)..=seconds(32)).contains(&after), "{after:?}");
    assert!(rest.starts_with(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n"), "{rest:?}");
}

/// Reads the request's body and answers with its length, or 408.
async fn reads_body(request: Request<Body>) -> Response {
    match request.into_body().collect().await {
        Ok(body) => Response::new(Body::from(format!("{} bytes", body.to_bytes().len()))),
        Err(error) if LateBody::is_cause_of(&error) => StatusCode::REQUEST_TIMEOUT.into_response(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn upload_without_progress_is_answered_with_408() {
    for (name, spawned) in [("in the task of the connection", false), ("in another task", true)] {
        let mut server = server_of(move |request| async move {
            if spawned { tokio::spawn(reads_body(request)).await.unwrap() } else { reads_body(request).await }
        });
        server.send(&upload(100)).await;
        server.send(b"x").await;
        let start = Instant::now();
        let mut head = [0; 20];
        server.client.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 408 Request", "{name}");
        assert!((seconds(30)..=seconds(32)).contains(&start.elapsed()), "{name}: {:?}", start.elapsed());
        let (_, rest) = server.closed().await;
        assert!(String::from_utf8(rest).unwrap().contains("connection: close"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn upload_that_trickles_is_late_and_a_steady_one_is_not() {
    for (bytes_per_second, complete) in [(1, false), (100, false), (300, true)] {
        let mut server = server_of(reads_body);
        server.send(&upload(30_000)).await;
        for _ in 0..30_000 / bytes_per_second {
            if server.client.write_all(&vec![b'x'; bytes_per_second]).await.is_err() || server.served.is_finished() {
                break;
            }
            // Not at the same time as a tick.
            sleep(Duration::from_millis(999)).await;
        }
        let (_, rest) = server.closed().await;
        let rest = String::from_utf8(rest).unwrap();
        assert_eq!(rest.ends_with("30000 bytes"), complete, "{bytes_per_second} bytes per second: {rest}");
        assert_eq!(rest.starts_with("HTTP/1.1 408"), !complete, "{bytes_per_second} bytes per second: {rest}");
    }
}

#[tokio::test(start_paused = true)]
async fn handler_that_reads_slowly_makes_no_client_late() {
    let mut server = server_of(|request| async move {
        let mut body = request.into_body();
        while body.frame().await.is_some() {
            sleep(seconds(20)).await;
        }
        Response::new(Body::from("done"))
    });
    server.send(&upload(4)).await;
    for _ in 0..4 {
        server.send(b"x").await;
        sleep(seconds(20)).await;
    }
    assert!(server.response().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn client_that_takes_no_response_is_cut_off() {
    let mut server = server_with(Duration::ZERO, || Body::from(vec![b'x'; 100_000]));
    server.send(REQUEST).await;
    let start = Instant::now();
    (&mut server.served).await.unwrap();
    assert!((seconds(30)..=seconds(32)).contains(&start.elapsed()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn client_that_takes_a_response_byte_by_byte_is_cut_off_and_a_steady_one_is_not() {
    for (bytes_per_second, complete) in [(1, false), (100, false), (300, true)] {
        let mut server = server_with(Duration::ZERO, || Body::from(vec![b'x'; 30_000]));
        server.send(REQUEST).await;
        let mut taken = 0;
        let mut buffer = vec![0; bytes_per_second];
        while taken < 30_000 {
            match server.client.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(read) => taken += read,
            }
            sleep(Duration::from_millis(999)).await;
        }
        assert_eq!(taken >= 30_000, complete, "{bytes_per_second} bytes per second: {taken} bytes");
    }
}

#[tokio::test(start_paused = true)]
async fn handler_may_take_longer_than_a_head() {
    let mut server = server(seconds(100));
    server.send(REQUEST).await;
    assert!(server.response().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn stop_closes_a_connection_without_a_request_after_the_grace() {
    for (name, bytes) in [("no byte", &b""[..]), ("half of a head", &REQUEST[..20])] {
        let mut server = server(Duration::ZERO);
        server.send(bytes).await;
        sleep(Duration::from_millis(1)).await;
        server.connections.advance(ClosingStage::Closing);
        let (after, _) = server.closed().await;
        assert!((GRACE..=2 * GRACE + MARGIN).contains(&after), "{name}: {after:?}");
    }
}

#[cfg(feature = "http2")]
#[tokio::test(start_paused = true)]
async fn stop_closes_an_http2_connection_whose_client_does_not_answer() {
    let mut server = server(Duration::ZERO);
    server.send(HTTP2_PREFACE).await;
    sleep(Duration::from_millis(1)).await;
    server.connections.advance(ClosingStage::Closing);
    let (after, _) = server.closed().await;
    assert!((seconds(5)..=seconds(5) + MARGIN).contains(&after), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn stop_closes_a_connection_between_two_requests_after_the_grace() {
    for bytes in [b"", &REQUEST[..20]] {
        let mut server = server(Duration::ZERO);
        server.send(REQUEST).await;
        server.response().await;
        server.send(bytes).await;
        sleep(Duration::from_millis(1)).await;
        server.connections.advance(ClosingStage::Closing);
        let (after, rest) = server.closed().await;
        assert!((GRACE..=2 * GRACE + MARGIN).contains(&after), "{} bytes of the next head: {after:?}", bytes.len());
        assert!(rest.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn stop_waits_for_a_client_that_reads_slowly() {
    let mut server = server_with(Duration::ZERO, || Body::from(vec![b'x'; 10_000]));
    server.send(REQUEST).await;
    sleep(Duration::from_millis(1)).await;
    server.connections.advance(ClosingStage::Closing);
    sleep(seconds(20)).await;
    let (_, rest) = server.closed().await;
    assert!(rest.ends_with(&[b'x'; 10_000]), "{} bytes", rest.len());
}

#[tokio::test(start_paused = true)]
async fn stop_waits_for_the_response_and_then_closes() {
    let mut server = server(seconds(10));
    server.send(REQUEST).await;
    sleep(seconds(1)).await;
    server.connections.advance(ClosingStage::Closing);
    assert!(server.response().await.contains("connection: close"));
    // The client leaves its side open, and might be sending the next request.
    let (after, rest) = server.closed().await;
    assert!(after <= GRACE + MARGIN && rest.is_empty(), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn head_that_is_completed_just_after_the_stop_is_answered() {
    for sent in [0, 20] {
        let mut server = server(seconds(10));
        server.send(&REQUEST[..sent]).await;
        sleep(Duration::from_millis(1)).await;
        server.connections.advance(ClosingStage::Closing);
        sleep(Duration::from_millis(400)).await;
        server.send(&REQUEST[sent..]).await;
        assert!(server.response().await.starts_with("HTTP/1.1 200"), "{sent} bytes before the stop");
    }
}

#[tokio::test(start_paused = true)]
async fn connection_that_is_opened_after_the_stop_ends() {
    let mut server = server(Duration::ZERO);
    server.connections.advance(ClosingStage::Closing);
    server.send(b"").await;
    assert!(server.closed().await.0 <= 2 * GRACE + MARGIN);
}

#[cfg(feature = "http2")]
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
    for target in ["PUT /", "PRI /", "PRIOR *"] {
        let head = format!("{target} HTTP/1.1\r\nhost: localhost\r\n\r\n");
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

/// A POST with a body of that length, which is not sent.
fn upload(length: usize) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n").into_bytes()
}

#[tokio::test(start_paused = true)]
async fn client_that_sends_what_no_handler_reads_gets_the_response() {
    let chunked = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\ndbba0\r\n";
    let rows = [
        ("a body of known length", upload(900_000), 200),
        ("a chunked body", chunked.to_vec(), 200),
        ("a malformed head", b"hello there\r\n\r\n".to_vec(), 400),
    ];
    for (name, head, status) in rows {
        let mut server = server(Duration::ZERO);
        server.send(&head).await;
        server.send(&vec![b'x'; 900_000]).await;
        server.client.shutdown().await.unwrap();
        let (after, answer) = server.closed().await;
        let answer = String::from_utf8(answer).unwrap();
        assert_eq!(after, Duration::ZERO, "{name}");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{name}: {answer}");
        assert!(answer.contains("connection: close"), "{name}: {answer}");
        assert_eq!(answer.ends_with("done"), status == 200, "{name}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn client_that_never_ends_its_upload_is_cut_off_after_thirty_seconds() {
    for piece in [&b""[..], b"x"] {
        let mut server = server(Duration::ZERO);
        server.send(&upload(900_000)).await;
        server.response().await;
        let start = Instant::now();
        while !server.served.is_finished() {
            sleep(seconds(1)).await;
            let _ = server.client.write_all(piece).await;
        }
        assert!((seconds(30)..=seconds(33)).contains(&start.elapsed()), "{piece:?}: {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn upload_beyond_the_bound_is_cut_off() {
    let mut server = server(Duration::ZERO);
    server.send(&upload(10 * MOST_BYTES)).await;
    let mut sent = 0;
    while let Ok(length) = server.client.write(&[b'x'; 1000]).await {
        sent += length;
    }
    assert!((MOST_BYTES..=MOST_BYTES + 100_000).contains(&sent), "{sent} bytes");
}

#[tokio::test(start_paused = true)]
async fn stop_waits_half_a_second_for_an_upload_that_no_handler_reads() {
    for stop_before_the_response in [true, false] {
        let mut server = server(seconds(1));
        server.send(&upload(900_000)).await;
        sleep(Duration::from_millis(if stop_before_the_response { 500 } else { 1500 })).await;
        server.connections.advance(ClosingStage::Closing);
        server.response().await;
        let (after, _) = server.closed().await;
        assert!((Duration::from_millis(500)..Duration::from_millis(510)).contains(&after), "{after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn connection_with_a_small_unread_body_is_kept() {
    let mut server = server(Duration::ZERO);
    server.send(&[&upload(20), &[b'x'; 20][..]].concat()).await;
    assert!(!server.response().await.contains("connection: close"));
    server.send(REQUEST).await;
    assert!(server.response().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn upload_may_outlast_its_response() {
    let mut server = server_of(|request| async {
        tokio::spawn(request.into_body().collect());
        Response::new(Body::from("done"))
    });
    server.send(&upload(10_000)).await;
    server.response().await;
    for _ in 0..2 {
        sleep(seconds(25)).await;
        server.send(&[b'x'; 5_000]).await;
    }
    let (after, _) = server.closed().await;
    assert!((seconds(75)..=seconds(77)).contains(&after), "the next head is due then: {after:?}");
}

#[tokio::test(start_paused = true)]
async fn streamed_response_has_no_deadline() {
    /// Sends a byte after 100 seconds, and ends after 200.
    struct SlowBody(Pin<Box<tokio::time::Sleep>>, u32);

    impl HttpBody for SlowBody {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            ready!(self.0.as_mut().poll(cx));
            self.0 = Box::pin(sleep(seconds(100)));
            self.1 += 1;
            Poll::Ready((self.1 == 1).then(|| Ok(Frame::data(Bytes::from_static(b"x")))))
        }
    }

    let mut server = server_with(Duration::ZERO, || Body::new(SlowBody(Box::pin(sleep(seconds(100))), 0)));
    server.send(REQUEST).await;
    let (after, rest) = server.closed().await;
    assert!(rest.ends_with(b"1\r\nx\r\n0\r\n\r\n"), "{rest:?}");
    assert!((seconds(275)..=seconds(277)).contains(&after), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn head_that_intermediaries_may_read_otherwise_is_refused() {
    let rows = [
        ("GET / HTTP/1.1\r\nhost: localhost", 200),
        ("GET / HTTP/1.1\r\nhost: [::1]:8080", 200),
        ("GET / HTTP/1.1\r\nhost:", 200),
        ("GET / HTTP/1.0\r\naccept: */*", 200),
        ("GET / HTTP/1.1\r\naccept: */*", 400),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: a", 400),
        ("GET / HTTP/1.1\r\nhost: a b", 400),
        ("GET / HTTP/1.1\r\nhost: user@a", 400),
        ("GET / HTTP/1.1\r\nhost: a/b", 400),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked", 200),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, Chunked", 400),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked", 400),
    ];
    for (head, status) in rows {
        let mut server = server(Duration::ZERO);
        let body = if head.starts_with("POST") { "0\r\n\r\n" } else { "" };
        server.send(format!("{head}\r\n\r\n{body}").as_bytes()).await;
        if status == 200 {
            assert!(server.response().await.contains(" 200 OK"), "{head}");
        } else {
            let answer = String::from_utf8(server.closed().await.1).unwrap();
            assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"), "{head}: {answer}");
        }
    }
}
