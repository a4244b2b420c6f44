use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use http::Method;
use tower_service::Service;

use super::{
    CachedFuture, Lookup,
    fill::{Handled, Missed},
    policy::{Head, Policy},
};

/// The service of [`CacheLayer`](super::CacheLayer).
#[derive(Debug, Clone)]
pub struct Cached<S> {
    pub(super) inner: S,
    /// `None` where nothing is cached.
    pub(super) policy: Option<Arc<Policy>>,
}

accessors!(Cached);

impl<S> Service<Request> for Cached<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = CachedFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request) -> Self::Future {
        let bypassed = match &self.policy {
            None => false,
            Some(policy) if policy.takes(&request) => return look(policy, &mut self.inner, request),
            Some(policy) => {
                // Nor has a layer of this cache further in.
                Handled::mark(&mut request, &policy.cache);
                true
            }
        };
        // In one place, so that what is inside is compiled into it.
        CachedFuture::passed(self.inner.call(request), bypassed)
    }
}

/// Apart, so that routes that are not cached pay for no more than the branch.
#[inline(never)]
fn look<S>(policy: &Arc<Policy>, inner: &mut S, mut request: Request) -> CachedFuture<S::Future, S::Error>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    if Handled::is_marked(&request, &policy.cache) {
        return CachedFuture::passed(inner.call(request), false);
    }
    let head = *request.method() == Method::HEAD;
    let (key, partition) = policy.key(&mut request);
    let looked = policy.cache.lookup_now(&key);
    if let Some(Lookup::Hit(entry)) = &looked {
        return CachedFuture::hit(policy.hit(entry, head));
    }
    if head && policy.head == Head::Looks {
        return CachedFuture::passed(inner.call(request), true);
    }
    // The one that was made ready goes along.
    let clone = inner.clone();
    let inner = std::mem::replace(inner, clone);
    let asked = policy.asked(key, partition, &request);
    let missed = Missed { policy: Arc::clone(policy), asked, head, request, inner };
    CachedFuture::missed(missed.answer(looked))
}
