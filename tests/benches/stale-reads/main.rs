//! No stale read over HTTP, however the paths are spelled: `cargo bench -p routekit-tests --bench stale-reads`.
//!
//! Five minutes of reads and writes on a socket; `-- --seconds 10` makes it ten seconds. A checker knows the version
//! that the last answered write has written when a read begins: an older one in the response is a stale read.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints")]

use std::{
    env,
    fmt::Write,
    net::SocketAddr,
    process::ExitCode,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use axum::body::Body;
use fastrand::Rng;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use routekit::{
    App, Problem, Result,
    config::{AdminAddr, Config},
    delete, get, post, put, routes,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::Instant,
};

const CONNECTIONS: usize = 8;

/// Names of items, with every kind of unreserved character (RFC 3986 §2.3).
const NAMES: [&str; 8] = ["7", "a-b", "a_b", "x~y", "x.y", "Mixed", "0-_.~z", "~"];

/// The version of each item, which only rises.
static WRITTEN: [AtomicU64; NAMES.len()] = [const { AtomicU64::new(0) }; NAMES.len()];

/// The version of the last write of each item that was answered.
static ANSWERED: [AtomicU64; NAMES.len()] = [const { AtomicU64::new(0) }; NAMES.len()];

fn item(name: &str) -> Result<usize> {
    NAMES.iter().position(|known| *known == name).ok_or_else(|| Problem::not_found("no such item"))
}

fn write(name: &str) -> Result<String> {
    Ok((WRITTEN[item(name)?].fetch_add(1, Ordering::SeqCst) + 1).to_string())
}

#[get("/url/{name}", cache(ttl = 3600, tags = "item:{name}"))]
async fn read(name: String) -> Result<String> {
    let version = WRITTEN[item(&name)?].load(Ordering::SeqCst);
    // Long enough for a write in between.
    tokio::task::yield_now().await;
    Ok(version.to_string())
}

/// Invalidates its own URL (RFC 9111 §4.4).
#[post("/url/{name}")]
async fn write_own_url(name: String) -> Result<String> {
    write(&name)
}

#[put("/url/{name}", invalidates("item:{name}"))]
async fn write_tag(name: String) -> Result<String> {
    write(&name)
}

#[delete("/other/{name}", invalidates(pattern = "/url/{name}"))]
async fn write_pattern(name: String) -> Result<String> {
    write(&name)
}

/// The name with some of its characters percent-encoded, in both cases of hexadecimal digits.
fn spelled(name: &str, rng: &mut Rng) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match rng.u8(..6) {
            0 => write!(text, "%{byte:02X}").unwrap(),
            1 => write!(text, "%{byte:02x}").unwrap(),
            _ => text.push(char::from(byte)),
        }
    }
    text
}

#[derive(Default)]
struct Counts {
    reads: AtomicUsize,
    hits: AtomicUsize,
    writes: AtomicUsize,
    stale: AtomicUsize,
}

static COUNTS: Counts = Counts {
    reads: AtomicUsize::new(0),
    hits: AtomicUsize::new(0),
    writes: AtomicUsize::new(0),
    stale: AtomicUsize::new(0),
};

async fn connect(addr: SocketAddr) -> SendRequest<Body> {
    let stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn send(connection: &mut SendRequest<Body>, method: Method, path: &str) -> (bool, u64) {
    connection.ready().await.unwrap();
    let request = Request::builder().method(method).uri(path).header("host", "localhost").body(Body::empty()).unwrap();
    let response = connection.send_request(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let is_hit = response.headers().get("x-cache").is_some_and(|value| value == "HIT");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (is_hit, std::str::from_utf8(&body).unwrap().parse().unwrap())
}

async fn client(addr: SocketAddr, mut rng: Rng, end: Instant) {
    let mut connection = connect(addr).await;
    while Instant::now() < end {
        let item = rng.usize(..NAMES.len());
        let name = spelled(NAMES[item], &mut rng);
        let (method, path) = match rng.u8(..24) {
            0 => (Method::POST, format!("/url/{name}")),
            1 => (Method::PUT, format!("/url/{name}")),
            2 => (Method::DELETE, format!("/other/{name}")),
            _ => (Method::GET, format!("/url/{name}")),
        };
        let answered = ANSWERED[item].load(Ordering::SeqCst);
        let is_read = method == Method::GET;
        let (is_hit, version) = send(&mut connection, method, &path).await;
        if !is_read {
            ANSWERED[item].fetch_max(version, Ordering::SeqCst);
            COUNTS.writes.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        COUNTS.reads.fetch_add(1, Ordering::Relaxed);
        COUNTS.hits.fetch_add(usize::from(is_hit), Ordering::Relaxed);
        if version < answered {
            COUNTS.stale.fetch_add(1, Ordering::Relaxed);
            println!("stale: GET {path} has version {version}, and {answered} was answered before");
        }
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let mut arguments = env::args().skip_while(|argument| argument != "--seconds").skip(1);
    let seconds = arguments.next().map_or(300, |seconds| seconds.parse().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let app = App::with_routes(routes![read, write_own_url, write_tag, write_pattern]).config(Config::default());
    let app = app.configure(|config| config.set_admin_addr(AdminAddr::Main));
    tokio::spawn(app.serve_on(listener, std::future::pending()));
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut clients: JoinSet<()> =
        (1..=CONNECTIONS).map(|seed| client(addr, Rng::with_seed(seed as u64), end)).collect();
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    let [reads, hits, writes, stale] =
        [&COUNTS.reads, &COUNTS.hits, &COUNTS.writes, &COUNTS.stale].map(|count| count.load(Ordering::Relaxed));
    println!("{seconds} s: {reads} reads, {hits} of them hits, {writes} writes");
    println!("goal: no stale reads; there are {stale}");
    ExitCode::from(u8::from(stale != 0 || hits == 0))
}
