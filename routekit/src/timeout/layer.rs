use std::time::Duration;

use tower_layer::Layer;

use super::Timeout;

/// Answers 504 for what takes too long. See the [module docs](crate::timeout).
#[derive(Debug, Clone)]
pub struct TimeoutLayer {
    limit: Option<Duration>,
}

impl TimeoutLayer {
    /// At most this long to the response head.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        Self::optional(Some(limit))
    }

    /// A limit or none: one type for every route.
    pub(crate) const fn optional(limit: Option<Duration>) -> Self {
        Self { limit }
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Timeout<S>;

    fn layer(&self, inner: S) -> Timeout<S> {
        Timeout { inner, limit: self.limit }
    }
}
