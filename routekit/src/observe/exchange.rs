use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use http::{Extensions, HeaderValue, Method};
use parking_lot::{Mutex, MutexGuard};
use tracing::Span;

use super::{
    allocated::AllocatedTotal,
    observer::{CorrelationSource, Ending, Finished, Observer},
    policy_trace::{PolicyTrace, TracedRequest},
    request_tracer::request_tracer,
    room::make_room,
    route_state::RouteState,
};
use crate::base::failure_cause::FailureCause;

/// One request in progress. Cloning it clones one `Arc`.
///
/// The numbers are in the handle itself on purpose: boxed among the extensions, a handle of at most 24 bytes would be
/// another of malloc's smallest chunks. A request has about as many of those (header values, boxes of extensions) as
/// glibc caches, and each one beyond that costs several times as much.
#[derive(Clone)]
pub struct Exchange {
    start: Instant,
    /// The length of the request body in bytes; 0 if unknown.
    length: u64,
    inner: Arc<ExchangeInner>,
}

struct ExchangeInner {
    method: Method,
    /// The number of bytes that were read of a body of unknown length.
    read: AtomicU64,
    allocated: AllocatedTotal,
    traced: TracedRequest,
    /// Only the tasks of one request use it, so there is no contention.
    state: Mutex<ExchangeState>,
}

/// The reports of inner layers. Each value is set once.
#[derive(Default)]
struct ExchangeState {
    route: Option<Arc<RouteState>>,
    correlation_id: Option<HeaderValue>,
    /// Boxed, because a request without a subscriber has none.
    log_details: Option<Box<LogDetails>>,
    /// Whether the request has ended. Later reports are ignored.
    ended: bool,
    /// Whether the response is sent or was given up. The route is closed once this and `ended` are true.
    sent: bool,
}

/// A request that counts as active until this is dropped.
///
/// There is one for each request: its [`Sample`](crate::watch) has it until a server takes it, which keeps it until the
/// response is sent.
pub(crate) struct ActiveRequest(Arc<ExchangeInner>);

/// Parts of a request that only logs have.
#[derive(Default)]
struct LogDetails {
    /// `None` if no subscriber is interested in the span.
    span: Option<Span>,
    /// The trace of the request, if it has a span.
    trace_id: Option<Box<str>>,
    /// The cause of a failure.
    cause: Option<FailureCause>,
}

impl Exchange {
    /// Creates the exchange of a request that arrived at `start`, with the length of its body if it is known, and its
    /// trace.
    pub(crate) fn new(method: Method, start: Instant, length: Option<u64>, traced: TracedRequest) -> Self {
        let (read, allocated) = (AtomicU64::new(0), AllocatedTotal::default());
        let inner = ExchangeInner { method, read, allocated, traced, state: Mutex::default() };
        Self { start, length: length.unwrap_or(0), inner: Arc::new(inner) }
    }

    /// Adds the exchange to the extensions of a request.
    pub(crate) fn travel(self, extensions: &mut Extensions) {
        make_room(extensions);
        extensions.insert(self);
    }

