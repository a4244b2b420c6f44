//! A request waits for Redis for one budget at most, however many of its steps do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use routekit::{
    Spawner,
    cache::{Cache, CacheOptions, CacheStore, RedisFallback, RedisStore, TieredStore},
    prelude::*,
    test::{TestApp, TestResponse},
};

use crate::{
    redis::{now, within},
    support::{RedisServer, TcpProxy, exact, x_cache_of},
};

/// The largest that there is, so that a busy machine adds little to it.
const BUDGET: Duration = Duration::from_millis(250);

#[derive(Default)]
struct Calls(AtomicUsize);

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

/// One process, as far as Redis is concerned.
struct Process {
    app: TestApp,
    cache: Cache,
    /// Memory in front of Redis that receives the invalidations.
    followed: Option<TieredStore>,
    calls: Arc<Calls>,
}

impl Process {
    fn new(store: impl CacheStore, calls: &Arc<Calls>) -> Self {
        let cache = exact().store(store).spawner(Spawner::tokio()).build();
        let app = App::with_routes(routes![page, slow, order, limited_order]).cache(cache.clone());
        let app = TestApp::new(app.provide_shared(Arc::clone(calls)));
        Self { app, cache, followed: None, calls: Arc::clone(calls) }
    }

    fn followed(store: TieredStore, calls: &Arc<Calls>) -> Self {
        Self { followed: Some(store.clone()), ..Self::new(store, calls) }
    }

    fn tiered(url: &str) -> Self {
        Self::followed(TieredStore::new(redis(url)), &Arc::default())
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

/// The limit, the lookup, and the turn or the put wait.
#[tokio::test]
async fn a_miss_waits_for_one_budget_while_redis_hangs() {
    let Some(server) = RedisServer::start("budget-hangs", &[]) else { return };
    for (number, (name, process)) in Process::all(&server.url()).into_iter().enumerate() {
        let first = 10 * (number + 1);
        let time = process.during_hangs(&server, async |round| process.miss(first + round).await).await;
        eprintln!("Redis hangs, {name}: a miss takes {time:?}");
        assert!(time >= BUDGET * 9 / 10, "{name}: it waits for Redis: {time:?}");
        assert!(time < BUDGET * 3 / 2, "{name}: {time:?}");
    }
}

/// Each answer comes within the budget, and all together do not.
#[tokio::test]
async fn a_miss_waits_for_one_budget_while_redis_is_slow() {
    let Some(server) = RedisServer::start("budget-slow", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    for (number, (name, process)) in Process::all(&proxy.url()).into_iter().enumerate() {
        process.until_hit().await;
        let accepted = proxy.accepted();
        proxy.delay(BUDGET * 42 / 100);
        let mut times = Vec::new();
        for round in 0..5 {
            times.push(process.miss(10 * (number + 1) + round).await);
        }
        proxy.delay(Duration::ZERO);
        eprintln!("Redis is slow, {name}: misses take {times:?}");
        assert!(times.iter().min() < Some(&(BUDGET * 6 / 5)), "{name}: {times:?}");
        assert_eq!(proxy.accepted(), accepted, "{name}: what is left of a budget is no reason to connect again");
    }
}

/// A call of the program has a budget of its own.
#[tokio::test]
async fn a_value_waits_for_one_budget_while_redis_hangs() {
    let Some(server) = RedisServer::start("budget-values", &[]) else { return };
    for (name, process) in Process::all(&server.url()) {
        let fill = async |round| {
            let (start, options) = (now(), CacheOptions::new());
            let key = format!("{name} {round}");
            let filled: Result<u8, Problem> = process.cache.get_or_fill(&key, &options, async || Ok(7)).await;
            assert_eq!(filled.unwrap(), 7);
            now() - start
        };
        let time = process.during_hangs(&server, fill).await;
        assert!(time < BUDGET * 3 / 2, "{name}: {time:?}");
    }
}

/// The answers of Redis take longer than the budget together, but the request waits for another process.
#[tokio::test]
async fn waiting_for_another_process_is_no_wait_for_redis() {
    let Some(server) = RedisServer::start("budget-turns", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let calls = Arc::default();
    let [one, two] = [server.url(), proxy.url()].map(|url| Process::new(TieredStore::new(redis(&url)), &calls));
    one.until_hit().await;
    two.until_hit().await;
    let before = calls.count();
    proxy.delay(BUDGET / 4);
    let slow = async |process: &Process| process.app.get("/budget/slow").send().await.status();
    let second = async {
        within("the handler", async || calls.count() > before).await;
        slow(&two).await
    };
    assert_eq!(tokio::join!(slow(&one), second), (StatusCode::OK, StatusCode::OK));
    assert_eq!(calls.count(), before + 1);
}

/// A claim that was not sent keeps no repetition out.
#[tokio::test]
async fn a_claim_after_the_budget_is_not_sent() {
    let Some(server) = RedisServer::start("budget-claim", &[]) else { return };
    let process = Process::tiered(&server.url());
    process.until_hit().await;
    let before = process.calls.count();
    let refused = async |_| {
        let (answer, time) = process.order("/budget/limited-order", "a").await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        time
    };
    let time = process.during_hangs(&server, refused).await;
    assert!(time < BUDGET * 3 / 2, "{time:?}");
    within("Redis", async || {
        let (answer, _) = process.order("/budget/limited-order", "a").await;
        assert_ne!(answer.status(), StatusCode::CONFLICT, "the claim was sent");
        answer.status() == StatusCode::CREATED
    })
    .await;
    assert_eq!(process.calls.count(), before + 1);
}

/// The request was not processed, so its claim must go.
#[tokio::test]
async fn a_claim_that_is_answered_late_is_released() {
    let Some(server) = RedisServer::start("budget-late-claim", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let process = Process::tiered(&proxy.url());
    process.until_hit().await;
    let before = process.calls.count();
    proxy.delay(BUDGET * 7 / 10);
    let (answer, _) = process.order("/budget/limited-order", "a").await;
    assert_eq!((answer.status(), process.calls.count()), (StatusCode::SERVICE_UNAVAILABLE, before));
    proxy.delay(Duration::ZERO);
    within("the release", async || process.order("/budget/limited-order", "a").await.0.status() == StatusCode::CREATED)
        .await;
    assert_eq!(process.calls.count(), before + 1);
}

/// The response is not held up, and its repetitions get it.
#[tokio::test]
async fn a_response_is_recorded_after_the_budget() {
    let Some(server) = RedisServer::start("budget-record", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let process = Process::tiered(&proxy.url());
    process.until_hit().await;
    let before = process.calls.count();
    proxy.delay(BUDGET * 8 / 10);
    let mut times = Vec::new();
    for key in ["a", "b", "c"] {
        let (answer, time) = process.order("/budget/order", key).await;
        assert_eq!(answer.status(), StatusCode::PAYMENT_REQUIRED);
        times.push(time);
    }
    assert!(times.iter().min() < Some(&(BUDGET * 13 / 10)), "{times:?}");
    proxy.delay(Duration::ZERO);
    for key in ["a", "b", "c"] {
        within("the record", async || {
            let (answer, _) = process.order("/budget/order", key).await;
            answer.header("idempotency-replayed") == Some("true")
        })
        .await;
    }
    assert_eq!(process.calls.count(), before + 3);
}
