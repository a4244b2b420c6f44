//! Values that programs store in the cache, in the embedded store and in the reference store.

mod configured;
mod fills;
mod invalidation;
mod kept;
mod keys;
mod race;
mod stale;
mod wrapped;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use routekit::{
    Clock, ManualClock, Spawner,
    cache::{Cache, CacheBuilder, CacheOptions},
};

use crate::{
    stores::Plain,
    support::{MINUTE, Runs},
};

/// A cache builder without jitter, on this clock, with a spawner.
fn builder(clock: &Clock) -> CacheBuilder {
    let spawner = Spawner::tokio();
    Cache::builder().ttl_jitter(0.0).clock(clock.clone()).spawner(spawner)
}

/// Runs the test with each of the two stores.
async fn on_both(test: impl AsyncFn(Cache, ManualClock)) {
    for plain in [false, true] {
        eprintln!("in the {} store", if plain { "slow and obvious" } else { "embedded" });
        let clock = ManualClock::new();
        let builder = builder(&clock.clock());
        let builder = if plain { builder.store(Plain::new(clock.clock())) } else { builder };
        test(builder.build(), clock).await;
    }
}

/// The stored value, or else the number of this fill, which takes [`FILL`].
async fn ask(cache: &Cache, key: &str, options: &CacheOptions, runs: &Runs) -> usize {
    let runs = runs.clone();
    let fill = async move || {
        tokio::time::sleep(FILL).await;
        Ok::<_, Failed>(runs.next())
    };
    cache.get_or_fill(key, options, fill).await.unwrap()
}

#[derive(Debug, Clone, PartialEq)]
struct Failed;

const FILL: Duration = Duration::from_millis(100);

fn options() -> CacheOptions {
    CacheOptions::new().ttl(MINUTE)
}
