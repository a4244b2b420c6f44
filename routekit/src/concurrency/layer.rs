use std::sync::Arc;

use tower_layer::Layer;

use super::{Concurrency, limiter::Limiter};
use crate::observe::{Observer, Report};

/// Answers 503 beyond so many requests at a time. See the [module docs](crate::concurrency).
///
/// A clone counts together with its original, so that one count may stand around several services.
#[derive(Debug, Clone)]
pub struct ConcurrencyLayer {
    /// `None`: no limit.
    limiter: Option<Arc<Limiter>>,
    report: Report,
}

impl ConcurrencyLayer {
    /// At most so many at a time; with 0, none.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self::optional(Some(Arc::new(Limiter::new(limit))))
    }

    /// A limit or none: one type for every route.
    pub(crate) fn optional(limiter: Option<Arc<Limiter>>) -> Self {
        Self { limiter, report: Report::default() }
    }

    /// Tells this observer of each request that was one too many. Defaults to nobody.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.report = Report::to(observer);
        self
    }

    /// How many requests there are now.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.limiter.as_ref().map_or(0, |limiter| limiter.in_flight())
    }

    /// How many were too many, since it was made.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.limiter.as_ref().map_or(0, |limiter| limiter.rejected())
    }

    pub(crate) fn limiter(&self) -> Option<&Arc<Limiter>> {
        self.limiter.as_ref()
    }
}

impl<S> Layer<S> for ConcurrencyLayer {
    type Service = Concurrency<S>;

    fn layer(&self, inner: S) -> Concurrency<S> {
        Concurrency { inner, limiter: self.limiter.clone(), report: self.report.clone() }
    }
}
