use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use tokio::sync::oneshot;
use tower_service::Service;
use tracing::{Instrument, Span};

use super::{
    InvalidatingFuture,
    own_url::Guard,
    plan::{Pending, Plan},
    run,
};

/// The service of [`InvalidateLayer`](super::InvalidateLayer).
#[derive(Debug, Clone)]
pub struct Invalidating<S> {
    pub(super) inner: S,
    /// `None` where nothing is made invalid.
    pub(super) plan: Option<Arc<Plan>>,
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
        let guard = match &self.plan {
            None => None,
            // Its URL is all that it can change, which takes no task.
            Some(plan) if plan.declares_nothing() => {
                Guard::of(&plan.cache, &plan.stats, &plan.partitions, plan.holds, &mut request)
            }
            Some(plan) => return start(plan, &mut self.inner, request),
        };
        // In one place, so that what is inside is compiled into it.
        InvalidatingFuture::passed(self.inner.call(request), guard)
    }
}

/// Apart, so that routes that invalidate nothing pay for no more than the branch.
#[inline(never)]
fn start<S>(plan: &Arc<Plan>, inner: &mut S, request: Request) -> InvalidatingFuture<S::Future, S::Error>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    let (pending, request) = Pending::new(plan, request);
    // The one that was made ready goes along.
    let clone = inner.clone();
    let inner = std::mem::replace(inner, clone);
    let Some(spawner) = plan.cache.spawner() else {
        return InvalidatingFuture::attached(run::attached(inner, request, pending));
    };
    let (sender, answer) = oneshot::channel();
    spawner.spawn(run::detached(inner, request, Arc::clone(&pending), sender).instrument(Span::current()));
    InvalidatingFuture::detached(answer, pending)
}
