use std::{sync::Arc, time::Duration};

use tower_layer::Layer;

use super::Timeout;
use crate::observe::{Observer, Report};

/// Answers 504 for what takes too long. See the [module docs](crate::timeout).
#[derive(Debug, Clone)]
pub struct TimeoutLayer {
    limit: Option<Duration>,
    report: Report,
}

impl TimeoutLayer {
    /// At most this long to the response head.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self::optional(Some(limit))
    }

    /// A limit or none: one type for every route.
    pub(crate) fn optional(limit: Option<Duration>) -> Self {
        Self { limit, report: Report::default() }
    }

    /// Tells this observer of each request that took too long. Defaults to nobody.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.report = Report::to(observer);
        self
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Timeout<S>;

    fn layer(&self, inner: S) -> Timeout<S> {
        Timeout { inner, limit: self.limit, report: self.report.clone() }
    }
}
