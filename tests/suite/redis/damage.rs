//! Redis answers, but refuses writes, or has lost or changed what was written.

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use http::{HeaderMap, StatusCode};
use routekit::cache::{
    BufferedResponse, CacheStore, ClaimOutcome, Key, Lookup, RedisStore, StoredResponse, Tag, Target,
};

use super::{Node, World, is_miss, lookup, now, within};
use crate::support::{MINUTE, RedisServer};

/// The clock of the cache, with the numbers of tags.
const CLOCK: &str = "{routekit}:clock";

/// Stores an entry of a node, with a tag and a stamp.
async fn put(node: &Node, key: &str, tag: &str, stamp: routekit::cache::Stamp) {
    let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"");
    let entry = || {
        let entry = StoredResponse::new(Key::new(key), answer.clone(), stamp, now(), MINUTE);
        entry.with_tags([Tag::named("", tag)]).into()
    };
    within("a put", async || node.store.put(entry()).await.is_ok()).await;
}

/// The names of the entries that the server has.
fn entries(server: &RedisServer) -> Vec<String> {
    server.run(&["KEYS", "*:e:*"])
}

#[tokio::test]
async fn wrong_types_under_all_keys_are_misses() {
    let Some(server) = RedisServer::start("types", &[]) else { return };
    let node = Node::new(&server.url(), &Arc::default());
    node.until_hit(1).await;
    for name in entries(&server) {
        server.run::<()>(&["DEL", &name]);
        server.run::<()>(&["LPUSH", &name, "x"]);
    }
    assert!(!node.read_current(1).await);
    node.until_hit(1).await;
    for name in entries(&server).into_iter().chain(["{routekit}:clock:before".to_owned(), CLOCK.to_owned()]) {
        server.run::<()>(&["SET", &name, "x"]);
    }
    node.change(1).await;
    node.until_hit(1).await;
    // And while it invalidates.
    server.run::<()>(&["SET", CLOCK, "x"]);
    node.change(1).await;
    node.until_hit(1).await;
    server.run::<()>(&["DEL", CLOCK]);
    server.run::<()>(&["HSET", CLOCK, "clock", "no number", "epoch", "x"]);
    node.change(1).await;
    node.until_hit(1).await;
}

/// Cut at each length, of another version, or of another program.
#[tokio::test]
async fn damaged_entries_are_misses() {
    let Some(server) = RedisServer::start("entries", &[]) else { return };
    let node = Node::new(&server.url(), &Arc::default());
    let stamp = node.stamp().await;
    put(&node, "a", "x", stamp).await;
    assert!(matches!(lookup(&node.store, "a").await, Lookup::Hit(..)));
    let [name] = &entries(&server)[..] else { panic!("one entry was put") };
    let whole: Vec<u8> = server.run(&["GET", name]);
    let set = |bytes: &[u8]| {
        let client = redis::Client::open(server.url()).unwrap();
        let mut connection = client.get_connection().unwrap();
        redis::cmd("SET").arg(name).arg(bytes).arg("PX").arg(50_000).query::<()>(&mut connection).unwrap();
    };
    for length in 0..whole.len() {
        set(&whole[..length]);
        assert!(is_miss(&node.store, "a").await, "the first {length} bytes of {}", whole.len());
    }
    let newer: Vec<u8> = std::iter::once(whole[0] + 1).chain(whole[1..].iter().copied()).collect();
    for other in [&newer[..], b"", b"{}", &[0xff; 400], &[1; 400], &[b'0'; 400]] {
        set(other);
        assert!(is_miss(&node.store, "a").await, "{other:?}");
    }
    // The entry of another key, as after a collision of names.
    put(&node, "b", "x", stamp).await;
    let names = entries(&server);
    let other = names.iter().find(|other| *other != name).unwrap();
    set(&server.run::<Vec<u8>>(&["GET", other]));
    assert!(is_miss(&node.store, "a").await, "an entry of another key");
    set(&whole);
    assert!(matches!(lookup(&node.store, "a").await, Lookup::Hit(..)), "and it is found again when it is whole");
}

#[tokio::test]
async fn flushed_server_serves_nothing_old() {
    let Some(server) = RedisServer::start("flushed", &[]) else { return };
    let world = Arc::default();
    let nodes = [Node::new(&server.url(), &world), Node::new(&server.url(), &world)];
    for node in &nodes {
        node.until_hit(1).await;
        let stamp = node.stamp().await;
        server.run::<()>(&["FLUSHALL"]);
        node.invalidate("x").await;
        put(node, "old", "x", stamp).await;
        for node in &nodes {
            assert!(is_miss(&node.store, "old").await, "it was computed before the invalidation");
            node.until_hit(1).await;
        }
    }
}

