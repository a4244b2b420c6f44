//! Which requests count as active: from their route to the last byte of their response.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    extract::ws::WebSocketUpgrade,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use routekit::{
    observe::{Finished, Observer},
    prelude::*,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    support::until,
    wire::{self, Running},
};

/// More than the system keeps for a client that does not read.
const LARGE: usize = 32 * 1024 * 1024;

#[get("/a/large")]
async fn large() -> Vec<u8> {
    vec![b'x'; LARGE]
}

#[get("/a/stream")]
async fn streams() -> Body {
    let piece = Bytes::from(vec![b'x'; 1024]);
    Body::from_stream(stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone())).take(LARGE / 1024))
}

#[get("/a/forever")]
async fn forever() {
    std::future::pending::<()>().await;
}

#[get("/a/panics")]
async fn panics() {
    panic!("as it should");
}

#[get("/a/unchanged")]
async fn unchanged() -> Response {
    (StatusCode::NOT_MODIFIED, "no body").into_response()
}

#[post("/a/echo")]
async fn echo(body: Bytes) -> Bytes {
    body
}

#[get("/a/socket")]
async fn socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket| while let Some(Ok(_)) = socket.recv().await {})
}

#[derive(Default)]
struct Counts {
    started: AtomicI64,
    finished: AtomicI64,
    closed: AtomicI64,
}

impl Counts {
    fn finished(&self) -> i64 {
        self.finished.load(Ordering::Relaxed)
    }

    fn active(&self) -> i64 {
        self.started.load(Ordering::Relaxed) - self.closed.load(Ordering::Relaxed)
    }
}

/// Counts the requests with a route.
struct Counting(Arc<Counts>);

impl Observer for Counting {
    fn started(&self, _: &Method) {
        self.0.started.fetch_add(1, Ordering::Relaxed);
    }

    fn finished(&self, request: &Finished<'_>) {
        self.0.finished.fetch_add(i64::from(request.route.is_some()), Ordering::Relaxed);
    }

    fn closed(&self, _: &Method) {
        self.0.closed.fetch_add(1, Ordering::Relaxed);
    }
}

async fn run() -> (Running, Arc<Counts>) {
    let counts = Arc::new(Counts::default());
    let routes = routes![large, streams, forever, panics, unchanged, echo, socket];
    let app = App::with_routes(routes).observer(Counting(Arc::clone(&counts)));
    (wire::run(app).await, counts)
}

/// Sends this on a new connection.
async fn send(app: &Running, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

async fn none_active(counts: &Counts) {
    until("the requests to be closed", || counts.active() == 0).await;
    // Nothing more is reported later.
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(counts.active(), 0);
}

#[tokio::test]
async fn response_that_is_not_read_keeps_its_request_active() {
    let (app, counts) = run().await;
    let mut stream = send(&app, &get("/a/large")).await;
    until("the response to be there", || counts.finished() == 1).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(counts.active(), 1, "the client has not read it");

    let mut response = vec![0; LARGE];
    stream.read_exact(&mut response).await.unwrap();
    none_active(&counts).await;
}

#[tokio::test]
async fn http2_response_that_is_not_read_keeps_its_request_active() {
    let (app, counts) = run().await;
    let mut connection = app.http2_connection().await;
    let uri = format!("http://{}/a/large", app.addr);
    let mut send = async || connection.send_request(Request::get(&uri).body(Body::empty()).unwrap()).await.unwrap();
    let (read, dropped) = (send().await, send().await);
    until("the responses to be there", || counts.finished() == 2).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(counts.active(), 2, "the client makes no room for them");

    drop(dropped);
    until("the stream to be reset", || counts.active() == 1).await;
    assert_eq!(read.into_body().collect().await.unwrap().to_bytes().len(), LARGE);
    none_active(&counts).await;
}

#[tokio::test]
async fn pipelined_responses_that_are_not_read_keep_their_requests_active() {
    let (app, counts) = run().await;
    let mut stream = send(&app, &get("/a/large").repeat(3)).await;
    until("a response to be there", || counts.finished() > 0).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(counts.active(), counts.started.load(Ordering::Relaxed), "none is sent");

    let mut responses = vec![0; 3 * LARGE];
    stream.read_exact(&mut responses).await.unwrap();
    none_active(&counts).await;
    assert_eq!(counts.finished(), 3);
}

#[tokio::test]
async fn websocket_is_active_until_it_is_accepted() {
    let (app, counts) = run().await;
    let head = "GET /a/socket HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut stream = send(&app, head).await;
    let mut response = [0; 12];
    stream.read_exact(&mut response).await.unwrap();
    assert_eq!(&response, b"HTTP/1.1 101");
    none_active(&counts).await;
    drop(stream);
    none_active(&counts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aborted_connections_leave_no_active_request() {
    let (app, counts) = run().await;
    let upload = "POST /a/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n";
    let sent = [
        get("/a/large"),
        get("/a/large").repeat(2),
        get("/a/stream"),
        get("/a/forever"),
        get("/a/panics").repeat(3),
        get("/a/unchanged").repeat(3),
        get("/a/large").replace("GET", "HEAD"),
        get("/a/stream").replace("HTTP/1.1", "HTTP/1.0"),
        format!("{upload}half"),
        format!("{upload}123456789{upload}"),
        format!("{}rubbish\r\n\r\n", get("/a/unchanged")),
    ];
    for round in 0..10 {
        let mut streams = Vec::new();
        for bytes in &sent {
            streams.push(send(&app, bytes).await);
        }
        let mut connection = app.http2_connection().await;
        for path in ["/a/large", "/a/stream", "/a/forever", "/a/panics", "/a/unchanged"] {
            let request = Request::get(format!("http://{}{path}", app.addr)).body(Body::empty()).unwrap();
            let response = connection.send_request(request);
            if round % 2 == 0 {
                let _ = tokio::time::timeout(Duration::from_millis(5), response).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(round)).await;
        for (number, stream) in streams.into_iter().enumerate() {
            if number % 2 == 0 {
                // Resets the connection.
                let _ = stream.set_zero_linger();
            }
        }
    }
    none_active(&counts).await;
    let started = counts.started.load(Ordering::Relaxed);
    assert!(started > 100, "{started} requests");
    assert_eq!(counts.finished(), started);
    assert_eq!(counts.closed.load(Ordering::Relaxed), started);
}

#[tokio::test]
async fn dropped_server_leaves_no_active_request() {
    let counts = Arc::new(Counts::default());
    let app = App::with_routes(routes![large, forever]).observer(Counting(Arc::clone(&counts)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let served = tokio::spawn(app.serve_on(listener, std::future::pending()));
    let mut streams = Vec::new();
    for path in ["/a/large", "/a/forever"] {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(get(path).as_bytes()).await.unwrap();
        streams.push(stream);
    }
    until("the requests to be active", || counts.active() == 2).await;
    served.abort();
    none_active(&counts).await;
    assert_eq!(counts.finished(), 2);
}
