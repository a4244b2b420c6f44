use tower_layer::Layer;

use super::Correlation;
use crate::clock::Clock;

/// Gives every request an id, and every problem the id of the request it answers. See the
/// [module docs](crate::correlation).
#[derive(Debug, Clone, Default)]
pub struct CorrelationLayer {
    clock: Clock,
}

impl CorrelationLayer {
    /// The layer, on the system's clock.
    #[must_use]
    pub const fn new() -> Self {
        Self { clock: Clock::system() }
    }

    /// Makes ids with this clock. Defaults to the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S> Layer<S> for CorrelationLayer {
    type Service = Correlation<S>;

    fn layer(&self, inner: S) -> Correlation<S> {
        Correlation { inner, clock: self.clock.clone() }
    }
}
