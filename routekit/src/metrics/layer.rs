use std::sync::Arc;

use tower_layer::Layer;

use super::{Metrics, RouteMetrics};
use crate::clock::Clock;

/// Measures what it stands around. See the [module docs](crate::metrics).
#[derive(Debug, Clone)]
pub struct MetricsLayer {
    metrics: Arc<RouteMetrics>,
    clock: Clock,
}

impl MetricsLayer {
    /// Measures into these metrics, on the system's clock.
    #[must_use]
    pub fn new(metrics: impl Into<Arc<RouteMetrics>>) -> Self {
        Self { metrics: metrics.into(), clock: Clock::system() }
    }

    /// Asks this clock. Defaults to the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = Metrics<S>;

    fn layer(&self, inner: S) -> Metrics<S> {
        Metrics { inner, metrics: Arc::clone(&self.metrics), clock: self.clock.clone() }
    }
}
