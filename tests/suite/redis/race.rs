//! The race of `cache_race`, with several caches on one Redis, undisturbed and while the server fails.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use routekit::cache::{Cache, CacheBuilder, RedisStore};

use crate::{
    cache_race::{Race, run},
    support::{RedisServer, during_faults, twenty_faults},
};

/// Caches of as many processes, with the largest budget.
fn caches(url: &str, count: usize) -> Vec<CacheBuilder> {
    let store = || RedisStore::builder(url).budget(Duration::from_millis(250)).build().unwrap();
    (0..count).map(|_| Cache::builder().store(store())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_after_an_invalidation_in_any_process_see_nothing_older() {
    let Some(server) = RedisServer::start("race", &[]) else { return };
    let (caches, settle) = (caches(&server.url(), 3), Duration::from_millis(200));
    let history = run(Race { caches, operations: 6_000, drop_invalidates: false, settle, ..Race::default() }).await;
    let (reads, hits, failed) = (history.reads(), history.hits(), history.failed());
    eprintln!("{reads} reads, {hits} hits, {failed} failed invalidations");
    assert!(hits > reads / 10, "{hits} hits of {reads} say little");
    let stale = history.stale_reads();
    assert!(stale.is_empty(), "{} of {reads} reads were stale, as {:?}", stale.len(), stale[0]);
}

/// No request fails. Once an invalidation has succeeded, no process serves anything older.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_see_nothing_older_while_the_server_is_killed_paused_and_flushed() {
    let Some(server) = RedisServer::start("chaos", &[]) else { return };
    let stop = Arc::new(AtomicBool::new(false));
    let race = Race {
        caches: caches(&server.url(), 4),
        operations: usize::MAX,
        tags_only: true,
        drop_invalidates: false,
        settle: Duration::from_millis(200),
        stop: Arc::clone(&stop),
        ..Race::default()
    };
    let faults = move || twenty_faults(server, Duration::from_millis(100));
    let history = during_faults(run(race), stop, faults).await;
    let (reads, hits, failed) = (history.reads(), history.hits(), history.failed());
    eprintln!("{reads} reads, {hits} hits, {failed} failed invalidations");
    assert!(hits > 100, "{hits} hits of {reads} say little");
    let stale = history.stale_reads();
    assert!(stale.is_empty(), "{} of {reads} reads were stale, as {:?}", stale.len(), stale[0]);
}
