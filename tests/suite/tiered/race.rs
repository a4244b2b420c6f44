//! The race of `cache_race`, with several processes.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use routekit::cache::{Cache, CacheBuilder, Consistency, TieredStoreBuilder};

use super::{LEASE, tiered};
use crate::{
    cache_race::{History, Race, run},
    support::{RedisServer, during_faults, twenty_faults},
};

fn race(url: &str, count: usize, with: impl Fn(TieredStoreBuilder) -> TieredStoreBuilder) -> Race {
    let cache = || Cache::builder().store(with(tiered(url)).build());
    let caches: Vec<CacheBuilder> = (0..count).map(|_| cache()).collect();
    Race { caches, operations: 6_000, drop_invalidates: false, settle: LEASE, ..Race::default() }
}

/// A read that took place within a busy machine's pause may begin before it is measured.
const SLACK: Duration = Duration::from_millis(20);

#[track_caller]
fn assert_within_the_lease(history: History) {
    let (reads, hits, failed) = (history.reads(), history.hits(), history.failed());
    assert!(hits > reads / 10, "{hits} hits of {reads} say little");
    let lags = history.lags();
    let (median, worst) = (lags.get(lags.len() / 2).copied(), lags.last().copied().unwrap_or_default());
    eprintln!("{reads} reads, {hits} hits, {failed} failed; {} late by {median:?} (p50), {worst:?}", lags.len());
    assert!(worst <= LEASE + SLACK, "a read saw what was invalidated {worst:?} before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_process_sees_its_own_invalidations_at_once() {
    let Some(server) = RedisServer::start("tiered-race-one", &[]) else { return };
    let history = run(race(&server.url(), 1, |store| store)).await;
    let (reads, hits) = (history.reads(), history.hits());
    assert!(hits > reads / 10, "{hits} hits of {reads} say little");
    let stale = history.stale_reads();
    assert!(stale.is_empty(), "{} of {reads} reads were stale, as {:?}", stale.len(), stale[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn other_processes_see_invalidations_within_the_lease() {
    let Some(server) = RedisServer::start("tiered-race", &[]) else { return };
    assert_within_the_lease(run(race(&server.url(), 4, |store| store)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn strict_processes_see_invalidations_at_once() {
    let Some(server) = RedisServer::start("tiered-race-strict", &[]) else { return };
    let history = run(race(&server.url(), 4, |store| store.consistency(Consistency::Strict))).await;
    let (reads, hits, failed) = (history.reads(), history.hits(), history.failed());
    eprintln!("{reads} reads, {hits} hits, {failed} failed invalidations");
    assert!(hits > reads / 10, "{hits} hits of {reads} say little");
    let stale = history.stale_reads();
    assert!(stale.is_empty(), "{} of {reads} reads were stale, as {:?}", stale.len(), stale[0]);
}

/// Without a fallback, nothing is served that may be invalid, whatever happens to the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_are_late_by_the_lease_at_most_while_the_server_is_killed_paused_and_flushed() {
    let Some(server) = RedisServer::start("tiered-chaos", &[]) else { return };
    let stop = Arc::new(AtomicBool::new(false));
    let race = race(&server.url(), 4, |store| store.fallback(routekit::cache::RedisFallback::None));
    let race = Race { operations: usize::MAX, tags_only: true, stop: Arc::clone(&stop), ..race };
    let faults = move || twenty_faults(server, Duration::from_millis(200));
    assert_within_the_lease(during_faults(run(race), stop, faults).await);
}
