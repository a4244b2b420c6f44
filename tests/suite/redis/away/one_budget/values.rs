//! Values of the program: how long they wait, and what becomes of one that is stored late.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use routekit::{
    Spawner,
    cache::{Cache, CacheOptions, CacheStore, TieredStore},
    prelude::*,
};

use super::{BUDGET, Process, misses::begin_to_hang, redis};
use crate::{
    redis::{now, within},
    support::{RedisServer, TcpProxy, exact},
};

/// A cache once Redis answers.
async fn connected(store: impl CacheStore) -> Cache {
    let cache = exact().store(store).spawner(Spawner::tokio()).build();
    within("the server", async || cache.health().await.is_ok() && cache.exists("unused").await.is_ok()).await;
    cache
}

/// Fills values, each with the number of its fill.
#[derive(Default)]
struct Fills(Arc<AtomicU64>);

impl Fills {
    async fn get(&self, cache: &Cache, key: &str) -> u64 {
        let count = Arc::clone(&self.0);
        let fill = async move || Ok::<_, Problem>(count.fetch_add(1, Ordering::SeqCst) + 1);
        cache.get_or_fill(key, &CacheOptions::new(), fill).await.unwrap()
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    async fn until_more_than(&self, count: u64) {
        within("the fill", async || self.count() > count).await;
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

#[tokio::test]
async fn values_are_stored_although_answers_take_most_of_the_budget() {
    let Some(server) = RedisServer::start("budget-stores-values", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    for (name, process) in Process::all(&proxy.url()) {
        process.until_hit().await;
        proxy.delay(BUDGET * 6 / 10);
        let fill = async || process.cache.get_or_fill(name, &CacheOptions::new(), async || Ok::<_, Problem>(7)).await;
        assert_eq!(fill().await.unwrap(), 7);
        within("the value", async || process.cache.get::<u8>(name).await.is_ok_and(|value| value == Some(7))).await;
        proxy.delay(Duration::ZERO);
    }
}

/// The first caller finds out that Redis hangs, and the others get its value.
#[tokio::test]
async fn callers_that_wait_for_each_other_share_a_value_if_redis_begins_to_hang() {
    let Some(server) = RedisServer::start("budget-share-value", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let cache = connected(redis(&proxy.url())).await;
    let (fills, start) = (Fills::default(), now());
    let get = async || fills.get(&cache, "key").await;
    let (values, ()) = tokio::join!(async { tokio::join!(get(), get(), get()) }, begin_to_hang(&proxy));
    let time = now() - start;
    assert_eq!(values, (1, 1, 1));
    assert!(time < BUDGET * 3 / 2, "{time:?}");
}

/// A value that is set is invalidated first only if an older one may be stored after it.
#[tokio::test]
async fn setting_a_value_invalidates_only_if_a_fill_is_stored_late() {
    let Some(server) = RedisServer::start("budget-set", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    let cache = connected(redis(&proxy.url())).await;
    let (fills, options) = (Fills::default(), CacheOptions::new());
    let invalidations = async || cache.stats().await.program.invalidations();
    // In time: the flight shows which key is filled.
    proxy.delay(BUDGET / 5);
    let set = async {
        fills.until_more_than(0).await;
        cache.set("two", &7, &options).await.unwrap();
    };
    assert_eq!(tokio::join!(fills.get(&cache, "one"), set), (1, ()));
    proxy.delay(Duration::ZERO);
    assert_eq!(invalidations().await, 0);
    // Late: the flight has ended before.
    proxy.delay(BUDGET * 42 / 100);
    assert_eq!(fills.get(&cache, "three").await, 2);
    proxy.delay(Duration::ZERO);
    within("the value", async || cache.set("three", &7, &options).await.is_ok()).await;
    assert!(invalidations().await > 0);
    assert_eq!(cache.get::<u64>("three").await.unwrap(), Some(7));
}

/// A process that waits for another one does so until the value is stored, and not until the other one has it.
#[tokio::test]
async fn value_that_is_stored_late_is_filled_by_one_process() {
    let Some(server) = RedisServer::start("budget-late-turn", &[]) else { return };
    let proxy = TcpProxy::start(server.addr()).await;
    // Without a lease, a process asks Redis whether the value is still valid before it stores it.
    let one = connected(TieredStore::builder(redis(&proxy.url())).lease(Duration::ZERO).build()).await;
    let two = connected(TieredStore::new(redis(&server.url()))).await;
    let fills = Fills::default();
    let mut counts = Vec::new();
    for key in ["one", "two", "three"] {
        let before = fills.count();
        proxy.delay(BUDGET * 42 / 100);
        let second = async {
            fills.until_more_than(before).await;
            fills.get(&two, key).await
        };
        tokio::join!(fills.get(&one, key), second);
        proxy.delay(Duration::ZERO);
        counts.push(fills.count() - before);
    }
    // An answer that is too late, on a busy machine, costs a second fill.
    assert!(counts.contains(&1), "{counts:?}");
}
