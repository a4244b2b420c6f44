//! A server under two thousand slow clients: `cargo bench -p routekit-tests --bench slow-clients`.
//!
//! The server is a process of its own, whose memory is read from `/proc`, so this needs Linux and 5,000 open files.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures and prints")]

use std::{
    env, fs, io,
    net::SocketAddr,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use http::Request;
use http_body_util::BodyExt;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use routekit::{config::Config, prelude::*};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

const TIMEOUT: Duration = Duration::from_secs(5);

/// Longer than the timeout, its resolution and the start of all clients.
const CLOSED_AFTER: Duration = Duration::from_secs(15);

/// Connections of a kind of client.
const CONNECTIONS: usize = 2_000;

/// Connections of HTTP/2 without room for a byte, each with a hundred requests.
const HTTP2_CONNECTIONS: usize = 50;
const STREAMS: usize = 100;

/// More than the systems hold of a response, in bytes.
const MOST_HELD: usize = 64 * 1024 * 1024;

/// In MiB.
const MOST_MEMORY: u64 = 200;

/// The longest wait of a normal client.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

#[get("/hello")]
async fn hello() -> &'static str {
    "hello"
}

#[post("/upload")]
async fn upload(body: Bytes) -> String {
    body.len().to_string()
}

/// Streams for as long as the client reads, each piece in memory of its own.
#[get("/stream")]
async fn streams() -> Body {
    Body::from_stream(stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from(vec![b'x'; 16 * 1024]))))
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    if env::args().any(|argument| argument == "serve") {
        serve().await;
        return ExitCode::SUCCESS;
    }
    let kinds: [Kind; 4] = [
        ("trickle a head", CONNECTIONS, 1, |addr| in_time(trickle(addr, TRICKLED_HEAD)).boxed()),
        ("trickle a body", CONNECTIONS, 1, |addr| in_time(trickle(addr, TRICKLED_BODY)).boxed()),
        ("read nothing of a stream", CONNECTIONS, 1, |addr| read_nothing(addr).boxed()),
        ("have an HTTP/2 window of 0", HTTP2_CONNECTIONS, STREAMS, |addr| in_time(no_room(addr)).boxed()),
    ];
    let mut met = true;
    for kind in kinds {
        // All are measured, whatever the result of the first.
        met &= measure(kind).await;
    }
    ExitCode::from(u8::from(!met))
}

/// What the clients do, how many there are, the requests of each, and a client, which returns how many were closed.
type Kind = (&'static str, usize, usize, fn(SocketAddr) -> BoxFuture<'static, usize>);

/// Starts a server, and measures it under the clients.
async fn measure((name, connections, requests, client): Kind) -> bool {
    println!("{connections} clients {name}");
    let mut server = Command::new(env::current_exe().unwrap()).arg("serve").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    io::BufRead::read_line(&mut io::BufReader::new(server.stdout.as_mut().unwrap()), &mut line).unwrap();
    let served = attack(line.trim().parse().unwrap(), connections, client).await;
    let memory = peak_memory(server.id());
    server.kill().unwrap();
    server.wait().unwrap();
    println!("  {served:?}, {memory} MiB");
    goal(&format!("a normal client waits for at most {LONGEST_WAIT:?}"), served.longest <= LONGEST_WAIT)
        & goal("each slow client is closed by its timeout", served.closed == connections * requests)
        & goal(&format!("the server uses less than {MOST_MEMORY} MiB"), memory < MOST_MEMORY)
}

async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let app = App::with_routes(routes![hello, upload, streams]).config(Config::default()).configure(|config| {
        config.set_server_head_timeout(TIMEOUT);
        config.set_server_body_timeout(TIMEOUT);
        config.set_server_send_timeout(TIMEOUT);
    });
    app.serve_on(listener, std::future::pending()).await.unwrap();
}