    /// Returns the method of the request.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.inner.method
    }

    /// Returns the time at which the request head was read.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.start
    }

    /// Reports the matched route. The first report counts, and is passed on to the route's observer and to the span.
    pub fn matched(&self, route: &Arc<RouteState>) {
        let mut state = self.state();
        if state.route.is_none() && !state.ended {
            state.route = Some(Arc::clone(route));
            state.record_route(&self.inner.method);
            drop(state);
            route.started(&self.inner.method);
        }
    }

    /// Returns the route, from the time when it is matched until the request has ended.
    #[must_use]
    pub fn route(&self) -> Option<Arc<RouteState>> {
        let state = self.state();
        if state.ended { None } else { state.route.clone() }
    }

    /// The trace of the request.
    pub(crate) fn traced(&self) -> &TracedRequest {
        &self.inner.traced
    }

    /// Makes the request active. Called once for each exchange.
    pub(crate) fn active(&self) -> ActiveRequest {
        ActiveRequest(Arc::clone(&self.inner))
    }

    /// Sets the correlation id unless there is one. Returns the id of the request.
    pub(crate) fn identified(&self, id: HeaderValue) -> HeaderValue {
        self.state().correlation_id.get_or_insert(id).clone()
    }

    /// Returns the correlation id, if it is already set.
    pub(crate) fn correlation_id(&self) -> Option<HeaderValue> {
        self.state().correlation_id.clone()
    }

    /// Reports the span of the request, which a subscriber is interested in, and its trace. The first report counts.
    pub(crate) fn spanned(&self, span: &Span, trace_id: Option<&str>) {
        let mut state = self.state();
        let log = state.log_details.get_or_insert_default();
        if log.span.is_none() {
            log.span = Some(span.clone());
            log.trace_id = trace_id.map(Into::into);
            state.record_route(&self.inner.method);
        }
    }

    /// Whether the request has a span already: that of an app or a layer further out.
    pub(crate) fn is_spanned(&self) -> bool {
        self.state().log_details.as_ref().is_some_and(|log| log.span.is_some())
    }

    /// Reports the cause of the response, for the log.
    pub(crate) fn caused_by(&self, cause: FailureCause) {
        self.state().log_details.get_or_insert_default().cause = Some(cause);
    }

    /// Reports the end of the request to the observer of the route, or to `unmatched`, inside the request's span.
    pub(crate) fn finish(&self, unmatched: &RouteState, now: Instant, ending: Ending, response_bytes: u64) {
        // Released before calling the observer, which may use this exchange.
        let (matched, span, sent) = {
            let mut state = self.state();
            state.ended = true;
            let route = if state.sent { state.route.take() } else { state.route.clone() };
            (route, state.log_details.as_mut().and_then(|log| log.span.take()), state.sent)
        };
        if let (Some(span), Some(tracer)) = (&span, request_tracer()) {
            tracer.finished(span, ending.error_type());
        }
        let route = matched.as_deref().unwrap_or(unmatched);
        let _entered = span.as_ref().map(Span::enter);
        route.finished(&Finished {
            method: &self.inner.method,
            route: route.template(),
            status: ending.status,
            failure: ending.failure,
            duration: now - self.start,
            request_bytes: self.request_bytes(),
            response_bytes,
            allocated: self.inner.allocated.get(),
            ending,
            exchange: self,
        });
        if sent && matched.is_some() {
            route.closed(&self.inner.method);
        }
    }

    pub(crate) fn read(&self, bytes: u64) {
        self.inner.read.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Adds what the handler has allocated during a call.
    #[cfg(feature = "alloc-stats")]
    pub(super) fn allocated(&self, counts: routekit_alloc::Counts) {
        self.inner.allocated.add(counts);
    }

    /// Returns the size of the request body in bytes, as far as it is known.
    #[must_use]
    pub fn request_bytes(&self) -> u64 {
        self.length + self.inner.read.load(Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, ExchangeState> {
        self.inner.state.lock()
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        let route = {
            let mut state = self.0.state.lock();
            state.sent = true;
            if state.ended { state.route.take() } else { None }
        };
        if let Some(route) = route {
            route.closed(&self.0.method);
        }
    }
}

impl fmt::Debug for ActiveRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActiveRequest({})", self.0.method)
    }
}

impl ExchangeState {
    /// Records the route in the span once both are known.
    fn record_route(&self, method: &Method) {
        if let (Some(route), Some(span)) = (&self.route, self.log_details.as_ref().and_then(|log| log.span.as_ref()))
            && let Some(template) = route.template()
        {
            span.record("http.route", template);
            if let Some(tracer) = request_tracer() {
                tracer.matched(span, method, template);
            }
        }
    }
}

impl CorrelationSource for Exchange {
    fn correlation_id(&self) -> Option<HeaderValue> {
        self.correlation_id()
    }

    fn trace_id(&self) -> Option<Box<str>> {
        self.state().log_details.as_ref()?.trace_id.clone()
    }

    fn cause(&self) -> Option<FailureCause> {
        self.state().log_details.as_ref()?.cause.clone()
    }

    fn end_trace(&self) -> Option<PolicyTrace> {
        self.traced().end()
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("method", &self.inner.method)
            .field("route", &self.route())
            .finish_non_exhaustive()
    }
}
