use std::sync::Arc;

use tower_layer::Layer;

use super::BodyLimit;
use crate::observe::{Observer, Report};

/// Answers 413 for bodies that are too large. See the [module docs](crate::body_limit).
#[derive(Debug, Clone)]
pub struct BodyLimitLayer {
    bytes: u64,
    report: Report,
}

impl BodyLimitLayer {
    /// At most this many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self { bytes, report: Report::default() }
    }

    /// Tells this observer of each body that is too large. Defaults to nobody.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.report = Report::to(observer);
        self
    }
}

impl<S> Layer<S> for BodyLimitLayer {
    type Service = BodyLimit<S>;

    fn layer(&self, inner: S) -> BodyLimit<S> {
        BodyLimit { inner, bytes: self.bytes, report: self.report.clone() }
    }
}
