//! A request waits for Redis for one budget at most, however many of its steps do; for more only what admits it.

mod claims;
mod invalid;
mod longest;
mod misses;
mod stored;
mod values;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode, request::Parts};
use routekit::{
    Spawner,
    cache::{Cache, CacheStore, RedisFallback, RedisStore, TieredStore},
    prelude::*,
    test::{TestApp, TestResponse},
};
use tokio::sync::Semaphore;

use crate::{
    redis::{now, within},
    support::{RedisServer, exact, x_cache_of},
};

/// The largest that there is, so that a busy machine adds little to it.
const BUDGET: Duration = Duration::from_millis(250);

/// How often handlers ran.
#[derive(Default)]
struct Calls(AtomicUsize);

/// Lets the handlers of `gated` go on.
struct Gate(Semaphore);

impl Calls {
    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[get("/budget/page/{item}", rate_limit("1000/min", shared), cache(ttl = 60))]
async fn page(item: usize, calls: Dep<Calls>) -> String {
    calls.add();
    item.to_string()
}

/// Without a limit, so that the cache has the whole budget.
#[get("/budget/free/{item}", cache(ttl = 60, tags("free")))]
async fn free(item: usize, calls: Dep<Calls>) -> String {
    calls.add();
    format!("{item} of call {}", calls.count())
}

/// Tells by which call it was made.
#[get("/budget/noted/{item}", rate_limit("1000/min", shared), cache(ttl = 60, tags("noted")))]
async fn noted(item: usize, calls: Dep<Calls>) -> String {
    calls.add();
    format!("{item} of call {}", calls.count())
}

#[get("/budget/gated", rate_limit("1000/min", shared), cache(ttl = 60))]
async fn gated(calls: Dep<Calls>, gate: Dep<Gate>) -> String {
    calls.add();
    let call = calls.count();
    gate.0.acquire().await.unwrap().forget();
    format!("of call {call}")
}

/// Varies by the headers that `x-names` names.
#[get("/budget/varied", cache(ttl = 60, consistency = "strict"))]
async fn varied(headers: HeaderMap, calls: Dep<Calls>) -> impl IntoResponse {
    calls.add();
    ([("vary", headers["x-names"].clone())], "varied")
}

#[get("/budget/slow", cache(ttl = 60))]
async fn slow(calls: Dep<Calls>) -> String {
    calls.add();
    tokio::time::sleep(6 * BUDGET).await;
    "slow".to_owned()
}

/// With a status that invalidates nothing.
#[post("/budget/order", idempotent)]
async fn order(calls: Dep<Calls>) -> StatusCode {
    calls.add();
    StatusCode::PAYMENT_REQUIRED
}

#[post("/budget/limited-order", rate_limit("1000/min", shared), idempotent)]
async fn limited_order(calls: Dep<Calls>) -> StatusCode {
    calls.add();
    StatusCode::CREATED
}

/// Fails once the gate is open.
#[post("/budget/failing-order", idempotent)]
async fn failing_order(calls: Dep<Calls>, gate: Dep<Gate>) -> StatusCode {
    calls.add();
    gate.0.acquire().await.unwrap().forget();
    StatusCode::INTERNAL_SERVER_ERROR
}

/// Both limits are shared, and each waits by itself.
#[post(
    "/budget/twice-limited-order",
    rate_limit("1000/min", shared),
    rate_limit("999/min", per = by_path, shared),
    idempotent
)]
async fn twice_limited_order(calls: Dep<Calls>) -> StatusCode {
    calls.add();
    StatusCode::CREATED
}

#[get(
    "/budget/twice-limited/{item}",
    rate_limit("1000/min", shared),
    rate_limit("999/min", per = by_path, shared),
    cache(ttl = 60)
)]
async fn twice_limited(item: usize) -> String {
    item.to_string()
}

#[post("/budget/change", invalidates("changed"))]
async fn change() {}

fn by_path(parts: &Parts) -> String {
    parts.uri.path().to_owned()
}

