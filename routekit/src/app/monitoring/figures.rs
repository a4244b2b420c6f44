//! Collects the figures of a tick from the parts of an app.

use std::time::Duration;

use crate::{
    alerts::{AlertFigures, BreakerReading, BreakerReadingState, SystemReading},
    breaker::{Breakers, State},
    cache::{Cache, ProviderStatus},
    system::SystemMonitor,
};

/// The parts of an app that have figures.
pub(in crate::app) struct FigureSources {
    pub(in crate::app) breakers: Breakers,
    pub(in crate::app) cache: Cache,
    pub(in crate::app) system: SystemMonitor,
}

impl FigureSources {
    pub(super) async fn collect(&self) -> AlertFigures {
        AlertFigures {
            routes: Vec::new(),
            system: self.system(),
            breakers: self.breakers(),
            stores_down: self.stores_down().await,
        }
    }

    fn system(&self) -> SystemReading {
        let latest = self.system.latest();
        SystemReading {
            cpu_percent: latest.cpu.usage,
            rss: latest.memory.used,
            memory_limit: latest.memory.total,
            scheduling_delay: latest.runtime.delay.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok()),
        }
    }

    fn breakers(&self) -> Vec<BreakerReading> {
        let readings = self.breakers.iter().filter_map(|breaker| {
            let state = match breaker.state() {
                State::Closed => return None,
                State::Open => BreakerReadingState::Open,
                State::HalfOpen => BreakerReadingState::HalfOpen,
            };
            Some(BreakerReading { name: breaker.name().to_owned(), state })
        });
        readings.collect()
    }

    /// A store in this process is never down.
    async fn stores_down(&self) -> Vec<&'static str> {
        let is_down =
            !self.cache.is_embedded() && self.cache.condition().await.provider.status == ProviderStatus::Unhealthy;
        if is_down { vec!["cache"] } else { Vec::new() }
    }
}
