//! The cost of a hit and of an invalidation in Redis: `cargo bench -p routekit-tests --bench redis`.
//!
//! Starts a `redis-server` from PATH. `-- --full` invalidates a tag of a million entries in place of twenty thousand.
//! Exits with 1 if a goal is missed.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a bench measures and prints")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![allow(dead_code, reason = "the server of the suite can do more")]

#[path = "../../suite/support/programs.rs"]
mod programs;
#[path = "../../suite/support/redis_server.rs"]
mod redis_server;

use std::{
    convert::Infallible,
    env,
    process::ExitCode,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use redis::aio::MultiplexedConnection;
use routekit::cache::{
    BufferedResponse, Cache, CacheLayer, CacheStore, Key, Lookup, RedisStore, Stamp, StoredResponse, Tag, Target,
    TieredStore,
};
use tower::{Layer, Service, service_fn};

use self::redis_server::RedisServer;

const HOUR: Duration = Duration::from_secs(3600);
/// A page of 20 users.
const BODY: usize = 2400;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(server) = RedisServer::start("bench", &[]) else { return ExitCode::SUCCESS };
    let many = if env::args().any(|argument| argument == "--full") { 1_000_000 } else { 20_000 };
    let hit = hit(&server).await;
    server.run::<()>(&["FLUSHALL"]);
    let tiered = tiered(&server).await;
    server.run::<()>(&["FLUSHALL"]);
    let invalidation = invalidation(&server, many).await;
    ExitCode::from(u8::from(!(hit && tiered && invalidation)))
}

fn store(server: &RedisServer) -> RedisStore {
    RedisStore::builder(server.url()).budget(Duration::from_millis(250)).build().unwrap()
}

/// Compares a hit with a GET of the bytes that are stored, one after the other and many at a time.
async fn hit(server: &RedisServer) -> bool {
    println!("hit: a response of {BODY} bytes beside a GET of its entry");
    let store = store(server);
    let handler = service_fn(|_: Request| async {
        Ok::<_, Infallible>(([("content-type", "application/json")], vec![b'x'; BODY]).into_response())
    });
    let cache = Cache::builder().store(store.clone()).build();
    let layer = CacheLayer::new(cache).route("/users").tags(["users"]).ttl(HOUR);
    let service = layer.layer(handler);
    let request = || Request::get("/users?page=1").header("host", "localhost").body(Body::empty()).unwrap();
    let ask = async || {
        let response: Response = service.clone().call(request()).await.unwrap();
        let is_hit = response.headers()["x-cache"] == "HIT";
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.len(), BODY);
        is_hit
    };
    while !ask().await {}
    let names: Vec<String> = server.run(&["KEYS", "*:e:*"]);
    let [name] = &names[..] else { panic!("one entry is stored, and not {names:?}") };
    let connection = redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let length = get(&connection, name).await;
    println!("  its entry has {length} bytes");
    server.run::<()>(&["CONFIG", "RESETSTAT"]);

    let mut met = true;
    for at_a_time in [1, 32] {
        let (mut hits, mut gets) = (Vec::new(), Vec::new());
        for _ in 0..41 {
            gets.push(round(at_a_time, async || assert_eq!(get(&connection, name).await, length)).await);
            hits.push(round(at_a_time, async || assert!(ask().await, "it is stored for an hour")).await);
        }
        let (hit, get) = (median(hits), median(gets));
        println!("  {at_a_time} at a time: {hit:.1} µs and {get:.1} µs, {:.2} times as much", hit / get);
        met &= goal("at most 1.3 times as much", hit <= get * 1.3);
    }
    let stats: String = server.run(&["INFO", "commandstats"]);
    for line in stats.lines().filter(|line| line.contains("_get:") || line.contains("_evalsha:")) {
        println!("  the server's own time: {line}");
    }
    met
}