/// One process, as far as Redis is concerned.
struct Process {
    app: TestApp,
    cache: Cache,
    /// Memory in front of Redis that receives the invalidations.
    followed: Option<TieredStore>,
    calls: Arc<Calls>,
    gate: Arc<Gate>,
}

impl Process {
    fn new(store: impl CacheStore, calls: &Arc<Calls>) -> Self {
        Self::layered(store, calls, |app| app)
    }

    fn layered(store: impl CacheStore, calls: &Arc<Calls>, layer: impl FnOnce(App) -> App) -> Self {
        let cache = exact().store(store).spawner(Spawner::tokio()).build();
        let routes = routes![
            page,
            free,
            noted,
            gated,
            varied,
            slow,
            order,
            limited_order,
            failing_order,
            twice_limited_order,
            twice_limited,
            change
        ];
        let gate = Arc::new(Gate(Semaphore::new(0)));
        let app = App::with_routes(routes).cache(cache.clone()).provide_shared(Arc::clone(&gate));
        let app = TestApp::new(layer(app.provide_shared(Arc::clone(calls))));
        Self { app, cache, followed: None, calls: Arc::clone(calls), gate }
    }

    fn followed(store: TieredStore, calls: &Arc<Calls>) -> Self {
        Self { followed: Some(store.clone()), ..Self::new(store, calls) }
    }

    fn tiered(url: &str) -> Self {
        Self::with_memory(redis(url))
    }

    fn with_memory(redis: RedisStore) -> Self {
        Self::followed(TieredStore::new(redis), &Arc::default())
    }

    /// One of each kind of store.
    fn all(url: &str) -> [(&'static str, Self); 4] {
        let tiered = || TieredStore::builder(redis(url));
        let calls = Arc::default();
        [
            ("memory in front", Self::followed(tiered().build(), &calls)),
            ("without fallback", Self::followed(tiered().fallback(RedisFallback::None).build(), &calls)),
            ("without a lease", Self::new(tiered().lease(Duration::ZERO).build(), &calls)),
            ("Redis alone", Self::new(redis(url), &calls)),
        ]
    }

    /// Waits until Redis answers, on all connections.
    async fn until_hit(&self) {
        within("a hit", async || {
            let is_hit = x_cache_of(&self.app, "/budget/page/0").await == "HIT";
            is_hit && self.followed.as_ref().is_none_or(TieredStore::is_live)
        })
        .await;
    }

    /// The time of a page that nothing has stored.
    async fn miss(&self, item: usize) -> Duration {
        let (calls, start) = (self.calls.count(), now());
        let answer = self.app.get(&format!("/budget/page/{item}")).send().await;
        let time = now() - start;
        assert_eq!((answer.status(), answer.text()), (StatusCode::OK, item.to_string().as_str()));
        assert_eq!(self.calls.count(), calls + 1);
        time
    }

    /// The shortest time of a step while Redis hangs: on a busy machine, some are longer. Each is the first one after
    /// Redis stops, since later ones may skip it.
    async fn during_hangs(&self, server: &RedisServer, mut step: impl AsyncFnMut(usize) -> Duration) -> Duration {
        let mut shortest = Duration::MAX;
        for round in 0..3 {
            self.until_hit().await;
            server.pause();
            shortest = shortest.min(step(round).await);
            server.resume();
        }
        shortest
    }

    /// The text of a page without a limit, and whether it is a hit.
    async fn free(&self, item: usize) -> (String, bool) {
        let answer = self.app.get(&format!("/budget/free/{item}")).send().await;
        assert_eq!(answer.status(), StatusCode::OK);
        (answer.text().to_owned(), answer.header("x-cache") == Some("HIT"))
    }

    /// A request with an idempotency key, and the time that it takes.
    async fn order(&self, path: &str, key: &str) -> (TestResponse, Duration) {
        let start = now();
        let answer = self.app.post(path).header("idempotency-key", &format!("\"{key}\"")).send().await;
        (answer, now() - start)
    }
}

fn redis(url: &str) -> RedisStore {
    RedisStore::builder(url).budget(BUDGET).build().unwrap()
}
