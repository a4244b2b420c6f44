use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use http::{HeaderValue, Method};
use tracing::Span;

use super::{Event, Finished, Observer};

/// A route as observers know it.
pub struct RouteState {
    template: Option<String>,
    observer: Box<dyn Observer>,
}

impl RouteState {
    /// The route with this template.
    #[must_use]
    pub fn new(template: impl Into<String>, observer: impl Observer + 'static) -> Self {
        Self { template: Some(template.into()), observer: Box::new(observer) }
    }

    /// What stands for all requests that find no route.
    #[must_use]
    pub fn unmatched(observer: impl Observer + 'static) -> Self {
        Self { template: None, observer: Box::new(observer) }
    }

    /// The template, as `/users/{id}`.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.template.as_deref()
    }

}

/// Who observes the route.
impl Observer for RouteState {
    fn started(&self, method: &Method) {
        self.observer.started(method);
    }

    fn event(&self, event: Event) {
        self.observer.event(event);
    }

    fn finished(&self, request: &Finished<'_>) {
        self.observer.finished(request);
    }
}

impl fmt::Debug for RouteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouteState({})", self.template.as_deref().unwrap_or("unmatched"))
    }
}

/// Where routes that are not known before find their states.
pub trait Routes: Send + Sync {
    /// The state of the route with this template. Asked once a route and not once a request.
    fn route(&self, template: &str) -> Arc<RouteState>;

    /// The state that stands for requests without a route.
    fn unmatched(&self) -> Arc<RouteState>;
}

/// One request while it is answered. A clone is one reference count.
#[derive(Clone)]
pub struct Exchange(Arc<Inner>);

struct Inner {
    method: Method,
    start: Instant,
    request_bytes: AtomicU64,
    // Each is said once, from further inside.
    route: OnceLock<Arc<RouteState>>,
    correlation: OnceLock<(HeaderValue, Span)>,
}

impl Exchange {
    /// A request that came in at `start`, with a body of this length if that is known.
    pub(crate) fn new(method: Method, start: Instant, request_bytes: u64) -> Self {
        Self(Arc::new(Inner {
            method,
            start,
            request_bytes: AtomicU64::new(request_bytes),
            route: OnceLock::new(),
            correlation: OnceLock::new(),
        }))
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// When its head was read.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.0.start
    }

    /// Says which route answers. Only the first has a say; it is told to the route's observer and to the span.
    pub fn matched(&self, route: &Arc<RouteState>) {
        if self.0.route.set(Arc::clone(route)).is_ok() {
            route.started(&self.0.method);
            self.tell_span();
        }
    }

    /// Has the route in the span, whichever of the two was known first.
    fn tell_span(&self) {
        if let Some(span) = self.span()
            && !span.is_disabled()
            && let Some(template) = self.route().and_then(|route| route.template())
        {
            span.record("http.route", template);
        }
    }

    /// The route, once it was found.
    #[must_use]
    pub fn route(&self) -> Option<&Arc<RouteState>> {
        self.0.route.get()
    }

    /// Says which id and span the request has.
    pub(crate) fn correlated(&self, id: HeaderValue, span: Span) {
        // A second correlation layer further in changes nothing.
        if self.0.correlation.set((id, span)).is_ok() {
            self.tell_span();
        }
    }

    /// The correlation id, once there is one.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation.get().and_then(|(id, _)| id.to_str().ok())
    }

    pub(crate) fn span(&self) -> Option<&Span> {
        self.0.correlation.get().map(|(_, span)| span)
    }

    pub(crate) fn read(&self, bytes: u64) {
        self.0.request_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes of the request body, as far as they are known.
    #[must_use]
    pub fn request_bytes(&self) -> u64 {
        self.0.request_bytes.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("method", &self.0.method)
            .field("route", &self.0.route.get())
            .finish_non_exhaustive()
    }
}
