//! The cost of an invalidation, and the memory of the cache: `cargo bench -p routekit-tests --bench cache`.
//!
//! `-- --quick` runs a tenth of the rounds. Memory is read from `/proc`, which requires Linux. Exits with 1 if a goal
//! is missed.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures and prints")]

use std::{
    convert::Infallible,
    env, fs,
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use routekit::cache::{
    BufferedResponse, Cache, CacheLayer, CacheStore, Embedded, Key, Lookup, Stamp, StoredResponse, Tag, Target,
};
use tower::{Layer, Service, service_fn};

const MIB: u64 = 1024 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let part = if arguments.iter().any(|argument| argument == "--quick") { 10 } else { 1 };
    let met = match arguments.iter().find_map(|argument| argument.strip_prefix("--part=")) {
        Some("small") => memory("answers of 16 bytes", 16, 10_000_000 / part).await,
        Some("large") => memory("answers of 4 KiB", 4096, 2_000_000 / part).await,
        Some("invalidation") => invalidation(1_000_000 / part).await,
        // Each part has a process of its own: otherwise one would reuse the memory that another has freed.
        _ => ["small", "large", "invalidation"].map(|part| run(part, &arguments)).iter().all(|met| *met),
    };
    ExitCode::from(u8::from(!met))
}

fn run(part: &str, arguments: &[String]) -> bool {
    let this = env::current_exe().unwrap();
    Command::new(this).args(arguments).arg(format!("--part={part}")).status().unwrap().success()
}

/// Stores distinct keys and invalidates distinct tags, and measures the memory.
async fn memory(what: &str, body: usize, rounds: usize) -> bool {
    println!("memory: {rounds} distinct keys and {rounds} distinct tags, {what}");
    let bound = 64 * MIB;
    let answer = vec![b'x'; body];
    let handler = service_fn(move |_: Request| {
        let answer = answer.clone();
        async move { Ok::<_, Infallible>(([("content-type", "text/plain")], answer).into_response()) }
    });
    let idle = resident();
    let cache = Cache::builder().max_bytes(bound).build();
    let layer = CacheLayer::new(cache.clone()).route("/items/{id}").tags(["items", "item:{id}"]);
    let mut service = layer.ttl(Duration::from_secs(3600)).layer(handler);
    let mut most = 0;
    for round in 0..rounds {
        let request = Request::get(format!("/items/{round}?page=1")).header("host", "localhost");
        let response: Response = service.call(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.headers()["x-cache"], "MISS");
        response.into_body().collect().await.unwrap();
        cache.invalidate_tag(&format!("other:{round}")).await.unwrap();
        if round % 10_000 == 0 {
            most = most.max(resident().saturating_sub(idle));
        }
    }
    let size = cache.size().await.unwrap();
    most = most.max(resident().saturating_sub(idle));
    let (entries, counted, resident) = (size.entries, size.bytes / size.entries.max(1), most / size.entries.max(1));
    println!("  {entries} entries, {counted} bytes each by count, {resident} resident, {} KiB in all", most / 1024);
    goal(&format!("at most {} KiB, the bound and a quarter", bound * 5 / 4 / 1024), most <= bound * 5 / 4)
}

/// Compares a tag of ten entries with a tag of many.
async fn invalidation(many: usize) -> bool {
    println!("invalidation: a tag of {many} entries beside one of 10");
    let store = Embedded::new(4096 * MIB);
    let Lookup::Miss(stamp) = store.lookup(&Key::new(*b"none")).await.unwrap() else { unreachable!("it is empty") };
    for n in 0..many {
        put(&store, format!("many {n}"), "many", stamp).await;
    }
    for n in 0..10 {
        put(&store, format!("few {n}"), "few", stamp).await;
    }
    let kept = store.size().await.unwrap().entries;
    println!("  {kept} entries are kept");
    assert!(kept as usize >= many);
    let (mut of_many, mut of_few) = (Vec::new(), Vec::new());
    for _ in 0..201 {
        of_many.push(round(&store, "many").await);
        of_few.push(round(&store, "few").await);
    }
    for n in [0, many / 2, many - 1] {
        let looked = store.lookup(&Key::new(format!("many {n}").into_bytes())).await.unwrap();
        assert!(matches!(looked, Lookup::Miss(_)), "it is invalid");
    }
    let (of_many, of_few) = (median(of_many), median(of_few));
    println!("  {of_many:.0} ns and {of_few:.0} ns, medians of 201 rounds in turns");
    goal("at most 1.5 times as much", of_many <= of_few * 1.5)
}

async fn put(store: &Embedded, key: String, tag: &str, stamp: Stamp) {
    let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"");
    let hour = Duration::from_secs(3600);
    let response = StoredResponse::new(Key::new(key.into_bytes()), answer, stamp, Instant::now(), hour);
    store.put(response.with_tags([Tag::named("", tag)]).into()).await.unwrap();
}

/// Nanoseconds per invalidation.
async fn round(store: &Embedded, tag: &str) -> f64 {
    const TIMES: u32 = 500;
    let start = Instant::now();
    for _ in 0..TIMES {
        store.invalidate(&[Target::tag("", tag)]).await.unwrap();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES)
}

fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

/// The resident bytes of this process.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    resident.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

fn goal(what: &str, met: bool) -> bool {
    println!("  goal {}: {what}", if met { "met" } else { "MISSED" });
    met
}
