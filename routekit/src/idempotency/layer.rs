//! The policy as a tower layer.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll},
    time::Duration,
};

use axum::{extract::Request, response::Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    key::IdempotencyKey,
    settings::{DEFAULT_LEASE, DEFAULT_MAX_BODY, DEFAULT_TTL, GRACE, IdempotencySettings},
};
use crate::{
    cache::Cache,
    observe::{Observer, Report},
};

/// Processes each request with an `Idempotency-Key` once. See the [module docs](crate::idempotency).
///
/// The keys of different routes differ: a layer on a `Router` reads the template that axum has matched.
#[derive(Debug, Clone)]
pub struct IdempotencyLayer(Arc<IdempotencySettings>);

impl IdempotencyLayer {
    /// Creates a layer that keeps its records in the store of this cache.
    ///
    /// # Panics
    /// If the store has [no claims](crate::cache::CacheStore::has_claims).
    #[must_use]
    #[track_caller]
    pub fn new(cache: Cache) -> Self {
        assert!(cache.has_claims(), "the store of the cache has no claims, which idempotency keys require");
        Self(Arc::new(IdempotencySettings {
            cache,
            route: None,
            ttl: DEFAULT_TTL,
            lease: DEFAULT_LEASE,
            required: false,
            max_body: DEFAULT_MAX_BODY,
            grace: GRACE,
            report: Report::none(),
            warned: AtomicBool::new(false),
        }))
    }

    /// Sets how long a response is replayed. Defaults to 24 hours.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with(|settings| settings.ttl = ttl)
    }

    /// Sets how long a claim outlives the process that made it. A request renews its claim three times as often.
    /// Defaults to a minute.
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        self.with(|settings| settings.lease = lease)
    }

    /// Rejects unsafe requests without a key with 400. By default, they are passed on.
    #[must_use]
    pub fn required(self) -> Self {
        self.with(|settings| settings.required = true)
    }

    /// Sets the largest body of a stored response, in bytes. Defaults to 256 KiB.
    #[must_use]
    pub fn max_body(self, bytes: u64) -> Self {
        self.with(|settings| settings.max_body = bytes)
    }

    /// Sets how long a handler may continue after its client has disconnected, and how long the body of a response that
    /// is stored may take: after that, the client gets 504 and the key is released. Defaults to 30 seconds.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        self.with(|settings| settings.grace = grace)
    }

    /// Sets the observer of requests that the handler does not get. Defaults to none.
    #[must_use]
    pub fn observer(self, observer: Arc<dyn Observer>) -> Self {
        self.with(|settings| settings.report = Report::to(observer))
    }

    pub(crate) fn grace_of_at_least(self, grace: Duration) -> Self {
        self.with(|settings| settings.grace = settings.grace.max(grace))
    }

    /// Sets the route whose keys these are: `POST /orders`.
    pub(crate) fn of_route(self, route: String) -> Self {
        self.with(|settings| settings.route = Some(route))
    }

    fn with(self, set: impl FnOnce(&mut IdempotencySettings)) -> Self {
        let shared = match Arc::try_unwrap(self.0) {
            Ok(settings) => settings,
            Err(shared) => IdempotencySettings {
                cache: shared.cache.clone(),
                route: shared.route.clone(),
                report: shared.report.clone(),
                warned: AtomicBool::new(false),
                ..*shared
            },
        };
        let mut settings = shared;
        set(&mut settings);
        Self(Arc::new(settings))
    }

    /// The key of a request that has one, or the refusal.
    pub(crate) fn admit(&self, request: &Request) -> Result<Option<IdempotencyKey>, Box<Response>> {
        self.0.admit(request)
    }

    /// Answers a request that has a key.
    pub(crate) fn answer<C, F, E>(
        &self,
        key: IdempotencyKey,
        request: Request,
        call: C,
    ) -> impl Future<Output = Result<Response, E>> + Send + use<C, F, E>
    where
        C: FnOnce(Request) -> F + Send + 'static,
        F: Future<Output = Result<Response, E>> + Send,
        E: Send + 'static,
    {
        Arc::clone(&self.0).answer(key, request, call)
    }
}

impl<S> Layer<S> for IdempotencyLayer {
    type Service = Idempotency<S>;

    fn layer(&self, inner: S) -> Idempotency<S> {
        Idempotency { inner, layer: self.clone() }
    }
}

/// The service of [`IdempotencyLayer`].
#[derive(Debug, Clone)]
pub struct Idempotency<S> {
    inner: S,
    layer: IdempotencyLayer,
}

accessors!(Idempotency);

/// The future of [`Idempotency`].
pub struct IdempotencyFuture<E>(Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>);

impl<E> Future for IdempotencyFuture<E> {
    type Output = Result<Response, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<E> fmt::Debug for IdempotencyFuture<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyFuture")
    }
}

impl<S> Service<Request> for Idempotency<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = IdempotencyFuture<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        IdempotencyFuture(match self.layer.admit(&request) {
            Ok(None) => Box::pin(self.inner.call(request)),
            Ok(Some(key)) => {
                // The service that is ready is the one that is called.
                let next = self.inner.clone();
                let mut ready = std::mem::replace(&mut self.inner, next);
                Box::pin(self.layer.answer(key, request, move |request| ready.call(request)))
            }
            Err(refusal) => Box::pin(std::future::ready(Ok(*refusal))),
        })
    }
}
