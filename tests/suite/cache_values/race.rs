//! After an invalidation or a `set` has returned, no read that begins gets an older value. Writers, readers and slow
//! fills run in random order.

use std::sync::atomic::AtomicU64;

use fastrand::Rng;
use futures_util::poll;
use routekit::cache::RedisStore;
use tokio::{sync::Mutex, task::yield_now};

use super::*;
use crate::support::RedisServer;

const TASKS: usize = 8;
const OPERATIONS: usize = 20_000;
/// The reference store gets slower with each invalidation.
const FEWER: usize = 8_000;
const ITEMS: usize = 48;

/// A value that only rises, and the highest one whose writer has returned.
#[derive(Default)]
struct Item {
    version: AtomicU64,
    returned: AtomicU64,
    /// Serialises the writers, so that none of them replaces the value of another.
    writers: Mutex<()>,
}

struct World {
    items: Vec<Item>,
    reads: AtomicUsize,
    hits: AtomicUsize,
    stale: AtomicUsize,
    /// Invalidations that failed, so that nothing is promised.
    failed: AtomicUsize,
}

async fn dawdle() {
    let times = if fastrand::u8(..) < 8 { 100 } else { fastrand::u8(..4) };
    for _ in 0..times {
        yield_now().await;
    }
}

async fn write(cache: &Cache, item: usize, world: &World, random: &mut Rng) {
    let (key, kept) = (format!("item:{item}:x"), &world.items[item]);
    let _writing = kept.writers.lock().await;
    let version = kept.version.fetch_add(1, Ordering::SeqCst) + 1;
    let done = match random.u8(..7) {
        0 => cache.invalidate(&key).await,
        1 => cache.invalidate_tag(&format!("tag:{item}")).await,
        2 => cache.invalidate_pattern(&key).await,
        3 => cache.invalidate_pattern(&format!("item:{item}:*")).await,
        4 => cache.invalidate_pattern(&format!("i*:{item}:x")).await,
        5 if random.u8(..8) == 0 => cache.invalidate_tag("all").await,
        // On a busy machine the store's time limit may pass, and then the stored value is unknown.
        _ if cache.set(&key, &version, &options_of(item)).await.is_err() => return,
        _ => Ok(()),
    };
    if done.is_err() {
        world.failed.fetch_add(1, Ordering::Relaxed);
        return;
    }
    kept.returned.fetch_max(version, Ordering::SeqCst);
}

fn options_of(item: usize) -> CacheOptions {
    // Every third value is stale at once.
    let ttl = if item.is_multiple_of(3) { Duration::from_millis(1) } else { MINUTE };
    CacheOptions::new().ttl(ttl).tags([format!("tag:{item}"), "all".to_owned()]).stale_while_revalidate(MINUTE)
}

async fn read(cache: &Cache, item: usize, world: &Arc<World>, random: &mut Rng) {
    let key = format!("item:{item}:x");
    let least = world.items[item].returned.load(Ordering::SeqCst);
    let ends_badly = random.u8(..32);
    let (filling, ran) = (Arc::clone(world), Arc::new(AtomicUsize::new(0)));
    let runs = Arc::clone(&ran);
    let fill = async move || {
        runs.store(1, Ordering::SeqCst);
        dawdle().await;
        let version = filling.items[item].version.load(Ordering::SeqCst);
        dawdle().await;
        if ends_badly == 0 { Err(Failed) } else { Ok(version) }
    };
    let options = options_of(item);
    let value = async {
        if ends_badly == 1 {
            Ok(cache.get(&key).await.ok().flatten())
        } else {
            cache.get_or_fill(&key, &options, fill).await.map(Some)
        }
    };
    let patience = if random.u8(..) < 12 { random.u8(..12) } else { u8::MAX };
    let value = tokio::select! {
        biased;
        value = value => value,
        () = async { for _ in 0..patience { yield_now().await } }, if patience < u8::MAX => return,
    };
    if let Ok(Some(version)) = value {
        world.reads.fetch_add(1, Ordering::Relaxed);
        world.hits.fetch_add(1 - ran.load(Ordering::SeqCst), Ordering::Relaxed);
        world.stale.fetch_add(usize::from(version < least), Ordering::Relaxed);
    }
}

/// Numbers of reads, of reads without a fill of their own, and of reads of values replaced before they began.
async fn run(cache: CacheBuilder, seed: u64, operations: usize) -> (usize, usize, usize) {
    let (counts, failed) = run_with_failures(cache, seed, operations).await;
    assert_eq!(failed, 0);
    counts
}

