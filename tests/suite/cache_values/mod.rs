//! Values that programs keep in the cache, in the embedded store and in the slow and obvious one.

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
    Clock, Spawner,
    cache::{Cache, CacheBuilder, CacheOptions},
};

use crate::stores::Plain;

/// Lifetimes as they are said, on a clock that stands still, and somebody who finishes what is begun.
fn builder(clock: &Clock) -> CacheBuilder {
    let spawner = Spawner::new(|task| drop(tokio::spawn(task)));
    Cache::builder().ttl_jitter(0.0).clock(clock.clone()).spawner(spawner)
}

/// The same test with either store.
async fn on_both(test: impl AsyncFn(Cache, Clock)) {
    for plain in [false, true] {
        eprintln!("in the {} store", if plain { "slow and obvious" } else { "embedded" });
        let clock = Clock::manual();
        let builder = builder(&clock);
        let builder = if plain { builder.store(Plain::new(clock.clone())) } else { builder };
        test(builder.build(), clock).await;
    }
}

/// How often something was computed.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

impl Runs {
    fn next(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// The value; else the number of this run, after a while.
async fn ask(cache: &Cache, key: &str, options: &CacheOptions, runs: &Runs) -> usize {
    let runs = runs.clone();
    let fill = async move || {
        tokio::time::sleep(FILL).await;
        Ok::<_, Failed>(runs.next())
    };
    cache.get_or_fill(key, options, fill).await.unwrap()
}

#[derive(Debug, PartialEq)]
struct Failed;

const FILL: Duration = Duration::from_millis(100);
const MINUTE: Duration = Duration::from_secs(60);

fn options() -> CacheOptions {
    CacheOptions::new().ttl(MINUTE)
}
