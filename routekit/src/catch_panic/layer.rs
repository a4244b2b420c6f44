use std::sync::Arc;

use tower_layer::Layer;

use super::CatchPanic;
use crate::observe::{Observer, Report};

/// Answers 500 where the inner service panics. See the [module docs](crate::catch_panic).
#[derive(Debug, Clone, Default)]
pub struct CatchPanicLayer {
    report: Report,
}

impl CatchPanicLayer {
    /// The layer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells this observer of each panic. Defaults to nobody.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.report = Report::to(observer);
        self
    }
}

impl<S> Layer<S> for CatchPanicLayer {
    type Service = CatchPanic<S>;

    fn layer(&self, inner: S) -> CatchPanic<S> {
        CatchPanic { inner, report: self.report.clone() }
    }
}
