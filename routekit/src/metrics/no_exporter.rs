//! Stands in for the exporter in builds without the feature `prometheus`.

use std::sync::Arc;

use super::{recorder::SharedRecorder, source::MetricSource};
use crate::recording::RequestBounds;

/// An exporter that cannot exist.
#[derive(Debug, Clone)]
pub(crate) enum Exporter {}

impl Exporter {
    /// Creates no exporter.
    pub(crate) fn of_app(_duration_buckets: &[f64]) -> Option<Self> {
        None
    }

    pub(crate) fn recorder(&self) -> SharedRecorder {
        match *self {}
    }

    pub(crate) fn render(&self) -> String {
        match *self {}
    }

    pub(crate) fn request_bounds(&self) -> RequestBounds {
        match *self {}
    }

    pub(crate) fn add(&self, _source: Arc<dyn MetricSource>) {
        match *self {}
    }
}
