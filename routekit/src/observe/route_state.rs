//! Routes as observers see them.

use std::{fmt, sync::Arc};

use http::{Method, Uri};

use super::{
    observer::{Event, Finished, Observer},
    shield::shielded,
    url_meter::UrlMeter,
};

/// A route as observers see it.
pub struct RouteState {
    template: Option<String>,
    observer: Box<dyn Observer>,
    /// `None` if the URLs of its requests are never of interest.
    urls: Option<Arc<UrlMeter>>,
}

impl RouteState {
    /// Creates the state of the route with this template.
    #[must_use]
    pub fn new(template: impl Into<String>, observer: impl Observer + 'static) -> Self {
        Self { template: Some(template.into()), observer: Box::new(observer), urls: None }
    }

    /// Creates the state of all requests without a route.
    #[must_use]
    pub fn unmatched(observer: impl Observer + 'static) -> Self {
        Self { template: None, observer: Box::new(observer), urls: None }
    }

    /// Measures the URLs of requests with this meter.
    pub(crate) fn with_urls(mut self, urls: Arc<UrlMeter>) -> Self {
        self.urls = Some(urls);
        self
    }

    /// A request with this URL has matched the route.
    #[inline]
    pub(crate) fn see_url(&self, uri: &Uri) {
        if let Some(urls) = &self.urls {
            urls.see(uri);
        }
    }

    /// Returns the template, such as `/users/{id}`. `None` for requests without a route.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.template.as_deref()
    }
}

/// Forwards to the observer of the route. A panic of the observer ends here.
impl Observer for RouteState {
    fn started(&self, method: &Method) {
        shielded(|| self.observer.started(method));
    }

    fn event(&self, event: Event) {
        shielded(|| self.observer.event(event));
    }

    fn finished(&self, request: &Finished<'_>) {
        shielded(|| self.observer.finished(request));
    }

    fn closed(&self, method: &Method) {
        shielded(|| self.observer.closed(method));
    }
}

impl fmt::Debug for RouteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouteState({})", self.template.as_deref().unwrap_or("unmatched"))
    }
}

/// Creates the states of routes that are not known in advance.
pub trait RouteObservers: Send + Sync {
    /// Returns the state of the route with this template. Called once per route, not per request.
    fn route(&self, template: &str) -> Arc<RouteState>;

    /// Returns the state of requests without a route.
    fn unmatched(&self) -> Arc<RouteState>;
}

/// Both observe every route.
impl<A: RouteObservers, B: RouteObservers> RouteObservers for (A, B) {
    fn route(&self, template: &str) -> Arc<RouteState> {
        Arc::new(RouteState::new(template, (self.0.route(template), self.1.route(template))))
    }

    fn unmatched(&self) -> Arc<RouteState> {
        Arc::new(RouteState::unmatched((self.0.unmatched(), self.1.unmatched())))
    }
}
