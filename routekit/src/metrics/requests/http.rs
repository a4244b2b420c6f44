//! Metrics of all routes.

use std::{fmt, sync::Arc, time::Duration};

use super::{route::RouteMetrics, target::RequestTarget};
#[cfg(feature = "prometheus")]
use crate::metrics::Exporter;
use crate::{
    metrics::{names, recorder::SharedRecorder},
    observe::{RouteObservers, RouteState},
};

/// Creates the metrics of routes, with one recorder.
#[derive(Clone)]
pub struct HttpMetrics {
    target: RequestTarget,
    slow: Option<Duration>,
}

impl HttpMetrics {
    /// Registers the metrics with this recorder, and describes them.
    #[must_use]
    pub fn new(recorder: SharedRecorder) -> Self {
        Self::of_target(RequestTarget {
            recorder,
            #[cfg(feature = "prometheus")]
            exporter: None,
        })
    }

    /// Registers the metrics with this exporter, which shows the records of routes.
    #[cfg(feature = "prometheus")]
    pub(crate) fn of_exporter(exporter: &Exporter) -> Self {
        Self::of_target(RequestTarget { recorder: exporter.recorder(), exporter: Some(exporter.clone()) })
    }

    fn of_target(target: RequestTarget) -> Self {
        names::describe(&*target.recorder);
        Self { target, slow: None }
    }

    /// Sets the duration from which a request counts as slow, for routes without their own threshold. Defaults to none.
    #[must_use]
    pub fn slow(mut self, threshold: Option<Duration>) -> Self {
        self.slow = threshold;
        self
    }

    /// Creates the metrics of the route with this template. Keep them with the route.
    #[must_use]
    pub fn of_route(&self, template: impl Into<String>) -> RouteMetrics {
        RouteMetrics::new(self.target.clone(), Some(template.into()), self.slow)
    }

    /// Creates the metrics of requests that match no route.
    #[must_use]
    pub fn of_unmatched(&self) -> RouteMetrics {
        RouteMetrics::new(self.target.clone(), None, self.slow)
    }
}

impl RouteObservers for HttpMetrics {
    fn route(&self, template: &str) -> Arc<RouteState> {
        Arc::new(RouteState::new(template, self.of_route(template)))
    }

    fn unmatched(&self) -> Arc<RouteState> {
        Arc::new(RouteState::unmatched(self.of_unmatched()))
    }
}

impl fmt::Debug for HttpMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetrics").field("slow", &self.slow).finish_non_exhaustive()
    }
}
