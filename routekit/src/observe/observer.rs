use std::{fmt, sync::Arc, time::Duration};

use http::{Method, StatusCode};

use super::Exchange;

/// Is told what happens to requests. Every method does nothing unless it is written.
///
/// They are called on the way of a request: whatever takes time belongs elsewhere.
pub trait Observer: Send + Sync {
    /// A request has found the route that this observes.
    fn started(&self, _method: &Method) {}

    /// A policy acted on a request of the route that this observes.
    fn event(&self, _event: Event) {}

    /// A request has ended: once for every [`started`](Self::started), and once for a request that found no route.
    fn finished(&self, _request: &Finished<'_>) {}
}

/// Nobody looks.
impl Observer for () {}

/// Both look.
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
}

/// All of them look.
impl<O: Observer> Observer for Vec<O> {
    fn started(&self, method: &Method) {
        self.iter().for_each(|observer| observer.started(method));
    }

    fn event(&self, event: Event) {
        self.iter().for_each(|observer| observer.event(event));
    }

    fn finished(&self, request: &Finished<'_>) {
        self.iter().for_each(|observer| observer.finished(request));
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
}

/// Where a policy reports what it does: to nobody, unless it was told.
#[derive(Clone, Default)]
pub(crate) struct Report(Option<Arc<dyn Observer>>);

impl Report {
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
        f.write_str(if self.0.is_some() { "Report(observed)" } else { "Report(nobody)" })
    }
}

/// What a policy did to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The body was larger than the route takes.
    BodyTooLarge,
    /// The handler took too long.
    TimedOut,
    /// The handler panicked.
    Panicked,
    /// Nobody said who was asking, or nobody could verify it.
    Unauthenticated,
    /// Whoever asked may not.
    Forbidden,
    /// The answer was in the cache, and fresh.
    CacheHit,
    /// The answer was in the cache, and no longer fresh.
    CacheStale,
    /// The circuit breaker was open.
    BreakerOpen,
    /// The handler had as many requests as it may have.
    ConcurrencyExceeded,
}

/// Why a request failed where its status does not say. Policies put it into the extensions of the response they make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The handler took too long.
    Timeout,
    /// The handler panicked.
    Panic,
    /// The client left, or reads no longer.
    Cancelled,
    /// The response body ended with an error, or panicked.
    Body,
    /// The service answered with an error of its own and with no response.
    Service,
    /// The handler was not called, since its circuit breaker is open.
    BreakerOpen,
    /// The handler was not called, since it has as many requests as it may have.
    Concurrency,
}

impl Failure {
    /// As `error.type` has it in metrics and logs.
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
        }
    }
}

/// In the extensions of a response: it stands in for what the handler would have answered. A cache prefers what it has, however stale it may be, and keeps no
/// such answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopgap;

/// A request that has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finished<'a> {
    /// Its method.
    pub method: &'a Method,
    /// The template of its route; `None` if it found none.
    pub route: Option<&'a str>,
    /// The status it was answered with; `None` if the client left before that.
    pub status: Option<StatusCode>,
    /// What went wrong where the status does not say.
    pub failure: Option<Failure>,
    /// From its head to the response head; to the end of a body that has no known length.
    pub duration: Duration,
    /// Bytes of its body: the length it came with, or what was read of a body without one.
    pub request_bytes: u64,
    /// Bytes of the response body: its known length, or what was sent.
    pub response_bytes: u64,
    pub(super) exchange: &'a Exchange,
}

impl Finished<'_> {
    /// OpenTelemetry's `error.type`: the failure, else the status of a 5xx.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        match (self.failure, &self.status) {
            (Some(failure), _) => Some(failure.as_str()),
            (None, Some(status)) if status.is_server_error() => Some(status.as_str()),
            (None, _) => None,
        }
    }

    /// Its correlation id, if there is one.
    #[must_use]
    pub fn correlation_id(&self) -> Option<String> {
        self.exchange.correlation_id().and_then(|id| id.to_str().ok().map(str::to_owned))
    }

    /// Whether it failed on our side, or was left by the client: a 5xx, or a [`Failure`].
    #[must_use]
    pub fn failed(&self) -> bool {
        self.error_type().is_some()
    }
}
