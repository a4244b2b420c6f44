//! Collects the figures of a tick from the parts of an app.

use crate::{
    alerts::{AlertFigures, BreakerReading, BreakerReadingState},
    breaker::{Breakers, State},
    cache::{Cache, ProviderStatus},
};

/// The parts of an app that have figures.
pub(in crate::app) struct FigureSources {
    pub(in crate::app) breakers: Breakers,
    pub(in crate::app) cache: Cache,
}

impl FigureSources {
    pub(super) async fn collect(&self) -> AlertFigures {
        AlertFigures { breakers: self.breakers(), stores_down: self.stores_down().await, ..AlertFigures::default() }
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
