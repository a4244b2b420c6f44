//! Four processes with one Redis: what any of them has invalidated, none serves.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use routekit::{
    cache::{Cache, RedisStore, TieredStore},
    config::AdminAddr,
    prelude::*,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{now, within};
use crate::{
    cache_race::History,
    support::{Process, RedisServer, free_port, test_as_program},
};

/// The URL of Redis and the address of the database, for the program.
const PROGRAM: &str = "TEST_REDIS_PROGRAM";
const ITEMS: usize = 12;
const LEASE: Duration = Duration::from_secs(1);

/// The versions of items. It belongs to the test, and a program reads and writes them over a socket.
struct Database(SocketAddr);

impl Database {
    /// The version of an item, after it was changed if `change` is `+`.
    async fn version(&self, change: &str, item: usize) -> String {
        let mut stream = TcpStream::connect(self.0).await.unwrap();
        stream.write_all(format!("{change}{item}\n").as_bytes()).await.unwrap();
        let mut version = String::new();
        stream.read_to_string(&mut version).await.unwrap();
        version
    }
}

async fn serve_database(listener: TcpListener) {
    let versions = Arc::new(Mutex::new(HashMap::<usize, u64>::new()));
    while let Ok((stream, _)) = listener.accept().await {
        let versions = Arc::clone(&versions);
        tokio::spawn(async move {
            let (read, mut write) = stream.into_split();
            let mut line = String::new();
            BufReader::new(read).read_line(&mut line).await.unwrap();
            let item = line.trim().trim_start_matches('+').parse().unwrap();
            let version = {
                let mut versions = versions.lock().unwrap();
                let version = versions.entry(item).or_default();
                *version += u64::from(line.starts_with('+'));
                *version
            };
            // A slow answer may be old when it arrives.
            tokio::time::sleep(Duration::from_micros(fastrand::u64(..2000))).await;
            write.write_all(version.to_string().as_bytes()).await.unwrap();
        });
    }
}

#[get("/item/{item}", cache(ttl = 3600, tags("item:{item}")))]
async fn read(item: usize, database: Dep<Database>) -> String {
    database.version("", item).await
}

#[post("/item/{item}", invalidates("item:{item}"))]
async fn write(item: usize, database: Dep<Database>) -> String {
    database.version("+", item).await
}

/// Counts its calls. The first one does not end.
#[get("/slow/{item}", cache(ttl = 3600))]
async fn slow(item: usize, database: Dep<Database>) -> String {
    let calls = database.version("+", item).await;
    let pause = if calls == "1" { 10_000 } else { 200 };
    tokio::time::sleep(Duration::from_millis(pause)).await;
    calls
}

