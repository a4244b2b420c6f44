//! The metrics of all routes.

use std::{fmt, sync::Arc, time::Duration};

use super::{RouteMetrics, SharedRecorder, names};
use crate::observe::{RouteState, Routes};

/// Makes the metrics of routes, on one recorder.
#[derive(Clone)]
pub struct HttpMetrics {
    recorder: SharedRecorder,
    slow: Option<Duration>,
}

impl HttpMetrics {
    /// On this recorder, which is told what each metric means.
    #[must_use]
    pub fn new(recorder: SharedRecorder) -> Self {
        names::describe(&*recorder);
        Self { recorder, slow: None }
    }

    /// How long a request may take before it counts as slow, where a route says nothing. Defaults to no limit.
    #[must_use]
    pub fn slow(mut self, threshold: Option<Duration>) -> Self {
        self.slow = threshold;
        self
    }

    /// The metrics of the route with this template, to be kept with it.
    #[must_use]
    pub fn of_route(&self, template: impl Into<String>) -> RouteMetrics {
        RouteMetrics::new(self.recorder.clone(), Some(template.into()), self.slow)
    }

    /// The metrics of requests that found no route.
    #[must_use]
    pub fn of_unmatched(&self) -> RouteMetrics {
        RouteMetrics::new(self.recorder.clone(), None, self.slow)
    }
}

impl Routes for HttpMetrics {
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
