//! After an invalidation has returned, no read that begins sees an older version. Writers, readers and slow fills run
//! in random order, and a checker verifies what was read. `suite redis::race` runs it with several caches on one Redis.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use fastrand::Rng;
use http::{Method, StatusCode};
use routekit::{
    Clock,
    cache::{Cache, CacheBuilder, CacheTags},
    prelude::*,
    test::TestApp,
};
use tokio::task::yield_now;

use crate::{redis::now, stores::Plain};

const TASKS: usize = 8;
const ITEMS: usize = 192;
/// Every other operation uses one of these. The others rest until the tag table forgets their tags' numbers.
const POPULAR: usize = 24;

/// The values, each with a version that only rises. Item `n` is of the kind `n % 3`.
struct World {
    items: Vec<AtomicU64>,
    /// The checker's time: the number of events so far.
    events: AtomicU64,
    /// Running handlers, with or without a client.
    running: AtomicUsize,
}

/// The version that a handler wrote, also where no answer carries it, as after a panic.
#[derive(Clone, Default)]
struct Wrote(Arc<AtomicU64>);

struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl World {
    fn new() -> Self {
        let items = (0..ITEMS).map(|_| AtomicU64::new(0)).collect();
        Self { items, events: AtomicU64::new(0), running: AtomicUsize::new(0) }
    }

    fn event(&self) -> u64 {
        self.events.fetch_add(1, Ordering::SeqCst)
    }

    fn write(&self, item: usize) -> u64 {
        self.items[item].fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Reads, and takes its time before and after.
    async fn read(&self, item: usize) -> String {
        dawdle().await;
        let version = self.items[item].load(Ordering::SeqCst);
        dawdle().await;
        version.to_string()
    }
}

/// A slow database: yields to other tasks a few times, rarely for long.
async fn dawdle() {
    let times = if fastrand::u8(..) < 8 { 200 } else { fastrand::u8(..4) };
    for _ in 0..times {
        yield_now().await;
    }
}

#[get("/race/tag/{item}", cache(ttl = 3600, tags("all", "item:{item}")))]
async fn by_tag(item: usize, world: Dep<World>) -> String {
    world.read(item).await
}

#[get("/race/pattern/{item}/x", cache(ttl = 3600))]
async fn by_pattern(item: usize, world: Dep<World>) -> String {
    world.read(item).await
}

#[get("/race/route/{item}", cache(ttl = 3600))]
async fn by_route(item: usize, world: Dep<World>) -> (CacheTags, String) {
    // A tag that the handler adds while it runs.
    (CacheTags::new([format!("found:{item}")]), world.read(item).await)
}

/// Writes, and ends in one of several ways.
#[post("/race/route/{item}/{end}", invalidates("found:{item}"), timeout = "20ms")]
async fn write(item: usize, end: String, world: Dep<World>, wrote: Extension<Wrote>) -> Response {
    world.running.fetch_add(1, Ordering::SeqCst);
    let _running = Running(&world.running);
    if end == "refused" {
        return StatusCode::CONFLICT.into_response();
    }
    dawdle().await;
    if end == "late" {
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    wrote.0.0.store(world.write(item), Ordering::SeqCst);
    dawdle().await;
    match end.as_str() {
        "panic" => panic!("as it should"),
        "fails" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "hangs" => {
            tokio::time::sleep(Duration::from_millis(25)).await;
            "late".into_response()
        }
        _ => "well".into_response(),
    }
}

/// An invalidation of this item, after this version was written, had returned by then.
#[derive(Debug, Clone, Copy)]
struct Returned {
    item: usize,
    version: u64,
    at: u64,
    time: Instant,
}

/// A read that began then saw this version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    item: usize,
    version: u64,
    began: u64,
    hit: bool,
    time: Instant,
}

#[derive(Default)]
pub(crate) struct History {
    returned: Vec<Returned>,
    seen: Vec<Seen>,
    /// Invalidations that failed, so that nothing is promised.
    failed: usize,
}

impl History {
    /// An invalidation after this version was written had returned at this event.
    pub(crate) fn add_returned(&mut self, item: usize, version: u64, at: u64) {
        self.returned.push(Returned { item, version, at, time: now() });
    }

    /// A read that began at this event saw this version.
    pub(crate) fn add_seen(&mut self, item: usize, version: u64, (began, time): (u64, Instant), hit: bool) {
        self.seen.push(Seen { item, version, began, hit, time });
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.returned.extend(other.returned);
        self.seen.extend(other.seen);
        self.failed += other.failed;
    }

    pub(crate) fn reads(&self) -> usize {
        self.seen.len()
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    pub(crate) fn hits(&self) -> usize {
        self.seen.iter().filter(|seen| seen.hit).count()
    }

    /// For each read that saw a version older than one whose invalidation had returned before: how long before.
    pub(crate) fn lags(mut self) -> Vec<Duration> {
        self.returned.sort_by_key(|returned| returned.at);
        let lag = |seen: &Seen| {
            let newer = |returned: &&Returned| returned.item == seen.item && returned.version > seen.version;
            let first = self.returned.iter().take_while(|returned| returned.at < seen.began).find(newer)?;
            Some(seen.time.saturating_duration_since(first.time))
        };
        let mut lags: Vec<Duration> = self.seen.iter().filter_map(lag).collect();
        lags.sort_unstable();
        lags
    }

    /// Reads that saw a version older than one whose invalidation had returned before they began.
    pub(crate) fn stale_reads(mut self) -> Vec<(Seen, u64)> {
        self.returned.sort_by_key(|returned| returned.at);
        let mut by_item = vec![Vec::<(u64, u64)>::new(); ITEMS];
        for Returned { item, version, at, .. } in self.returned {
            let before = by_item[item].last().map_or(0, |(_, version)| *version);
            by_item[item].push((at, version.max(before)));
        }
        let least = |seen: &Seen| {
            let returned = &by_item[seen.item];
            let before = returned.partition_point(|(at, _)| *at < seen.began);
            if before == 0 { 0 } else { returned[before - 1].1 }
        };
        self.seen.iter().map(|seen| (*seen, least(seen))).filter(|(seen, least)| seen.version < *least).collect()
    }
}

async fn ask(app: &TestApp, method: Method, path: String, wrote: Wrote) -> (StatusCode, bool, String) {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    request.extensions_mut().insert(wrote);
    let response = app.call(request).await;
    let (status, hit) = (response.status(), response.headers().get("x-cache").is_some_and(|x_cache| x_cache == "HIT"));
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, hit, String::from_utf8(body.to_vec()).unwrap())
}

/// Awaits the future, or drops it after a while.
async fn perhaps_leave<T>(random: &mut Rng, work: impl Future<Output = T>) -> Option<T> {
    if random.u8(..) >= 12 {
        return Some(work.await);
    }
    let patience = random.u8(..12);
    tokio::select! {
        biased;
        answer = work => Some(answer),
        () = async { for _ in 0..patience { yield_now().await } } => None,
    }
}

/// Several apps whose caches have one store, and what happens to them.
pub(crate) struct Race {
    pub(crate) caches: Vec<CacheBuilder>,
    /// How many operations all tasks do.
    pub(crate) operations: usize,
    pub(crate) seed: u64,
    /// Whether only tags are invalidated.
    pub(crate) tags_only: bool,
    /// Whether a response to a handler that was dropped, since it timed out or panicked, leaves after its invalidation.
    /// Only the embedded store invalidates without waiting.
    pub(crate) drop_invalidates: bool,
    /// How long an invalidation of a handler without a client may take.
    pub(crate) settle: Duration,
    /// Ends the race early.
    pub(crate) stop: Arc<AtomicBool>,
}

impl Default for Race {
    fn default() -> Self {
        Self {
            caches: Vec::new(),
            operations: 100_000,
            seed: 1,
            tags_only: false,
            drop_invalidates: true,
            settle: Duration::ZERO,
            stop: Arc::default(),
        }
    }
}

impl Race {
    fn new(cache: CacheBuilder, seed: u64) -> Self {
        Self { caches: vec![cache], seed, ..Self::default() }
    }
}

/// The operations of one task, each on one of the apps, and what it saw.
async fn act(
    apps: Vec<(TestApp, Cache)>,
    world: Arc<World>,
    mut random: Rng,
    (operations, tags_only, drop_invalidates, stop): (usize, bool, bool, Arc<AtomicBool>),
) -> History {
    let mut history = History::default();
    for _ in 0..operations / TASKS {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let (app, cache) = &apps[random.usize(..apps.len())];
        let among = if random.bool() { POPULAR } else { ITEMS };
        let item = random.usize(..among);
        let item = if tags_only { item - item % 3 } else { item };
        match random.u8(..100) {
            // One more tag that no entry carries, so that the table forgets others.
            0..8 => {
                let invalidated = cache.invalidate_tag(&format!("junk:{}", random.u64(..))).await;
                history.failed += usize::from(invalidated.is_err());
            }
            8..28 => {
                let version = match item % 3 {
                    0 => {
                        let version = world.write(item);
                        let tag = if random.u8(..16) == 0 { "all".to_owned() } else { format!("item:{item}") };
                        if cache.invalidate_tag(&tag).await.is_err() {
                            history.failed += 1;
                            continue;
                        }
                        version
                    }
                    1 => {
                        let version = world.write(item);
                        let pattern = match random.u8(..4) {
                            0 => format!("/race/pattern/{item}/x"),
                            1 => format!("/race/pattern/{item}/*"),
                            2 => format!("/race/p*/{item}/x"),
                            _ => "/race/pattern/{item}/x".to_owned(),
                        };
                        if cache.invalidate_pattern(&pattern).await.is_err() {
                            history.failed += 1;
                            continue;
                        }
                        version
                    }
                    _ => {
                        let end = match random.u8(..200) {
                            0..5 => "hangs",
                            5 => "late",
                            6..12 => "panic",
                            12..30 => "fails",
                            30..45 => "refused",
                            _ => "well",
                        };
                        let wrote = Wrote::default();
                        let path = format!("/race/route/{item}/{end}");
                        let answer = ask(app, Method::POST, path, wrote.clone());
                        match perhaps_leave(&mut random, answer).await {
                            Some((status, ..)) if status == StatusCode::OK || drop_invalidates => {}
                            // It is unknown whether this one has been invalidated yet.
                            _ => continue,
                        }
                        wrote.0.load(Ordering::SeqCst)
                    }
                };
                history.add_returned(item, version, world.event());
            }
            _ => {
                let path = match item % 3 {
                    0 => format!("/race/tag/{item}"),
                    1 => format!("/race/pattern/{item}/x"),
                    _ => format!("/race/route/{item}"),
                };
                let began = (world.event(), now());
                let answer = ask(app, Method::GET, path, Wrote::default());
                if let Some((status, hit, body)) = perhaps_leave(&mut random, answer).await {
                    assert_eq!(status, StatusCode::OK);
                    history.add_seen(item, body.parse().unwrap(), began, hit);
                }
            }
        }
    }
    history
}

/// An app with this cache, and the cache.
async fn app(cache: CacheBuilder, world: &Arc<World>) -> (TestApp, Cache) {
    let app = App::with_routes(routes![by_tag, by_pattern, by_route, write, hand_out]);
    let app = TestApp::new(app.provide_shared(Arc::clone(world)).cache(cache));
    let handed = Handed::default();
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = "/race/cache".parse().unwrap();
    request.extensions_mut().insert(handed.clone());
    app.call(request).await;
    let cache = handed.0.lock().unwrap().take().unwrap();
    (app, cache)
}

/// Runs all tasks. Returns what they saw, and what is read at the end.
pub(crate) async fn run(race: Race) -> History {
    let world = Arc::new(World::new());
    let mut apps = Vec::new();
    for cache in race.caches {
        apps.push(app(cache, &world).await);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS as u64 {
        let random = Rng::with_seed(race.seed * 1000 + task);
        let how = (race.operations, race.tags_only, race.drop_invalidates, Arc::clone(&race.stop));
        tasks.spawn(act(apps.clone(), Arc::clone(&world), random, how));
    }
    let mut history = History::default();
    for part in tasks.join_all().await {
        history.extend(part);
    }

    // Handlers whose clients left run to their ends. After that, reads must see what they wrote.
    for _ in 0..2000 {
        if world.running.load(Ordering::SeqCst) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(world.running.load(Ordering::SeqCst), 0, "handlers end");
    for _ in 0..1000 {
        yield_now().await;
    }
    tokio::time::sleep(race.settle).await;
    let end = world.event();
    for item in (2..ITEMS).step_by(3) {
        let version = world.items[item].load(Ordering::SeqCst);
        history.add_returned(item, version, end);
        for (app, _) in &apps {
            let path = format!("/race/route/{item}");
            let (_, hit, body) = ask(app, Method::GET, path, Wrote::default()).await;
            history.add_seen(item, body.parse().unwrap(), (end + 1, now()), hit);
        }
    }
    history
}

/// Hands the app's cache to the test.
#[derive(Clone, Default)]
struct Handed(Arc<std::sync::Mutex<Option<Cache>>>);

#[get("/race/cache")]
async fn hand_out(cache: Dep<Cache>, handed: Extension<Handed>) {
    *handed.0.0.lock().unwrap() = Some(Cache::clone(&cache));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_after_an_invalidation_see_nothing_older() {
    for seed in 1..=3 {
        let history = run(Race::new(Cache::builder().tag_capacity(256), seed)).await;
        let (reads, hits) = (history.reads(), history.hits());
        assert_eq!(history.failed(), 0);
        assert!(hits > reads / 10, "seed {seed}: {hits} hits of {reads} say little");
        let stale = history.stale_reads();
        assert!(stale.is_empty(), "seed {seed}: {} of {reads} reads were stale, as {:?}", stale.len(), stale[0]);
        eprintln!("seed {seed}: {reads} reads, {hits} hits");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reference_store_passes_the_checker() {
    let race = Race::new(Cache::builder().store(Plain::new(Clock::system())), 1);
    let stale = run(Race { tags_only: true, ..race }).await.stale_reads();
    assert!(stale.is_empty(), "{} reads were stale, as {:?}", stale.len(), stale[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn checker_detects_a_store_without_stamps() {
    let race = Race::new(Cache::builder().store(Plain::without_stamps(Clock::system())), 1);
    let stale = run(Race { tags_only: true, ..race }).await.stale_reads();
    eprintln!("{} stale reads", stale.len());
    assert!(!stale.is_empty(), "a store that drops entries loses the race, and the checker did not see it");
}