/// What was seen during an attack.
#[derive(Debug, Default)]
struct Seen {
    /// Requests of a normal client, and the longest time that one took.
    served: usize,
    longest: Duration,
    /// Slow requests that were closed in time.
    closed: usize,
}

/// Connects all slow clients, and measures a normal one until they are closed.
async fn attack(addr: SocketAddr, connections: usize, client: fn(SocketAddr) -> BoxFuture<'static, usize>) -> Seen {
    let mut clients = JoinSet::new();
    for number in 0..connections {
        clients.spawn(async move {
            // The queue of the system is finite.
            sleep(Duration::from_millis(number as u64)).await;
            client(addr).await
        });
    }
    let mut seen = Seen::default();
    while !clients.is_empty() {
        let start = Instant::now();
        assert!(hello_is_served(addr).await, "a normal client is served");
        (seen.served, seen.longest) = (seen.served + 1, seen.longest.max(start.elapsed()));
        while let Some(ended) = clients.try_join_next() {
            seen.closed += ended.unwrap();
        }
        sleep(Duration::from_millis(20)).await;
    }
    seen
}

const TRICKLED_HEAD: &str = "GET /hello HTTP/1.1\r\nhost: a\r\nx: ";
const TRICKLED_BODY: &str = "POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n";

async fn hello_is_served(addr: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.starts_with("HTTP/1.1 200 OK\r\n")
}

/// The number of requests that were closed, or 0 if the client is not done in time.
async fn in_time(client: impl Future<Output = usize>) -> usize {
    timeout(CLOSED_AFTER, client).await.unwrap_or(0)
}

/// Sends byte by byte until the server has answered and closed the connection. Returns 1 if the answer was a 408.
async fn trickle(addr: SocketAddr, beginning: &str) -> usize {
    let (reader, mut writer) = TcpStream::connect(addr).await.unwrap().into_split();
    writer.write_all(beginning.as_bytes()).await.unwrap();
    let sent = tokio::spawn(async move {
        while writer.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(500)).await;
        }
    });
    let (mut line, mut reader) = (String::new(), BufReader::new(reader));
    let _ = reader.read_line(&mut line).await;
    let _ = reader.read_to_end(&mut Vec::new()).await;
    sent.abort();
    usize::from(line.starts_with("HTTP/1.1 408 "))
}

/// Reads nothing of a stream for longer than the timeout. Returns 1 if the stream then has an end: a server that had
/// not closed it would go on sending, because the client reads.
///
/// The timeout begins anew while the systems still make room for the stream, which takes some seconds for all clients.
async fn read_nothing(addr: SocketAddr) -> usize {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(b"GET /stream HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    sleep(TIMEOUT * 2).await;
    // What the systems hold of it is a few MiB. To read that from all clients takes a while.
    let (mut buffer, mut left) = (vec![0; 16 * 1024], MOST_HELD);
    while left > 0 {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return 1,
            Ok(read) => left = left.saturating_sub(read),
        }
    }
    0
}

/// Makes no room for a byte of many streams. Returns how many of them were reset.
async fn no_room(addr: SocketAddr) -> usize {
    let stream = TcpStream::connect(addr).await.unwrap();
    let mut builder = http2::Builder::new(TokioExecutor::new());
    let (sender, connection) =
        builder.initial_stream_window_size(0).handshake::<_, Body>(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let ask = |_| {
        let mut sender = sender.clone();
        async move {
            let request = Request::get(format!("http://{addr}/stream")).body(Body::empty()).unwrap();
            let mut body = sender.send_request(request).await.unwrap().into_body();
            usize::from(body.frame().await.is_none_or(|frame| frame.is_err()))
        }
    };
    stream::iter(0..STREAMS).map(ask).buffer_unordered(STREAMS).fold(0, async |sum, reset| sum + reset).await
}

/// The most memory that the process has had, in MiB.
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

fn goal(what: &str, met: bool) -> bool {
    println!("  goal {}: {what}", if met { "met" } else { "MISSED" });
    met
}
