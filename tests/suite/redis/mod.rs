//! The store in Redis, with a real server: its contract, its races, and what clients see when the server fails.
//!
//! `TEST_REDIS_SERVER=valkey-server` runs all of it against Valkey.

mod app;
mod away;
mod breakers;
mod clocks;
mod cluster;
mod compressed;
mod connections;
mod contract;
mod copies;
mod damage;
mod limits;
mod nodes;
mod plain_lookups;
mod processes;
mod race;
mod startup;

pub(crate) use self::contract::{SLACK, Time};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use routekit::{
    Clock,
    cache::{Cache, CacheStore, Key, Lookup, RedisStore, Stamp, Target},
    prelude::*,
    test::TestApp,
};

use crate::support::exact;

/// What handlers read: a version for each item.
#[derive(Default)]
struct World {
    versions: [AtomicU64; 8],
    /// Whether handlers fail.
    fails: AtomicBool,
}

impl World {
    fn version(&self, item: usize) -> u64 {
        self.versions[item].load(Ordering::SeqCst)
    }

    fn change(&self, item: usize) {
        self.versions[item].fetch_add(1, Ordering::SeqCst);
    }
}

#[get("/redis/item/{item}", cache(ttl = 3600, tags("item:{item}", "all")))]
async fn item(item: usize, world: Dep<World>) -> String {
    world.version(item).to_string()
}

#[post("/redis/item/{item}", invalidates("item:{item}"))]
async fn change(item: usize, world: Dep<World>) {
    world.change(item);
}

/// Fresh for ten seconds, and served for an hour if the handler fails.
#[get("/redis/stale/{item}", cache(ttl = 10, stale_if_error = 3600, tags("item:{item}", "all")))]
async fn stale(item: usize, world: Dep<World>) -> Response {
    if world.fails.load(Ordering::SeqCst) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    world.version(item).to_string().into_response()
}

/// One process, as far as Redis is concerned: an app with a store and a connection of its own.
#[derive(Clone)]
struct Node {
    app: TestApp,
    cache: Cache,
    store: RedisStore,
    world: Arc<World>,
}

/// An answer of [`item`].
#[derive(Debug)]
struct Answer {
    version: u64,
    hit: bool,
}

impl Node {
    fn new(url: &str, world: &Arc<World>) -> Self {
        Self::of(RedisStore::new(url).unwrap(), world)
    }

    /// A node with the largest budget, for what a timeout on a busy machine would break.
    fn patient(url: &str, world: &Arc<World>) -> Self {
        Self::of(RedisStore::builder(url).budget(Duration::from_millis(250)).build().unwrap(), world)
    }

    fn of(store: RedisStore, world: &Arc<World>) -> Self {
        Self::with_clock(store, Clock::system(), world)
    }

    /// A node with the clock of its store.
    fn with_clock(store: RedisStore, clock: Clock, world: &Arc<World>) -> Self {
        let cache = exact().store(store.clone()).clock(clock).build();
        let app = App::with_routes(routes![item, change, stale]).cache(cache.clone());
        let app = TestApp::new(app.provide_shared(Arc::clone(world)));
        Self { app, cache, store, world: Arc::clone(world) }
    }

    async fn read(&self, item: usize) -> Answer {
        let answer = self.app.get(&format!("/redis/item/{item}")).send().await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text());
        Answer { version: answer.text().parse().unwrap(), hit: answer.header("x-cache") == Some("HIT") }
    }

    /// A POST that changes an item and invalidates it.
    async fn change(&self, item: usize) {
        let answer = self.app.post(&format!("/redis/item/{item}")).send().await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text());
    }

    /// Reads an item, which must not be stale.
    #[track_caller]
    fn read_current(&self, item: usize) -> impl Future<Output = bool> {
        let caller = std::panic::Location::caller();
        async move {
            let (answer, version) = (self.read(item).await, self.world.version(item));
            assert_eq!(answer.version, version, "{caller}: a stale read of item {item}, {answer:?}");
            answer.hit
        }
    }

    /// Reads an item until it is served from the cache. No read may be stale.
    async fn until_hit(&self, item: usize) {
        within("a hit", async || self.read_current(item).await).await;
    }

    /// Reads and changes items while Redis is away: each request is answered, and soon. Returns the longest time.
    async fn outage(&self) {
        let (start, mut longest) = (now(), Duration::ZERO);
        for round in 0..40 {
            let begins = now();
            if round % 4 == 0 {
                self.change(round % 8).await;
            }
            self.read_current(round % 8).await;
            longest = longest.max(now() - begins);
        }
        // Without a budget and a breaker, each request would wait for 250 ms. A busy machine adds some.
        assert!(longest < Duration::from_secs(1), "a request took {longest:?}");
        let all = now() - start;
        assert!(all < Duration::from_secs(3), "40 requests took {all:?}");
    }

    /// A stamp of now, from a server that is there.
    async fn stamp(&self) -> Stamp {
        lookup(&self.store, "unused").await.stamp()
    }

    async fn invalidate(&self, tag: &str) {
        let target = [Target::tag("", tag)];
        within("an invalidation", async || self.store.invalidate(&target).await.is_ok()).await;
    }
}

/// Looks up until the store answers.
async fn lookup(store: &RedisStore, key: &str) -> Lookup {
    let (key, mut found) = (Key::new(key), None);
    within("a lookup", async || {
        found = store.lookup(&key).await.ok();
        found.is_some()
    })
    .await;
    found.unwrap()
}

async fn is_miss(store: &RedisStore, key: &str) -> bool {
    matches!(lookup(store, key).await, Lookup::Miss(_))
}

#[expect(clippy::disallowed_methods, reason = "a server does not run on paused time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Repeats a step until it succeeds, for at most ten seconds.
pub(crate) async fn within(what: &str, mut step: impl AsyncFnMut() -> bool) {
    let start = now();
    while !step().await {
        assert!(now() - start < Duration::from_secs(10), "waited ten seconds for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
