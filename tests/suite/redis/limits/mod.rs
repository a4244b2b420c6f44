//! Rate limits that all processes share.

mod away;
mod model;
mod settings;
mod shared;
mod time;

use std::time::Duration;

use routekit::{
    ManualClock,
    cache::{Cache, RedisStore},
    prelude::*,
    test::{TestApp, TestResponse},
};

/// One process, as far as Redis is concerned. Its own time stands still.
struct Process {
    app: TestApp,
    clock: ManualClock,
}

impl Process {
    fn new(url: &str, app: App) -> Self {
        let store = store(url);
        let clock = ManualClock::new();
        let app = app.cache(Cache::builder().store(store));
        Self { app: TestApp::builder(app).clock(clock.clock()).build(), clock }
    }

    async fn statuses(&self, path: &str, count: usize) -> Vec<u16> {
        crate::rate_limit::statuses(&self.app, path, count).await
    }

    /// A request with this value of the header `x-client`.
    async fn of(&self, client: &str, path: &str) -> TestResponse {
        self.app.get(path).header("x-client", client).send().await
    }

    /// The value of this metric, summed over its series with these labels.
    fn metric(&self, name: &str, labels: &str) -> u64 {
        let text = self.app.metrics();
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(labels));
        lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
    }

    /// How many requests it has counted on its own.
    fn fallbacks(&self) -> u64 {
        self.metric("routekit_rate_limit_fallbacks_total", "")
    }
}

/// A store with the largest budget, so that a busy machine is no outage.
fn store(url: &str) -> RedisStore {
    RedisStore::builder(url).budget(Duration::from_millis(250)).build().unwrap()
}
