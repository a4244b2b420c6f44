use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use http::Method;
use tower_service::Service;

use crate::{
    cache::{
        CachedFuture, Lookup,
        directives::Taken,
        fetch::Handled,
        invalidation::Guard,
        policy::{Admitted, Policy},
        serve::Asking,
        status,
    },
    observe::{CacheOutcome, WantsCacheOutcome},
};

/// The service of [`CacheLayer`](crate::cache::CacheLayer).
#[derive(Debug, Clone)]
pub struct Cached<S> {
    pub(in crate::cache) inner: S,
    /// `None` where nothing is cached.
    pub(in crate::cache) policy: Option<Arc<Policy>>,
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
        let (why, guard) = match &self.policy {
            None => (None, None),
            Some(policy) => match policy.admits(&request) {
                Admitted::Taken(taken) => return look(policy, &mut self.inner, request, taken),
                Admitted::Passed(why) => {
                    // Nor has a layer of this cache further in.
                    Handled::mark(&mut request, &policy.cache);
                    policy.stats.bypass();
                    let guard =
                        Guard::of(&policy.cache, &policy.stats, policy.partition.as_slice(), true, &mut request);
                    (Some(why), guard)
                }
            },
        };
        // In one place, so that what is inside is compiled into it.
        CachedFuture::watched(self.inner.call(request), why, guard)
    }
}

/// Apart, so that routes that are not cached pay for no more than the branch.
#[inline(never)]
fn look<S>(policy: &Arc<Policy>, inner: &mut S, mut request: Request, taken: Taken) -> CachedFuture<S::Future, S::Error>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    if Handled::is_marked(&request, &policy.cache) {
        return CachedFuture::passed(inner.call(request), None);
    }
    let head = *request.method() == Method::HEAD;
    let (key, partition) = policy.key(&mut request);
    let looked = policy.cache.lookup_now(&key);
    // What most requests are.
    if let Some((Lookup::Hit(entry, _), now)) = &looked
        && taken.is_plain()
        && entry.variants().is_none()
    {
        let mut response = policy.hit(entry, *now, head);
        if request.extensions().get::<WantsCacheOutcome>().is_some() {
            response = status::with_outcome(response, CacheOutcome::Hit);
        }
        return CachedFuture::hit(response);
    }
    // The one that was made ready goes along.
    let clone = inner.clone();
    let inner = std::mem::replace(inner, clone);
    let asked = policy.asked(key, partition, taken, &request);
    let asking = Asking { policy: Arc::clone(policy), asked, head, request, inner };
    CachedFuture::asked(asking.answer(looked.map(|(looked, _)| looked)))
}
