use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderValue, Method, StatusCode};

use super::{allocated::Allocated, policy_trace::PolicyTrace, shield::shielded};
use crate::base::failure_cause::FailureCause;

/// Receives events about requests. All methods do nothing by default.
///
/// They are called while a request is processed, so they must not block. A panic is logged and affects no request.
pub trait Observer: Send + Sync {
    /// A request has matched the observed route.
    fn started(&self, _method: &Method) {}

    /// A policy acted on a request of the observed route.
    fn event(&self, _event: Event) {}

    /// A request has ended. Called once for every [`started`](Self::started), and once for a request without a route.
    fn finished(&self, _request: &Finished<'_>) {}

    /// The last byte of the response is sent, or the response was given up. Called once for every
    /// [`started`](Self::started).
    ///
    /// Only routekit's own server knows when that is: see [`watch`](crate::watch).
    fn closed(&self, _method: &Method) {}
}

/// Does nothing.
impl Observer for () {}

/// Calls both observers.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn started(&self, method: &Method) {
        self.0.started(method);
        self.1.started(method);
    }

    fn event(&self, event: Event) {
        self.0.event(event);
        self.1.event(event);
    }

    fn finished(&self, request: &Finished<'_>) {
        self.0.finished(request);
        self.1.finished(request);
    }

    fn closed(&self, method: &Method) {
        self.0.closed(method);
        self.1.closed(method);
    }
}

/// Calls all observers. One that panics does not keep the others from being called.
impl<O: Observer> Observer for Vec<O> {
    fn started(&self, method: &Method) {
        for observer in self {
            shielded(|| observer.started(method));
        }
    }

    fn event(&self, event: Event) {
        for observer in self {
            shielded(|| observer.event(event));
        }
    }

    fn finished(&self, request: &Finished<'_>) {
        for observer in self {
            shielded(|| observer.finished(request));
        }
    }

    fn closed(&self, method: &Method) {
        for observer in self {
            shielded(|| observer.closed(method));
        }
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn started(&self, method: &Method) {
        (**self).started(method);
    }

    fn event(&self, event: Event) {
        (**self).event(event);
    }

    fn finished(&self, request: &Finished<'_>) {
        (**self).finished(request);
    }

    fn closed(&self, method: &Method) {
        (**self).closed(method);
    }
}

/// The observer that a policy reports to, if any.
#[derive(Clone, Default)]
pub(crate) struct Report(Option<Arc<dyn Observer>>);

impl Report {
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn to(observer: Arc<dyn Observer>) -> Self {
        Self(Some(observer))
    }

    pub(crate) fn event(&self, event: Event) {
        if let Some(observer) = &self.0 {
            observer.event(event);
        }
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Report(observed)" } else { "Report(unobserved)" })
    }
}

/// An action of a policy on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The body exceeded the limit of the route.
    BodyTooLarge,
    /// The body has a `Content-Encoding` that the app does not take.
    UnsupportedEncoding,
    /// The handler exceeded the timeout.
    TimedOut,
    /// The handler panicked.
    Panicked,
    /// The client has no valid credentials, or they could not be verified.
    Unauthenticated,
    /// The client lacks a grant.
    Forbidden,
    /// The request was made by a page of another site, with the user's cookies.
    CrossSite,
    /// The client was beyond a rate limit.
    RateLimited,
    /// A fresh response came from the cache.
    CacheHit,
    /// A stale response came from the cache.
    CacheStale,
    /// A repeated request got the stored response to its `Idempotency-Key`.
    IdempotentReplay,
    /// The `Idempotency-Key` was malformed, or missing where it is required.
    IdempotencyKeyInvalid,
    /// A request with the same `Idempotency-Key` was in progress.
    IdempotencyConflict,
    /// The `Idempotency-Key` belongs to another request.
    IdempotencyMismatch,
    /// The `Idempotency-Key` could not be claimed: the store has no room, or cannot be reached.
    IdempotencyUnavailable,
    /// The circuit breaker was open.
    BreakerOpen,
    /// The route was at its concurrency limit.
    ConcurrencyExceeded,
}

/// The kind of a failed request that its status does not show. Policies add it to the extensions of their responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The handler exceeded the timeout.
    Timeout,
    /// The handler panicked.
    Panic,
    /// The client disconnected or stopped reading.
    Cancelled,
    /// The response body ended with an error or panicked.
    Body,
    /// The service returned an error instead of a response.
    Service,
    /// The circuit breaker is open, so the handler was not called.
    BreakerOpen,
    /// The route is at its concurrency limit, so the handler was not called.
    Concurrency,
    /// The app stopped before the request had ended.
    Shutdown,
}

