use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use http::{Extensions, HeaderValue, Method, StatusCode};
use tracing::Span;

use super::{Event, Failure, Finished, Observer, room::make_room};

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

/// Both observe each route.
impl<A: Routes, B: Routes> Routes for (A, B) {
    fn route(&self, template: &str) -> Arc<RouteState> {
        Arc::new(RouteState::new(template, (self.0.route(template), self.1.route(template))))
    }

    fn unmatched(&self) -> Arc<RouteState> {
        Arc::new(RouteState::unmatched((self.0.unmatched(), self.1.unmatched())))
    }
}

/// One request while it is answered. A clone is one reference count.
///
/// What is only a number is in the handle itself, and that on purpose: boxed among the extensions, a handle of 24 bytes or
/// less would be one more of malloc's smallest pieces. A request has about as many of those (header values, boxes of
/// extensions) as glibc keeps at hand, and each one beyond that costs several times as much.
#[derive(Clone)]
pub struct Exchange {
    start: Instant,
    /// The length of its body; 0 unless known.
    length: u64,
    inner: Arc<Inner>,
}

struct Inner {
    method: Method,
    /// Bytes of a body whose length is not known.
    read: AtomicU64,
    /// One request has it to itself, so nobody ever waits; a lock is the cheapest of cells that can be shared.
    said: Mutex<Said>,
}

/// What those further inside have said; each is said once.
#[derive(Default)]
struct Said {
    route: Option<Arc<RouteState>>,
    correlation_id: Option<HeaderValue>,
    /// Only one that somebody wants.
    span: Option<Span>,
    /// Whoever comes now comes too late.
    ended: bool,
}

impl Exchange {
    /// A request that came in at `start`, with a body of this length if that is known.
    pub(crate) fn new(method: Method, start: Instant, length: Option<u64>) -> Self {
        let inner = Inner { method, read: AtomicU64::new(0), said: Mutex::default() };
        Self { start, length: length.unwrap_or(0), inner: Arc::new(inner) }
    }

    /// Goes along with a request.
    pub(crate) fn travel(self, extensions: &mut Extensions) {
        make_room(extensions);
        extensions.insert(self);
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.inner.method
    }

    /// When its head was read.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.start
    }

    /// Says which route answers. Only the first has a say; it is told to the route's observer and to the span.
    pub fn matched(&self, route: &Arc<RouteState>) {
        let mut said = self.said();
        if said.route.is_none() && !said.ended {
            said.route = Some(Arc::clone(route));
            said.tell_span();
            drop(said);
            route.started(&self.inner.method);
        }
    }

    /// The route, once it was found and until the request has ended.
    #[must_use]
    pub fn route(&self) -> Option<Arc<RouteState>> {
        self.said().route.clone()
    }

    /// Gives the request this id, unless it has one; the id that it has.
    pub(crate) fn identified(&self, id: HeaderValue) -> HeaderValue {
        self.said().correlation_id.get_or_insert(id).clone()
    }

    /// The correlation id, once there is one.
    pub(crate) fn correlation_id(&self) -> Option<HeaderValue> {
        self.said().correlation_id.clone()
    }

    /// Says in which span the request runs, if anybody wants it. A second one further in changes nothing.
    pub(crate) fn spanned(&self, span: &Span) {
        if !span.is_disabled() {
            let mut said = self.said();
            if said.span.is_none() {
                said.span = Some(span.clone());
                said.tell_span();
            }
        }
    }

    /// Tells the observer of the route, or else of `unmatched`, that the request has ended, within its span.
    pub(crate) fn finish(
        &self,
        unmatched: &RouteState,
        now: Instant,
        (status, failure): (Option<StatusCode>, Option<Failure>),
        response_bytes: u64,
    ) {
        // Let go before anybody is called, who might ask this exchange.
        let (route, span) = {
            let mut said = self.said();
            said.ended = true;
            (said.route.take(), said.span.take())
        };
        let route = route.as_deref().unwrap_or(unmatched);
        let _entered = span.as_ref().map(Span::enter);
        route.finished(&Finished {
            method: &self.inner.method,
            route: route.template(),
            status,
            failure,
            duration: now - self.start,
            request_bytes: self.request_bytes(),
            response_bytes,
            exchange: self,
        });
    }

    pub(crate) fn read(&self, bytes: u64) {
        self.inner.read.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes of the request body, as far as they are known.
    #[must_use]
    pub fn request_bytes(&self) -> u64 {
        self.length + self.inner.read.load(Ordering::Relaxed)
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        // A panic while it was held (a subscriber's, say) leaves it whole.
        self.inner.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Said {
    /// Has the route in the span, whichever of the two was known first.
    fn tell_span(&self) {
        if let (Some(route), Some(span)) = (&self.route, &self.span)
            && let Some(template) = route.template()
        {
            span.record("http.route", template);
        }
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
