//! What policies decide on one request, for requests that are explained later.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, Version};
use parking_lot::Mutex;

use crate::base::clock::Clock;

/// The largest number of decisions that are kept. A request meets each policy once or twice.
pub(crate) const MAX_DECISIONS: usize = 16;

/// The trace of a request in progress; off unless the app explains requests. Cloning it clones one `Arc`.
#[derive(Debug, Clone, Default)]
pub(crate) struct TracedRequest(Option<Arc<Mutex<Option<PolicyTrace>>>>);

/// The head of a request, and the decisions of policies so far.
#[derive(Debug)]
pub(crate) struct PolicyTrace {
    pub(crate) uri: Uri,
    pub(crate) version: Version,
    /// Shares its texts with the request.
    pub(crate) headers: HeaderMap,
    pub(crate) decisions: Vec<PolicyDecision>,
    clock: Clock,
    /// The time of the last decision.
    last: Instant,
}

/// The decision of one policy.
#[derive(Debug)]
pub(crate) struct PolicyDecision {
    pub(crate) policy: &'static str,
    pub(crate) decision: &'static str,
    /// The status, if the policy has a response.
    pub(crate) status: Option<StatusCode>,
    /// `Cache-Status` of the cache.
    pub(crate) detail: Option<HeaderValue>,
    /// The time since the decision before.
    pub(crate) took: Duration,
}

impl TracedRequest {
    /// Begins the trace of a request that arrived at `start`.
    #[cold]
    pub(crate) fn begin<B>(request: &Request<B>, start: Instant, clock: &Clock) -> Self {
        let trace = PolicyTrace {
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
            decisions: Vec::with_capacity(8),
            clock: clock.clone(),
            last: start,
        };
        Self(Some(Arc::new(Mutex::new(Some(trace)))))
    }

    /// Whether the request is traced.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Adds the decision of a policy that lets the request pass.
    #[inline]
    pub(crate) fn passes(&self, policy: &'static str, decision: &'static str) {
        if self.is_on() {
            self.add((policy, decision), None, None);
        }
    }

    /// Adds the response that a policy or the handler has.
    #[inline]
    pub(crate) fn answers(&self, policy: &'static str, decision: &'static str, status: StatusCode) {
        if self.is_on() {
            self.add((policy, decision), Some(status), None);
        }
    }

    /// Adds the decision of a policy. The clock is read once.
    #[cold]
    pub(crate) fn add(
        &self,
        (policy, decision): (&'static str, &'static str),
        status: Option<StatusCode>,
        detail: Option<HeaderValue>,
    ) {
        let Some(trace) = &self.0 else { return };
        if let Some(trace) = &mut *trace.lock() {
            let now = trace.clock.now();
            let took = now.saturating_duration_since(trace.last);
            trace.last = now;
            if trace.decisions.len() < MAX_DECISIONS {
                trace.decisions.push(PolicyDecision { policy, decision, status, detail, took });
            }
        }
    }

    /// Ends the trace. Later decisions, such as those of a handler that outlives its request, are ignored.
    pub(super) fn end(&self) -> Option<PolicyTrace> {
        self.0.as_ref()?.lock().take()
    }
}
