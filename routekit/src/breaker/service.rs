use std::task::{Context, Poll};

use tower_service::Service;

use super::{BreakerFuture, ByResult, CallError, CircuitBreaker, Classify};

/// Service of [`BreakerLayer`](super::BreakerLayer). See the [module docs](crate::breaker).
#[derive(Debug, Clone)]
pub struct Breaker<S, J = ByResult> {
    pub(super) inner: S,
    pub(super) breaker: CircuitBreaker,
    pub(super) classify: J,
}

accessors!(Breaker, J);

impl<S, R, J> Service<R> for Breaker<S, J>
where
    S: Service<R>,
    J: Classify<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = CallError<S::Error>;
    type Future = BreakerFuture<S::Future, J>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // A client that fails to become ready has failed a call.
        self.inner.poll_ready(cx).map_err(|error| {
            if let Ok(permit) = self.breaker.try_acquire() {
                permit.failure();
            }
            CallError::Failed(error)
        })
    }

    fn call(&mut self, request: R) -> Self::Future {
        match self.breaker.try_acquire_owned() {
            Ok(permit) => BreakerFuture::calling(self.inner.call(request), permit, self.classify.clone()),
            Err(open) => BreakerFuture::refused(open),
        }
    }
}
