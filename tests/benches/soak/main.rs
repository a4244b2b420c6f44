//! Memory and time series stay flat, whatever is requested: `cargo bench -p routekit-tests --bench soak`.
//!
//! `-- --quick` sends a tenth of the requests. Memory is read from `/proc`, so it needs Linux.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints")]

use std::{env, fs, ops::RangeInclusive, process::ExitCode, time::Duration};

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use fastrand::Rng;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use routekit::{
    App,
    app::AppService,
    config::{AdminAddr, Config},
    get, routes,
};
use tokio::{task::JoinSet, time};
use tower::Service;

const ROUNDS: usize = 10;
const TASKS: usize = 4;
/// Requests that a task sends every 10 ms: 50,000 per second in all. Without a limit, the figures would say how fast
/// the machine is.
const BATCH: usize = 125;
/// KiB by which memory may grow, unless a tenth of it is more.
const ALLOWANCE: u64 = 8 * 1024;

type MakeRequest = fn(&mut Rng) -> Request;

/// How fast requests are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pace {
    /// A batch every 10 ms.
    Limited,
    FlatOut,
}

#[get("/hello")]
async fn hello() -> Bytes {
    Bytes::from_static(br#"{"items":[],"total":0}"#)
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    // The same random requests each time: all generators are forked from this thread's.
    fastrand::seed(1);
    let part = if env::args().any(|argument| argument == "--quick") { 10 } else { 1 };
    let app = App::with_routes(routes![hello]).config(Config::default());
    let app = app.configure(|config| config.set_admin_addr(AdminAddr::Main)).into_service().unwrap();
    // Both are run, whatever the result of the first.
    let met = no_scrape(&app, 1_000_000 / part, Pace::Limited).await
        & no_scrape(&app, 1_000_000 / part, Pace::FlatOut).await
        & unmatched(&app, 50_000 / part).await;
    ExitCode::from(u8::from(!met))
}

async fn no_scrape(app: &AppService, round: usize, pace: Pace) -> bool {
    println!("no scrape, {pace:?}: GET /hello");
    let before = counted(app).await;
    let mut memory = Memory::default();
    for _ in 0..ROUNDS {
        ask(app, |_| request(Method::GET, "/hello"), StatusCode::OK, (round, pace)).await;
        memory.read(round);
    }
    let flat = memory.is_flat();
    let counted = counted(app).await - before;
    println!("  {counted} requests in /metrics");
    flat & goal("every request is counted", counted == round * ROUNDS)
}

/// The requests to `/hello` in `/metrics`.
async fn counted(app: &AppService) -> usize {
    let metrics = scrape(app).await;
    let mut counts = metrics.lines().filter(|line| line.starts_with("http_server_request_duration_seconds_count{"));
    let line = counts.find(|line| line.contains(r#"http_route="/hello""#)).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Each round sends this many requests of each kind.
async fn unmatched(app: &AppService, round: usize) -> bool {
    println!("unmatched: GET of random URLs, unknown methods on random URLs");
    let kinds: [MakeRequest; 2] = [
        |rng| request(Method::GET, &url(rng)),
        // Some methods have more than the 15 bytes that `Method` keeps in place.
        |rng| request(format!("X-{}", word(rng, 1..=20)).parse().unwrap(), &url(rng)),
    ];
    for kind in kinds {
        ask(app, kind, StatusCode::NOT_FOUND, (100, Pace::Limited)).await;
    }
    // Not the first scrape: the series of `/metrics` itself are there.
    let before = scrape(app).await.lines().count();
    let mut memory = Memory::default();
    for _ in 0..ROUNDS {
        for kind in kinds {
            ask(app, kind, StatusCode::NOT_FOUND, (round, Pace::Limited)).await;
        }
        memory.read(round * kinds.len());
    }
    let after = scrape(app).await.lines().count();
    println!("  lines of /metrics: {before} after 100 of each kind, {after} after all");
    memory.is_flat() & goal("no new lines", before == after)
}

/// Sends this many requests from several tasks, and reads the answers.
async fn ask(app: &AppService, make: MakeRequest, status: StatusCode, (requests, pace): (usize, Pace)) {
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (mut app, mut rng) = (app.clone(), Rng::new());
        tasks.spawn(async move {
            let mut ticks = time::interval(Duration::from_millis(10));
            for n in 0..requests / TASKS {
                if n % BATCH == 0 && pace == Pace::Limited {
                    ticks.tick().await;
                }
                let response = app.call(make(&mut rng)).await.unwrap();
                assert_eq!(response.status(), status);
                response.into_body().collect().await.unwrap();
            }
        });
    }
    tasks.join_all().await;
}

async fn scrape(app: &AppService) -> String {
    let response = app.clone().call(request(Method::GET, "/metrics")).await.unwrap();
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap()
}

fn request(method: Method, url: &str) -> Request {
    Request::builder().method(method).uri(url).header("host", "localhost").body(Body::empty()).unwrap()
}

fn url(rng: &mut Rng) -> String {
    let path: String = (0..rng.u8(1..=4)).map(|_| format!("/{}", word(rng, 8..=16))).collect();
    if rng.bool() { format!("{path}?{}={}", word(rng, 1..=8), word(rng, 0..=16)) } else { path }
}

fn word(rng: &mut Rng, length: RangeInclusive<usize>) -> String {
    (0..rng.usize(length)).map(|_| rng.alphanumeric()).collect()
}

/// Resident memory in KiB, after each round.
#[derive(Default)]
struct Memory(Vec<u64>);

impl Memory {
    fn read(&mut self, round: usize) {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        self.0.push(resident.trim().trim_end_matches(" kB").parse().unwrap());
        println!("  {:9} requests {:8} KiB", self.0.len() * round, self.0.last().unwrap());
    }

    fn is_flat(&self) -> bool {
        let bound = self.0[0] + ALLOWANCE.max(self.0[0] / 10);
        goal(&format!("never above {bound} KiB"), self.0.iter().all(|resident| *resident <= bound))
    }
}

fn goal(what: &str, met: bool) -> bool {
    println!("  goal {}: {what}", if met { "met" } else { "MISSED" });
    met
}
