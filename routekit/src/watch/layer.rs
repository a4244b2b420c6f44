use std::{fmt, sync::Arc};

use tower_layer::Layer;

use super::{Watch, matched::Learning, sample::Shared};
use crate::{
    clock::Clock,
    observe::{RouteObservers, RouteState},
};

/// Watches requests. See the [module docs](crate::watch).
#[derive(Clone)]
pub struct WatchLayer {
    unmatched: Arc<RouteState>,
    routes: Option<Arc<dyn RouteObservers>>,
    clock: Clock,
}

impl WatchLayer {
    /// For a plain axum router: each route finds its own state here, under the template that axum matched.
    #[must_use]
    pub fn per_route(routes: impl RouteObservers + 'static) -> Self {
        let routes: Arc<dyn RouteObservers> = Arc::new(routes);
        Self { unmatched: routes.unmatched(), routes: Some(routes), clock: Clock::system() }
    }

    /// Around a router whose routes each have a [`MatchedLayer`](super::MatchedLayer); `unmatched` is told of requests
    /// that none of them claims.
    #[must_use]
    pub fn around(unmatched: Arc<RouteState>) -> Self {
        Self { unmatched, routes: None, clock: Clock::system() }
    }

    /// Asks this clock. Defaults to the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S> Layer<S> for WatchLayer {
    type Service = Watch<S>;

    fn layer(&self, inner: S) -> Watch<S> {
        Watch {
            inner,
            shared: Arc::new(Shared { unmatched: Arc::clone(&self.unmatched), clock: self.clock.clone() }),
            learning: self.routes.clone().map(Learning::new),
        }
    }
}

impl fmt::Debug for WatchLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchLayer").finish_non_exhaustive()
    }
}
