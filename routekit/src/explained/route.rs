//! The observer of one route, which keeps the requests that are explained.

use std::time::Duration;

use super::ring::ExplainedRequests;
use crate::observe::{Finished, Observer};

/// The observer of a route whose requests may be explained.
#[derive(Debug, Clone)]
pub(crate) struct ExplainedRoute {
    /// `None` if the app explains none.
    requests: Option<ExplainedRequests>,
    /// The duration from which a request counts as slow.
    slow: Option<Duration>,
}

impl ExplainedRoute {
    pub(crate) fn new(requests: Option<ExplainedRequests>, slow: Option<Duration>) -> Self {
        Self { requests, slow }
    }
}

impl Observer for ExplainedRoute {
    #[inline]
    fn finished(&self, request: &Finished<'_>) {
        if let Some(requests) = &self.requests {
            finished(requests, self.slow, request);
        }
    }
}

#[cold]
fn finished(requests: &ExplainedRequests, slow: Option<Duration>, request: &Finished<'_>) {
    let Some(trace) = request.end_trace() else { return };
    let slow = slow.is_some_and(|slow| request.duration >= slow);
    let refused = request.status.is_some_and(|status| status.is_client_error());
    if slow || refused || request.failed() {
        requests.keep(request, &trace, slow);
    }
}