/// Compares a hit in memory in front of Redis with one in the embedded store.
async fn tiered(server: &RedisServer) -> bool {
    println!("memory: a hit in front of Redis beside one in the embedded store");
    let handler = service_fn(|_: Request| async {
        Ok::<_, Infallible>(([("content-type", "application/json")], vec![b'x'; BODY]).into_response())
    });
    let service = |cache: Cache| CacheLayer::new(cache).route("/users").tags(["users"]).ttl(HOUR).layer(handler);
    let store = TieredStore::builder(store(server)).lease(Duration::from_secs(60)).build();
    let memory = service(Cache::builder().store(store.clone()).build());
    let embedded = service(Cache::new());
    let request = || Request::get("/users?page=1").header("host", "localhost").body(Body::empty()).unwrap();
    ask_for(embedded.clone(), request()).await;
    while !store.is_live() {
        ask_for(memory.clone(), request()).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (mut of_memory, mut of_embedded) = (Vec::new(), Vec::new());
    for _ in 0..81 {
        of_embedded.push(round(1, async || assert!(ask_for(embedded.clone(), request()).await)).await);
        of_memory.push(round(1, async || assert!(ask_for(memory.clone(), request()).await)).await);
    }
    let (of_memory, of_embedded) = (median(of_memory), median(of_embedded));
    println!("  {of_memory:.3} µs and {of_embedded:.3} µs, {:.2} times as much", of_memory / of_embedded);
    goal("at most 1.1 times as much", of_memory <= of_embedded * 1.1)
}

/// Whether the response is a hit.
async fn ask_for(
    mut service: impl Service<Request, Response = Response, Error = Infallible>,
    request: Request,
) -> bool {
    service.call(request).await.unwrap().headers()["x-cache"] == "HIT"
}

async fn get(connection: &MultiplexedConnection, name: &str) -> usize {
    let mut connection = connection.clone();
    let bytes: Vec<u8> = redis::cmd("GET").arg(name).query_async(&mut connection).await.unwrap();
    bytes.len()
}

/// Microseconds for each of several hundred calls, so many at a time.
async fn round(at_a_time: usize, call: impl AsyncFn()) -> f64 {
    const CALLS: usize = 256;
    let start = Instant::now();
    stream::iter(0..CALLS).map(|_| call()).buffer_unordered(at_a_time).collect::<()>().await;
    start.elapsed().as_secs_f64() * 1e6 / CALLS as f64
}

/// Compares a tag of ten entries with a tag of many.
async fn invalidation(server: &RedisServer, many: usize) -> bool {
    println!("invalidation: a tag of {many} entries beside one of 10");
    let store = store(server);
    while store.health().await.is_err() {}
    let stamp = store.lookup(&Key::new(*b"none")).await.unwrap().stamp();
    put(&store, "many", many, stamp).await;
    put(&store, "few", 10, stamp).await;
    let kept: usize = server.run(&["DBSIZE"]);
    println!("  {kept} keys are kept");
    assert!(kept >= many);
    let (mut of_many, mut of_few) = (Vec::new(), Vec::new());
    for _ in 0..41 {
        of_many.push(round(1, async || invalidate(&store, "many").await).await);
        of_few.push(round(1, async || invalidate(&store, "few").await).await);
    }
    for n in [0, many / 2, many - 1] {
        let found = store.lookup(&Key::new(format!("many {n}"))).await.unwrap();
        assert!(matches!(found, Lookup::Miss(_)), "it is invalid");
    }
    let (of_many, of_few) = (median(of_many), median(of_few));
    println!("  {of_many:.1} µs and {of_few:.1} µs, medians of 41 rounds in turns");
    goal("at most 1.5 times as much", of_many <= of_few * 1.5)
}

async fn invalidate(store: &RedisStore, tag: &str) {
    store.invalidate(&[Target::tag("", tag)]).await.unwrap();
}

async fn put(store: &RedisStore, tag: &str, count: usize, stamp: Stamp) {
    let puts = stream::iter(0..count).map(|n| {
        let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"");
        let response = StoredResponse::new(Key::new(format!("{tag} {n}")), answer, stamp, Instant::now(), HOUR);
        store.put(response.with_tags([Tag::named("", tag)]).into())
    });
    puts.buffer_unordered(64).for_each(async |put| put.unwrap()).await;
}

fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

fn goal(what: &str, met: bool) -> bool {
    println!("  goal {}: {what}", if met { "met" } else { "MISSED" });
    met
}