/// A tag counter that is evicted must not begin at zero again.
#[tokio::test]
async fn evicted_clock_revives_no_entry() {
    let Some(server) = RedisServer::start("evicted", &[]) else { return };
    let world: Arc<World> = Arc::default();
    let node = Node::new(&server.url(), &world);
    let old = node.stamp().await;
    put(&node, "old", "x", old).await;
    node.invalidate("x").await;
    assert!(is_miss(&node.store, "old").await);
    server.run::<()>(&["DEL", CLOCK]);
    // A process that has just started, and one that knows the clock.
    let started = Node::new(&server.url(), &world);
    for node in [&started, &node] {
        assert!(is_miss(&node.store, "old").await, "the invalidation is not forgotten");
    }
    for node in [&started, &node] {
        let stamp = node.stamp().await;
        assert!(stamp > old, "stamps never decrease");
        put(node, "new", "x", stamp).await;
        assert!(!is_miss(&node.store, "new").await);
    }
    put(&node, "old", "x", old).await;
    assert!(is_miss(&node.store, "old").await, "nor is it valid if it is put again");
}

/// The server evicts what it likes, also the clock, while nodes read and write.
#[tokio::test]
async fn server_that_evicts_keys_serves_nothing_old() {
    let memory = ["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random"];
    let Some(server) = RedisServer::start("evicts", &memory) else { return };
    let world = Arc::default();
    let nodes = [Node::new(&server.url(), &world), Node::new(&server.url(), &world)];
    let large = "x".repeat(100 * 1024);
    for round in 0..150 {
        let (one, two) = (&nodes[round % 2], &nodes[(round + 1) % 2]);
        server.run::<()>(&["SET", &format!("other {round}"), &large]);
        let item = round % 8;
        if round % 3 == 0 {
            world.change(item);
            one.invalidate(&format!("item:{item}")).await;
        }
        two.read_current(item).await;
        one.read_current(item).await;
    }
    let info: String = server.run(&["INFO", "stats"]);
    assert!(!info.contains("evicted_keys:0\r"), "{info}");
}

#[tokio::test]
async fn server_that_becomes_a_replica_is_skipped() {
    let Some(server) = RedisServer::start("read-only", &[]) else { return };
    let node = Node::new(&server.url(), &Arc::default());
    node.until_hit(1).await;
    // Of a server that does not exist.
    server.run::<()>(&["REPLICAOF", "127.0.0.1", "1"]);
    node.outage().await;
    assert!(node.store.health().await.is_err());
    server.run::<()>(&["REPLICAOF", "NO", "ONE"]);
    for item in 0..8 {
        node.until_hit(item).await;
    }
    assert!(node.store.health().await.is_ok());
}

/// Without enough replicas, or since a dump failed. The store is healthy again without a request that writes.
#[tokio::test]
async fn server_that_refuses_writes_is_skipped_until_it_accepts_them() {
    let Some(server) = RedisServer::start("writes", &[]) else { return };
    let world = Arc::default();
    let (node, other) = (Node::new(&server.url(), &world), Node::new(&server.url(), &world));
    let [_, dir]: [String; 2] = server.run::<Vec<String>>(&["CONFIG", "GET", "dir"]).try_into().unwrap();
    for (code, option, refusing, accepting) in
        [("NOREPLICAS", "min-replicas-to-write", "1", "0"), ("MISCONF", "save", "3600 1", "")]
    {
        within("health", async || node.store.health().await.is_ok() && other.store.health().await.is_ok()).await;
        for item in 0..8 {
            node.until_hit(item).await;
        }
        server.run::<()>(&["CONFIG", "SET", option, refusing]);
        if code == "MISCONF" {
            std::fs::remove_dir_all(&dir).unwrap();
            server.run::<()>(&["BGSAVE"]);
        }
        let refused = async || server.try_run::<()>(&["SET", "a", "b"]).is_err_and(|error| error.code() == Some(code));
        within("a refused write", refused).await;
        node.outage().await;
        for one in [&node, &other] {
            let health = one.store.health().await.unwrap_err();
            let cause = std::error::Error::source(&health).unwrap().to_string();
            assert!(cause.contains(code), "{cause}");
        }
        // Both have seen a write that failed, so that neither trusts what it reads.
        for item in 0..8 {
            assert!(!node.read_current(item).await && !other.read_current(item).await);
        }
        server.run::<()>(&["CONFIG", "SET", option, accepting]);
        within("health", async || node.store.health().await.is_ok() && other.store.health().await.is_ok()).await;
        for item in 0..8 {
            node.until_hit(item).await;
            other.until_hit(item).await;
        }
    }
}

/// A fault of one write says nothing about the next: health is not that of the last entry.
#[tokio::test]
async fn write_that_failed_does_not_make_a_server_unhealthy_that_accepts_writes() {
    let Some(server) = RedisServer::start("latch", &["--maxmemory-policy", "noeviction"]) else { return };
    let node = Node::patient(&server.url(), &Arc::default());
    let stamp = node.stamp().await;
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), b"");
    let entry = StoredResponse::new(Key::new("a"), answer, stamp, now(), MINUTE);
    assert!(node.store.put(entry.into()).await.is_err());
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    within("health", async || node.store.health().await.is_ok()).await;
}

