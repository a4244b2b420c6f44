//! Rate limits for a plain axum router.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::Response;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

#[cfg(feature = "redis")]
use super::shared_layer::SharedRateLimitLayer;
use super::{
    headers::RateLimitHeaders,
    limit::{Limit, LimitError, mistake},
    limiter::{DEFAULT_MAX_KEYS, Limiter},
    rate_limits::{RateLimitSetup, RateLimits},
    with_quota::WithQuota,
};
#[cfg(feature = "redis")]
use crate::shared_quotas::SharedQuotas;
use crate::{
    base::{clock::Clock, pass_or_answer::PassOrAnswer},
    client_address::TrustedProxies,
    observe::{Observer, Report},
};

/// Answers 429 beyond rate limits. See the [module docs](crate::rate_limit).
///
/// A clone shares its quotas with the original, so that one limit can cover several services. Setters create new
/// quotas: call them before the layer is cloned or used.
#[derive(Debug, Clone)]
pub struct RateLimitLayer {
    spec: LayerSpec,
    limits: Arc<RateLimits>,
}

#[derive(Debug, Clone)]
struct LayerSpec {
    limits: Vec<Limit>,
    clock: Clock,
    max_keys: usize,
    setup: RateLimitSetup,
    report: Report,
}

impl RateLimitLayer {
    /// Creates a layer with these limits. Limits per user count by the [`Identity`](crate::Identity) that a layer
    /// further out has added to the request.
    ///
    /// # Errors
    /// A limit that cannot be used or is [`shared`](Limit::shared), or two limits with one name.
    pub fn new(limits: impl IntoIterator<Item = Limit>) -> Result<Self, LimitError> {
        let limits: Vec<Limit> = limits.into_iter().collect();
        if let Some(shared) = limits.iter().find(|limit| limit.is_shared()) {
            let name = shared.display_name();
            let reason = "is `shared`: leave that out, and share all limits of the layer with `RateLimitLayer::shared` \
                          (feature `redis`)";
            return Err(LimitError::new(format!("the limit `{name}` {reason}")));
        }
        match mistake(&limits) {
            Some(mistake) => Err(LimitError::new(mistake)),
            None => Ok(Self::made(LayerSpec {
                limits,
                clock: Clock::system(),
                max_keys: DEFAULT_MAX_KEYS,
                setup: RateLimitSetup::default(),
                report: Report::default(),
            })),
        }
    }

    fn made(spec: LayerSpec) -> Self {
        let limiter = |limit: &Limit| Arc::new(Limiter::new(limit.clone(), spec.clock.clone(), spec.max_keys));
        let limiters = spec.limits.iter().map(limiter).collect();
        let limits = Arc::new(RateLimits::new(limiters, spec.setup.clone(), spec.report.clone()));
        Self { spec, limits }
    }

    /// Counts the requests to all processes with these quotas together, which `RedisStore::quotas` creates. Layers with
    /// the same `name` and the same limits count together, too. Call it after the other setters.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn shared(self, quotas: &SharedQuotas, name: &str) -> SharedRateLimitLayer {
        let owner = format!("layer {name}");
        let LayerSpec { limits, clock, max_keys, setup, report } = self.spec;
        let limiter =
            |limit: Limit| Limiter::new(limit.shared(), clock.clone(), max_keys).sharing(quotas.clone(), &owner);
        let limiters = limits.into_iter().map(|limit| Arc::new(limiter(limit))).collect();
        SharedRateLimitLayer::of(RateLimits::new(limiters, setup, report))
    }

    fn with(mut self, change: impl FnOnce(&mut LayerSpec)) -> Self {
        change(&mut self.spec);
        Self::made(self.spec)
    }

    /// Sets the proxies that name their clients. Defaults to those of the [`App`](crate::App) around, if there is one,
    /// else to none.
    #[must_use]
    pub fn trusted_proxies(self, proxies: TrustedProxies) -> Self {
        self.with(|spec| spec.setup.proxies = Some(proxies))
    }

    /// Sets the headers of responses. Defaults to [`RateLimitHeaders::Draft`].
    #[must_use]
    pub fn headers(self, headers: RateLimitHeaders) -> Self {
        self.with(|spec| spec.setup.headers = headers)
    }

    /// Sets how many keys each limit keeps at most. Defaults to 100,000.
    #[must_use]
    pub fn max_keys(self, max_keys: usize) -> Self {
        self.with(|spec| spec.max_keys = max_keys)
    }

    /// Sets the clock. Defaults to the system's clock.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        self.with(|spec| spec.clock = clock)
    }

    /// Sets the observer of refused requests. Defaults to none.
    #[must_use]
    pub fn observer(self, observer: Arc<dyn Observer>) -> Self {
        self.with(|spec| spec.report = Report::to(observer))
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimit<S>;

    fn layer(&self, inner: S) -> RateLimit<S> {
        RateLimit { inner, limits: Arc::clone(&self.limits) }
    }
}

/// The service of [`RateLimitLayer`].
#[derive(Debug, Clone)]
pub struct RateLimit<S> {
    inner: S,
    limits: Arc<RateLimits>,
}

accessors!(RateLimit);

opaque_future! {
    /// The future of [`RateLimit`].
    pub struct RateLimitFuture<F>(WithQuota<PassOrAnswer<F>>);
}

impl<S, B> Service<Request<B>> for RateLimit<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = RateLimitFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let mut states = self.limits.states();
        let inner = match self.limits.admit_all(&parts, &mut states) {
            Ok(_) => PassOrAnswer::pass(self.inner.call(Request::from_parts(parts, body))),
            Err(refusal) => PassOrAnswer::answer(refusal),
        };
        RateLimitFuture::new(WithQuota::new(inner, states, Arc::clone(&self.limits)))
    }
}
