use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::Response;
use http::{HeaderValue, Request};
use tower_layer::Layer;
use tower_service::Service;

use super::{check::CrossSiteCheck, refusal_log::RefusalLog};
use crate::{
    base::{clock::Clock, pass_or_answer::PassOrAnswer},
    edge::web_origin::web_origin,
    observe::Observer,
};

/// Refuses requests of other sites with an identity from a cookie. See the [module docs](crate::edge::csrf).
#[derive(Debug, Clone)]
#[must_use]
pub struct CsrfLayer {
    origins: Vec<HeaderValue>,
    allow_same_site: bool,
    observer: Option<ReportTo>,
    /// Of all routes of a router, which axum wraps one by one.
    log: Arc<RefusalLog>,
}

#[derive(Clone)]
struct ReportTo(Arc<dyn Observer>);

/// An origin that no page has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidOriginError(String);

impl CsrfLayer {
    /// Creates a layer that trusts only pages of the request's own host.
    pub fn new() -> Self {
        let log = Arc::new(RefusalLog::new(Clock::system()));
        Self { origins: Vec::new(), allow_same_site: false, observer: None, log }
    }

    /// Trusts the pages of this origin, such as `https://app.example.com`.
    ///
    /// # Errors
    /// If no page has this origin.
    pub fn trusted_origin(mut self, origin: &str) -> Result<Self, InvalidOriginError> {
        self.origins.push(web_origin(origin).map_err(InvalidOriginError)?);
        Ok(self)
    }

    /// Trusts the pages of other hosts of the same site, such as `https://www.example.com` for
    /// `https://api.example.com`. Defaults to false.
    pub fn allow_same_site(mut self, allow: bool) -> Self {
        self.allow_same_site = allow;
        self
    }

    /// Sets the observer of refused requests. Defaults to none.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(ReportTo(observer));
        self
    }
}

impl Default for CsrfLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for CsrfLayer {
    type Service = CsrfService<S>;

    fn layer(&self, inner: S) -> CsrfService<S> {
        let check = CrossSiteCheck::new(&self.origins, self.allow_same_site).log(Arc::clone(&self.log));
        let check = match &self.observer {
            Some(ReportTo(observer)) => check.observer(Arc::clone(observer)),
            None => check,
        };
        CsrfService { inner, check }
    }
}

/// The layer of a check that exists already.
impl<S> Layer<S> for CrossSiteCheck {
    type Service = CsrfService<S>;

    fn layer(&self, inner: S) -> CsrfService<S> {
        CsrfService { inner, check: self.clone() }
    }
}

/// The service of [`CsrfLayer`].
#[derive(Debug, Clone)]
pub struct CsrfService<S> {
    inner: S,
    check: CrossSiteCheck,
}

accessors!(CsrfService);

opaque_future! {
    /// The future of [`CsrfService`].
    pub struct CsrfFuture<F>(PassOrAnswer<F>);
}

impl<S, B> Service<Request<B>> for CsrfService<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = CsrfFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        CsrfFuture::new(match self.check.admit(&request) {
            Ok(()) => PassOrAnswer::pass(self.inner.call(request)),
            Err(refusal) => PassOrAnswer::answer(refusal),
        })
    }
}

impl fmt::Display for InvalidOriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidOriginError {}

impl fmt::Debug for ReportTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
