//! Memory in front of a real Redis: what it saves, how late invalidations by other processes count, and what happens
//! when the server, or the feed of invalidations, fails.

mod app;
mod cluster;
mod compressed;
mod consistency;
mod contract;
mod feed;
mod outages;
mod race;
mod turns;
mod writes;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use routekit::{
    cache::{Cache, RedisFallback, RedisStore, TieredStore, TieredStoreBuilder},
    prelude::*,
    test::TestApp,
};

use crate::{redis::within, support::exact};

const LEASE: Duration = Duration::from_millis(500);

/// What handlers read: a version for each item, and how often they were called.
#[derive(Default)]
struct World {
    versions: [AtomicU64; 8],
    calls: AtomicUsize,
}

impl World {
    fn version(&self, item: usize) -> u64 {
        self.versions[item].load(Ordering::SeqCst)
    }

    fn change(&self, item: usize) {
        self.versions[item].fetch_add(1, Ordering::SeqCst);
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn called(&self, item: usize) -> String {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.version(item).to_string()
    }
}

#[get("/tiered/item/{item}", cache(ttl = 3600, tags("item:{item}", "all")))]
async fn item(item: usize, world: Dep<World>) -> String {
    world.called(item)
}

#[get("/tiered/strict/{item}", cache(ttl = 3600, tags("item:{item}"), consistency = "strict"))]
async fn strict(item: usize, world: Dep<World>) -> String {
    world.called(item)
}

#[post("/tiered/item/{item}", invalidates("item:{item}"))]
async fn change(item: usize, world: Dep<World>) {
    world.change(item);
}

/// One process, as far as Redis is concerned.
#[derive(Clone)]
struct Node {
    app: TestApp,
    cache: Cache,
    store: TieredStore,
    world: Arc<World>,
}

impl Node {
    fn new(url: &str, world: &Arc<World>) -> Self {
        Self::of(tiered(url), world)
    }

    fn of(store: TieredStoreBuilder, world: &Arc<World>) -> Self {
        let store = store.build();
        let cache = exact().store(store.clone()).build();
        let app = App::with_routes(routes![item, strict, change]).cache(cache.clone());
        let app = TestApp::new(app.provide_shared(Arc::clone(world)));
        Self { app, cache, store, world: Arc::clone(world) }
    }

    /// The version in the answer, and whether it is a hit.
    async fn get(&self, path: &str) -> (u64, bool) {
        let answer = self.app.get(path).send().await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text());
        (answer.text().parse().unwrap(), answer.header("x-cache") == Some("HIT"))
    }

    async fn read(&self, item: usize) -> (u64, bool) {
        self.get(&format!("/tiered/item/{item}")).await
    }

    async fn change(&self, item: usize) {
        let answer = self.app.post(&format!("/tiered/item/{item}")).send().await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text());
    }

    /// Waits until memory answers.
    async fn until_live(&self) {
        within("the feed", async || {
            // The first lookup starts to follow.
            self.read(7).await;
            self.store.is_live()
        })
        .await;
    }

    async fn until_hit(&self, item: usize) {
        within("a hit", async || self.read(item).await == (self.world.version(item), true)).await;
    }
}

/// A store with the largest budget and a short lease.
fn tiered(url: &str) -> TieredStoreBuilder {
    let redis = RedisStore::builder(url).budget(Duration::from_millis(250)).build().unwrap();
    TieredStore::builder(redis).lease(LEASE)
}

fn without_fallback(url: &str) -> TieredStoreBuilder {
    tiered(url).fallback(RedisFallback::None)
}