/// The same, and the number of invalidations that failed.
async fn run_with_failures(cache: CacheBuilder, seed: u64, operations: usize) -> ((usize, usize, usize), usize) {
    let spawner = Spawner::tokio();
    let cache = cache.spawner(spawner).max_key_length(if seed.is_multiple_of(2) { 250 } else { 0 }).build();
    let items = (0..ITEMS).map(|_| Item::default()).collect();
    let world = World {
        items,
        reads: AtomicUsize::new(0),
        hits: AtomicUsize::new(0),
        stale: AtomicUsize::new(0),
        failed: AtomicUsize::new(0),
    };
    let world = Arc::new(world);
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS as u64 {
        let (cache, world) = (cache.clone(), Arc::clone(&world));
        tasks.spawn(async move {
            let mut random = Rng::with_seed(seed * 1000 + task);
            for _ in 0..operations / TASKS {
                let item = random.usize(..ITEMS);
                match random.u8(..100) {
                    0..5 => {
                        let done = cache.invalidate_tag(&format!("junk:{}", random.u64(..))).await;
                        world.failed.fetch_add(usize::from(done.is_err()), Ordering::Relaxed);
                    }
                    5..20 => write(&cache, item, &world, &mut random).await,
                    _ => read(&cache, item, &world, &mut random).await,
                }
            }
        });
    }
    tasks.join_all().await;
    let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    ((count(&world.reads), count(&world.hits), count(&world.stale)), count(&world.failed))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_after_a_set_or_invalidation_get_nothing_older() {
    for seed in 1..=4 {
        let (reads, hits, stale) = run(Cache::builder().tag_capacity(256), seed, OPERATIONS).await;
        eprintln!("seed {seed}: {reads} reads, {hits} hits");
        assert!(hits > reads / 10, "seed {seed}: {hits} hits of {reads} say little");
        assert_eq!(stale, 0, "seed {seed}: of {reads} reads");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reference_store_passes_the_checker() {
    for seed in 1..=2 {
        let (reads, _, stale) = run(Cache::builder().store(Plain::new(Clock::system())), seed, FEWER).await;
        assert_eq!(stale, 0, "seed {seed}: of {reads} reads");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn redis_passes_the_checker() {
    let Some(server) = RedisServer::start("values-race", &[]) else { return };
    let store = RedisStore::builder(server.url()).budget(Duration::from_millis(250)).build().unwrap();
    store.connect(Duration::from_secs(10)).await.unwrap();
    // On a busy machine, Redis may not answer in time.
    let ((reads, hits, stale), _) = run_with_failures(Cache::builder().store(store), 1, FEWER / 2).await;
    assert!(hits > reads / 10, "{hits} hits of {reads} say little");
    assert_eq!(stale, 0, "of {reads} reads");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn checker_detects_a_store_without_stamps() {
    let (_, _, stale) = run(Cache::builder().store(Plain::without_stamps(Clock::system())), 1, FEWER).await;
    eprintln!("{stale} stale reads");
    assert!(stale > 0, "a store that drops entries loses the race, and the checker did not see it");
}

/// The first fill begins after the invalidation that makes its flight invalid, so that its value would be valid.
#[tokio::test(start_paused = true)]
async fn fill_of_a_replaced_flight_does_not_overwrite_a_value_that_was_set() {
    let clock = ManualClock::new().clock();
    let cache = builder(&clock).store(Plain::new(clock)).build();
    let options = CacheOptions::new().ttl(MINUTE).tags(["tag"]);
    let (release, released) = tokio::sync::oneshot::channel();
    let slow = async move || {
        released.await.unwrap();
        Ok::<_, Failed>(1)
    };
    let mut first = Box::pin(cache.get_or_fill("key", &options, slow));
    // Each poll ends in the next lookup: the one before the flight, and the one after it.
    assert!(poll!(&mut first).is_pending() && poll!(&mut first).is_pending());
    cache.invalidate_tag("tag").await.unwrap();
    assert!(poll!(&mut first).is_pending(), "it fills");
    assert_eq!(cache.get_or_fill("key", &options, async || Ok::<_, Failed>(1)).await, Ok(1), "it replaces the flight");
    cache.set("key", &2, &options).await.unwrap();
    release.send(()).unwrap();
    assert_eq!(first.await, Ok(1));
    assert_eq!(cache.get("key").await.unwrap(), Some(2));
}