/// A hash with the numbers of many tags is freed in the background.
#[tokio::test]
async fn old_period_does_not_block_the_server_when_it_is_replaced() {
    let Some(server) = RedisServer::start("period", &[]) else { return };
    let store = RedisStore::builder(server.url()).horizon(Duration::from_secs(1)).build().unwrap();
    let node = Node::of(store, &Arc::default());
    node.invalidate("x").await;
    let numbers: Vec<String> = (0..2000).map(|number| format!("{number:08}")).collect();
    let command = ["HSET", "{routekit}:clock:before"].into_iter().chain(numbers.iter().map(String::as_str));
    server.run::<()>(&command.collect::<Vec<_>>());
    let before = freed(&server);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    node.invalidate("x").await;
    within("the background", async || freed(&server) > before).await;
}

/// How many objects the server has freed in the background.
fn freed(server: &RedisServer) -> u64 {
    let info: String = server.run(&["INFO", "memory"]);
    let line = info.lines().find_map(|line| line.strip_prefix("lazyfreed_objects:"));
    line.unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn server_without_memory_loses_no_invalidation() {
    let Some(server) = RedisServer::start("memory", &["--maxmemory-policy", "noeviction"]) else { return };
    let world = Arc::default();
    let (node, other) = (Node::new(&server.url(), &world), Node::new(&server.url(), &world));
    for item in 0..8 {
        node.until_hit(item).await;
        other.until_hit(item).await;
    }
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(server.try_run::<()>(&["SET", "a", "b"]).unwrap_err().code(), Some("OOM"));
    node.outage().await;
    for item in 0..8 {
        other.read_current(item).await;
    }
    assert!(node.store.health().await.is_err(), "the health check tells that nothing can be stored");
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    for item in 0..8 {
        node.until_hit(item).await;
        other.until_hit(item).await;
    }
    within("health", async || node.store.health().await.is_ok()).await;
}

/// A claim is never dropped: without room, there is no new one, and those that exist can be finished or tell it.
#[tokio::test]
async fn server_without_memory_is_full_for_claims() {
    let Some(server) = RedisServer::start("full", &["--maxmemory-policy", "noeviction"]) else { return };
    let node = Node::patient(&server.url(), &Arc::default());
    let (one, two) = (Bytes::from_static(b"one"), Bytes::from_static(b"two"));
    let claim = async |key: &str, record: &Bytes| {
        let (key, mut outcome) = (Key::new(key), None);
        within("a claim", async || {
            outcome = node.store.claim(&key, record.clone(), MINUTE).await.ok();
            outcome.is_some()
        })
        .await;
        outcome.unwrap()
    };
    assert_eq!(claim("a", &one).await, ClaimOutcome::Won);
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(claim("b", &two).await, ClaimOutcome::Full);
    assert_eq!(claim("a", &two).await, ClaimOutcome::Taken(one.clone()), "it is kept");
    let removed = node.store.swap_claim(&Key::new("a"), &one, None, MINUTE).await;
    assert!(removed.unwrap(), "a claim is released without memory");
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(claim("a", &two).await, ClaimOutcome::Won);
}

/// Everything that is invalidated stays so if the connection ends, or the caller goes away, at any time.
#[tokio::test]
async fn invalidation_that_is_interrupted_takes_place_as_a_whole() {
    let Some(server) = RedisServer::start("interrupted", &[]) else { return };
    let node = Node::patient(&server.url(), &Arc::default());
    let targets = [Target::tag("", "x"), Target::tag("", "y"), Target::pattern("", "/none*here")];
    for round in 0..40 {
        let stamp = node.stamp().await;
        put(&node, "one", "x", stamp).await;
        put(&node, "two", "y", stamp).await;
        let mut invalidating = node.store.invalidate(&targets);
        for step in 0..=round % 10 {
            let pending = futures_util::poll!(&mut invalidating).is_pending();
            assert!(pending || step > 0, "Redis is asked");
            if !pending {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(invalidating);
        let missing = (is_miss(&node.store, "one").await, is_miss(&node.store, "two").await);
        assert_eq!(missing, (true, true), "round {round}");
    }
}

/// "Finds room for `next` even if the store would be full for a claim."
#[tokio::test]
async fn server_without_memory_keeps_the_response_of_a_claim() {
    let Some(server) = RedisServer::start("response", &["--maxmemory-policy", "noeviction"]) else { return };
    let node = Node::new(&server.url(), &Arc::default());
    let (key, held) = (Key::new("a"), Bytes::from_static(b"held"));
    within("a claim", async || matches!(node.store.claim(&key, held.clone(), MINUTE).await, Ok(ClaimOutcome::Won)))
        .await;
    server.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    let next = Bytes::from(vec![b'x'; 1000]);
    let swapped = node.store.swap_claim(&key, &held, Some(next.clone()), MINUTE).await;
    assert!(matches!(swapped, Ok(true)), "{swapped:?}");
    let taken = node.store.claim(&key, held, MINUTE).await.unwrap();
    assert_eq!(taken, ClaimOutcome::Taken(next));
}
