//! Rate limits for a plain axum router that several processes share.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::Response;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::{rate_limits::RateLimits, with_quota::WithQuota};
use crate::base::{pass_or_answer::PassOrAnswer, redis_waits::RedisWaits};

/// Answers 429 beyond rate limits that several processes share.
/// [`RateLimitLayer::shared`](super::RateLimitLayer::shared) creates it.
///
/// A request waits for the server of the quotas before it reaches the inner service. While the server cannot be used,
/// the layer counts on its own.
#[derive(Debug, Clone)]
pub struct SharedRateLimitLayer(Arc<RateLimits>);

impl SharedRateLimitLayer {
    /// All limits are shared.
    pub(super) fn of(limits: RateLimits) -> Self {
        Self(Arc::new(limits))
    }
}

impl<S> Layer<S> for SharedRateLimitLayer {
    type Service = SharedRateLimit<S>;

    fn layer(&self, inner: S) -> SharedRateLimit<S> {
        SharedRateLimit { inner, limits: Arc::clone(&self.0) }
    }
}

/// The service of [`SharedRateLimitLayer`].
#[derive(Debug, Clone)]
pub struct SharedRateLimit<S> {
    inner: S,
    limits: Arc<RateLimits>,
}

accessors!(SharedRateLimit);

opaque_future! {
    /// The future of [`SharedRateLimit`].
    pub struct SharedRateLimitFuture<F>(WithQuota<PassOrAnswer<F>>);
}

impl<S, B> Service<Request<B>> for SharedRateLimit<S>
where
    S: Service<Request<B>, Response = Response> + Clone + Send + 'static,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = SharedRateLimitFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let waits = RedisWaits::of(&mut parts.extensions);
        let limits = Arc::clone(&self.limits);
        let states = limits.states();
        let mut counted = states.clone();
        // The service that is ready takes the request.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let answer = PassOrAnswer::decide(async move {
            match limits.admit_all_shared((&parts, &waits), &mut counted).await {
                Ok(_) => Ok(inner.call(Request::from_parts(parts, body))),
                Err(refusal) => Err(*refusal),
            }
        });
        SharedRateLimitFuture::new(WithQuota::new(answer, states, Arc::clone(&self.limits)))
    }
}
