//! A key that a request has claimed.

use std::{
    future::{Future, poll_fn, ready},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderName, StatusCode, header};
use http_body_util::{BodyExt, Full};

use super::{
    record::{ClaimRecord, Fingerprint},
    settings::IdempotencySettings,
};
use crate::{
    base::{
        printable::{Chain, Printable},
        redis_waits::RedisWaits,
    },
    cache::{BufferedResponse, Key, StoreError},
    deadline::{pause, timed_out, within_on},
    observe::{Failure, FallbackResponse},
    problem::Problem,
};

/// A key that a request has claimed. The request, its handler, and everything of the handler that continues without it
/// share the claim. When the last of them drops it, it is released, unless there is a response.
#[derive(Debug)]
pub(super) struct HeldClaim {
    settings: Arc<IdempotencySettings>,
    key: Key,
    fingerprint: Fingerprint,
    record: Bytes,
    /// How long the request has waited for Redis.
    waits: RedisWaits,
    /// Whether there is nothing to release.
    settled: AtomicBool,
}

impl HeldClaim {
    pub(super) fn new(
        settings: Arc<IdempotencySettings>,
        key: Key,
        (fingerprint, record): (Fingerprint, Bytes),
        waits: RedisWaits,
    ) -> Self {
        Self { settings, key, fingerprint, record, waits, settled: AtomicBool::new(false) }
    }

    /// Renews the claim while the work runs.
    pub(super) async fn renewed_during<F: Future>(&self, work: F) -> F::Output {
        let (mut work, mut renewal) = (pin!(work), pin!(self.renew_until_dropped()));
        poll_fn(|cx| {
            let polled = work.as_mut().poll(cx);
            if polled.is_pending() && renewal.as_mut().poll(cx).is_ready() {
                unreachable!("the renewal has no end");
            }
            polled
        })
        .await
    }

    async fn renew_until_dropped(&self) {
        loop {
            self.pause().await;
            if !self.settled.load(Ordering::Relaxed) {
                self.renew().await;
            }
        }
    }

    async fn pause(&self) {
        pause(self.settings.lease / 3, self.settings.cache.clock()).await;
    }

    async fn renew(&self) {
        match self.swap(Some(self.record.clone()), self.settings.lease).await {
            Ok(true) => {}
            // The response of this handler will not be stored.
            Ok(false) => tracing::warn!("the claim of an idempotency key ended before its handler"),
            Err(error) => warn(&error, "the claim of an idempotency key is not renewed"),
        }
    }

    /// Stores the response for repeats if it is final, and returns it. Its body is outside the timeout of the route, so
    /// reading it has a limit of its own.
    pub(super) async fn keep(&self, response: Response) -> Response {
        if !is_final(&response) {
            return response;
        }
        let size = response.body().size_hint().exact();
        if size.is_none_or(|size| size > self.settings.max_body) {
            self.settings.warn_of_large_response(size);
            return response;
        }
        let (parts, body) = response.into_parts();
        let (clock, grace) = (self.settings.cache.clock(), self.settings.grace);
        let collected = match within_on(clock.clone(), grace, body.collect()).await {
            Some(Ok(collected)) => collected,
            Some(Err(error)) => return Problem::internal(error).into_response(),
            None => {
                tracing::warn!(?grace, "the body of a response to an idempotency key did not end in time");
                return timed_out(&self.settings.report);
            }
        };
        let (trailers, body) = (collected.trailers().cloned(), collected.to_bytes());
        let headers = parts.headers.iter().filter(|(name, _)| is_for_all(name));
        let headers = headers.map(|(name, value)| (name.clone(), value.clone())).collect();
        let stored = BufferedResponse::new(parts.status, &headers, &body).with_extensions(&parts.extensions);
        let record = ClaimRecord::answered(self.fingerprint, &stored);
        // A claim of a request that was processed is not released, even if its response could not be stored.
        self.settled.store(true, Ordering::Relaxed);
        let swap = self.settling(Some(record), self.settings.ttl);
        let store = async move {
            match swap.await {
                Ok(true) => {}
                Ok(false) => tracing::warn!("the claim of an idempotency key ended before its handler"),
                Err(error) => warn(&error, "the response to an idempotency key is not stored"),
            }
        };
        self.settings.cache.finish(store, &self.waits).await;
        let body = match trailers {
            None => Body::from(body),
            Some(trailers) => Body::new(Full::new(body).with_trailers(ready(Some(Ok(trailers))))),
        };
        Response::from_parts(parts, body)
    }

    /// Releases the claim, unless there is a response. If a part of the handler continues, the claim is renewed until
    /// that has ended.
    pub(super) async fn release(self: Arc<Self>) {
        match Arc::try_unwrap(self) {
            Ok(last) => {
                if !last.settled.swap(true, Ordering::Relaxed) {
                    let swap = last.settling(None, Duration::ZERO);
                    let release = async move {
                        if let Err(error) = swap.await {
                            warn(&error, "a claim is not released yet, and ends with its lease at the latest");
                        }
                    };
                    last.settings.cache.finish(release, &last.waits).await;
                }
            }
            Err(shared) if shared.settled.load(Ordering::Relaxed) => {}
            Err(shared) => {
                let (cache, weak) = (shared.settings.cache.clone(), Arc::downgrade(&shared));
                let (lease, clock) = (shared.settings.lease, cache.clock().clone());
                drop(shared);
                cache.spawn_repeatable(async move {
                    loop {
                        pause(lease / 3, &clock).await;
                        match weak.upgrade() {
                            Some(held) if !held.settled.load(Ordering::Relaxed) => held.renew().await,
                            Some(_) | None => return,
                        }
                    }
                });
            }
        }
    }

    async fn swap(&self, next: Option<Bytes>, keep_for: Duration) -> Result<bool, StoreError> {
        self.settings.cache.swap_claim(&self.key, &self.record, next, keep_for).await
    }

    /// The same, as a future that may outlive the request.
    fn settling(
        &self,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send + use<> {
        let (cache, key, record) = (self.settings.cache.clone(), self.key.clone(), self.record.clone());
        async move { cache.swap_claim(&key, &record, next, keep_for).await }
    }
}

impl Drop for HeldClaim {
    fn drop(&mut self) {
        if !*self.settled.get_mut() {
            self.settings.cache.release_claim(&self.key, &self.record);
        }
    }
}

/// Whether the header is stored: not if it is for the client, or the origin, of the first request.
fn is_for_all(name: &HeaderName) -> bool {
    *name != header::SET_COOKIE && !name.as_str().starts_with("access-control-")
}

/// Whether a repeat would get the same response: not after a failure, or if the client may try again later.
fn is_final(response: &Response) -> bool {
    let (status, extensions) = (response.status(), response.extensions());
    let may_be_repeated = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    !status.is_server_error()
        && !status.is_informational()
        && !may_be_repeated.contains(&status)
        && extensions.get::<Failure>().is_none()
        && extensions.get::<FallbackResponse>().is_none()
}

pub(super) fn warn(error: &StoreError, what: &'static str) {
    tracing::warn!(error = %Printable(Chain(error)), "{what}");
}
