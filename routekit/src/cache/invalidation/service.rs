use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use tower_service::Service;

use super::{InvalidatingFuture, change::Change, detachable_handler::DetachableHandler, plan::InvalidationPlan};
use crate::observe::{LateResponse, RunningPermit};

/// The service of [`InvalidateLayer`](super::InvalidateLayer).
#[derive(Debug, Clone)]
pub struct Invalidating<S> {
    pub(super) inner: S,
    pub(super) plan: Arc<InvalidationPlan>,
}

accessors!(Invalidating);

impl<S> Service<Request> for Invalidating<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = InvalidatingFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request) -> Self::Future {
        if !self.plan.is_url_only() {
            return run(&self.plan, &mut self.inner, request);
        }
        // Without a declaration the handler ends with its client.
        let change = Change::of(&self.plan, &mut request);
        // The only call of the inner service here, so that it is inlined.
        InvalidatingFuture::of_url(self.inner.call(request), change)
    }
}

/// A separate function, so that routes that declare no invalidation only pay for the branch.
#[inline(never)]
fn run<S>(plan: &Arc<InvalidationPlan>, inner: &mut S, mut request: Request) -> InvalidatingFuture<S::Future, S::Error>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    let Some(change) = Change::of(plan, &mut request) else {
        return InvalidatingFuture::of_url(inner.call(request), None);
    };
    let held = (RunningPermit::of(request.extensions()), LateResponse::of(request.extensions()));
    InvalidatingFuture::of_handler(DetachableHandler::new(held, inner.call(request), change))
}