#[test]
fn runs_as_a_process() {
    let Ok(program) = std::env::var(PROGRAM) else { return };
    let (url, rest) = program.split_once(' ').unwrap();
    let (database, tier) = rest.split_once(' ').unwrap();
    let redis = RedisStore::builder(url).budget(Duration::from_millis(250)).build().unwrap();
    let tiered = TieredStore::builder(redis.clone()).lease(LEASE);
    let cache = match tier {
        "redis" => Cache::builder().store(redis),
        tier => Cache::builder().store(tiered.consistency(tier.parse().unwrap()).build()),
    };
    let app = App::with_routes(routes![read, write, slow]).cache(cache);
    let app = app.provide(Database(database.parse().unwrap()));
    let app = app.configure(|config| {
        config.set_admin_addr(AdminAddr::Off);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(app.serve()).unwrap();
}

fn start(redis: &RedisServer, database: SocketAddr, tier: &str) -> (Process, SocketAddr) {
    let addr = free_port();
    let mut command = test_as_program("redis::processes::runs_as_a_process");
    command.env(PROGRAM, format!("{} {database} {tier}", redis.url()));
    command.env("ROUTEKIT_ADDR", addr.to_string()).env_remove("RUST_LOG");
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    (Process::new(command.spawn().unwrap()), addr)
}

/// The version in the answer, and whether it is a hit.
async fn ask(addr: SocketAddr, method: &str, path: &str) -> std::io::Result<(u64, bool)> {
    let mut stream = TcpStream::connect(addr).await?;
    let request = format!("{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    if answer.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Ok((body.parse().unwrap(), head.contains("x-cache: HIT")))
}

async fn act(addrs: Vec<SocketAddr>, events: Arc<AtomicU64>, mut random: Rng) -> History {
    let mut history = History::default();
    for _ in 0..250 {
        let (addr, item) = (addrs[random.usize(..addrs.len())], random.usize(..ITEMS));
        let path = format!("/item/{item}");
        if random.u8(..100) < 15 {
            let (version, _) = ask(addr, "POST", &path).await.unwrap();
            history.add_returned(item, version, events.fetch_add(1, Ordering::SeqCst));
        } else {
            let began = (events.fetch_add(1, Ordering::SeqCst), now());
            let (version, hit) = ask(addr, "GET", &path).await.unwrap();
            history.add_seen(item, version, began, hit);
        }
    }
    history
}

/// Four processes, with this store, and their database.
async fn programs(redis: &RedisServer, tier: &str) -> (Vec<Process>, Vec<SocketAddr>, Database) {
    let database = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = database.local_addr().unwrap();
    tokio::spawn(serve_database(database));
    let (processes, addrs): (Vec<_>, Vec<_>) = (0..4).map(|_| start(redis, address, tier)).unzip();
    for addr in &addrs {
        within("a program", async || ask(*addr, "GET", "/item/0").await.is_ok()).await;
    }
    (processes, addrs, Database(address))
}

async fn race(addrs: &[SocketAddr]) -> History {
    let (mut tasks, events) = (JoinSet::new(), Arc::new(AtomicU64::new(0)));
    for seed in 0..4 {
        tasks.spawn(act(addrs.to_vec(), Arc::clone(&events), Rng::with_seed(seed)));
    }
    let mut history = History::default();
    for part in tasks.join_all().await {
        history.extend(part);
    }
    history
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_after_a_change_in_any_of_four_processes_see_nothing_older() {
    let Some(redis) = RedisServer::start("processes", &[]) else { return };
    for tier in ["redis", "strict"] {
        let (_processes, addrs, _) = programs(&redis, tier).await;
        let history = race(&addrs).await;
        let (reads, hits) = (history.reads(), history.hits());
        eprintln!("{tier}: {reads} reads, {hits} hits");
        assert!(hits > reads / 10, "{tier}: {hits} hits of {reads} say little");
        let stale = history.stale_reads();
        assert!(stale.is_empty(), "{tier}: {} of {reads} reads were stale, as {:?}", stale.len(), stale[0]);
        redis.run::<()>(&["FLUSHALL"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_in_any_of_four_processes_with_memory_are_late_by_the_lease_at_most() {
    let Some(redis) = RedisServer::start("processes-lease", &[]) else { return };
    let (_processes, addrs, _) = programs(&redis, "bounded").await;
    let history = race(&addrs).await;
    let (reads, hits) = (history.reads(), history.hits());
    assert!(hits > reads / 10, "{hits} hits of {reads} say little");
    let lags = history.lags();
    let (median, worst) = (lags.get(lags.len() / 2).copied(), lags.last().copied().unwrap_or_default());
    eprintln!("{reads} reads, {hits} hits; {} late by {median:?} (p50), {worst:?} at worst", lags.len());
    assert!(worst <= LEASE, "a read saw what was invalidated {worst:?} before");
}

/// The others wait until its turn ends, and one of them takes over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_whose_process_is_killed_is_computed_twice_at_most() {
    let Some(redis) = RedisServer::start("processes-killed", &[]) else { return };
    let (mut processes, addrs, database) = programs(&redis, "bounded").await;
    let ask_in_task = |addr: SocketAddr| tokio::spawn(async move { ask(addr, "GET", "/slow/5").await });
    let first = ask_in_task(addrs[0]);
    within("the first call", async || database.version("", 5).await == "1").await;
    let start = now();
    let others: Vec<_> = addrs[1..].iter().map(|addr| ask_in_task(*addr)).collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(processes.remove(0));
    assert!(first.await.unwrap().is_err(), "it was killed before it answered");
    for other in others {
        assert_eq!(other.await.unwrap().unwrap().0, 2, "the second call, which all of them share");
    }
    let waited = now() - start;
    eprintln!("the others waited for {waited:?}");
    assert!(waited < Duration::from_secs(4), "a turn lasts two seconds, and waited {waited:?}");
}