impl Failure {
    /// Returns the value of `error.type` in metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Panic => "panic",
            Self::Cancelled => "cancelled",
            Self::Body => "body",
            Self::Service => "service",
            Self::BreakerOpen => "breaker_open",
            Self::Concurrency => "concurrency",
            Self::Shutdown => "shutdown",
        }
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    /// `None` if the client disconnected before there was a response.
    pub(crate) status: Option<StatusCode>,
    /// The kind of failure, if the status does not show it.
    pub(crate) failure: Option<Failure>,
    /// Whether a 5xx status is no failure: the client chose it ([`CacheOutcome::OnlyIfCached`]), or it is the answer to
    /// a probe ([`ProbeAnswer`]).
    pub(crate) is_no_failure: bool,
}

impl Ending {
    /// OpenTelemetry's `error.type`: the failure, or else the status of a 5xx. `None` if the request did not fail.
    pub(crate) fn error_type(&self) -> Option<&str> {
        match (self.failure, &self.status) {
            (Some(failure), _) => Some(failure.as_str()),
            (None, Some(status)) if status.is_server_error() && !self.is_no_failure => Some(status.as_str()),
            (None, _) => None,
        }
    }
}

/// An extension of the response to a probe: its 503 says that the app is not ready, and is no failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProbeAnswer;

/// An extension of a response that replaces the handler's while the handler is unavailable.
///
/// A cache never stores such a response, and prefers a stored response, even a stale one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FallbackResponse;

/// An extension of a [`FallbackResponse`] in place of a call that has failed, and not in place of one that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReplacesFailure;

/// An extension of a request whose body is decompressed while it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecompressedBody;

/// Returns parts of a request that most observers do not need.
pub(super) trait CorrelationSource: fmt::Debug + Sync {
    fn correlation_id(&self) -> Option<HeaderValue>;
    fn trace_id(&self) -> Option<Box<str>>;
    fn cause(&self) -> Option<FailureCause>;
    fn end_trace(&self) -> Option<PolicyTrace>;
}

/// A request that has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finished<'a> {
    /// The method of the request.
    pub method: &'a Method,
    /// The template of the route. `None` if no route matched.
    pub route: Option<&'a str>,
    /// The status of the response. `None` if the client disconnected before there was one.
    pub status: Option<StatusCode>,
    /// The kind of failure, if the status does not show it.
    pub failure: Option<Failure>,
    /// The time from the request head to the response head, or to the end of a body of unknown length.
    pub duration: Duration,
    /// The size of the request body in bytes: its declared length, or else the bytes that were read.
    pub request_bytes: u64,
    /// The size of the response body in bytes: its known length, or else the bytes that were sent.
    pub response_bytes: u64,
    /// The memory that the handler has allocated until its response head, with its extractors and the layer of the
    /// route. `None` if no handler ran, without the feature `alloc-stats`, and if the program's global allocator does
    /// not count.
    pub allocated: Option<Allocated>,
    pub(crate) ending: Ending,
    /// A trait object, because [`Exchange`](super::Exchange) depends on this type.
    pub(super) exchange: &'a dyn CorrelationSource,
}

impl Finished<'_> {
    /// Returns OpenTelemetry's `error.type`: the failure, or else the status of a 5xx.
    ///
    /// `None` if the request did not fail. The 504 of an `only-if-cached` request that misses (RFC 9111 §5.2.1.7) is no
    /// failure, and neither is the 503 of a health endpoint.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.ending.error_type()
    }

    /// Returns the correlation id of the request, if it has one.
    #[must_use]
    pub fn correlation_id(&self) -> Option<String> {
        self.exchange.correlation_id().and_then(|id| id.to_str().ok().map(str::to_owned))
    }

    /// Returns the trace of the request, if it has a span.
    pub(crate) fn trace_id(&self) -> Option<Box<str>> {
        self.exchange.trace_id()
    }

    /// Returns the cause of a failed request, if its response has one.
    pub(crate) fn cause(&self) -> Option<FailureCause> {
        self.exchange.cause()
    }

    /// Ends the trace of the request, if it has one, and returns it.
    pub(crate) fn end_trace(&self) -> Option<PolicyTrace> {
        self.exchange.end_trace()
    }

    /// Returns whether the request failed or was cancelled by the client: it has an [error type](Self::error_type).
    #[must_use]
    pub fn failed(&self) -> bool {
        self.error_type().is_some()
    }
}
