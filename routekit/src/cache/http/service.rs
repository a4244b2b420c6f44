//! The tower service.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use tower_service::Service;

use crate::cache::{
    headers::status::Fwd,
    http::{
        future::CachedFuture,
        hit::hit_or_miss,
        policy::Policy,
        request::{
            admission::{CacheAdmission, admit, strip},
            outer_mark::OuterCacheMark,
        },
    },
    invalidation::Change,
};

/// The service of [`CacheLayer`](crate::cache::CacheLayer).
#[derive(Debug, Clone)]
pub struct Cached<S> {
    pub(in crate::cache) inner: S,
    pub(in crate::cache) policy: Arc<Policy>,
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
        let policy = &self.policy;
        let mut admission = admit(policy, &request);
        if admission == CacheAdmission::Strip {
            strip(policy, &mut request);
            admission = admit(policy, &request);
        }
        let bypass = match admission {
            CacheAdmission::Lookup(kind) => return hit_or_miss(policy, &mut self.inner, request, kind),
            CacheAdmission::Bypass(why) => why,
            CacheAdmission::Strip => Fwd::Bypass,
        };
        // Inner layers of the same cache bypass the request, too.
        OuterCacheMark::set(&mut request, &policy.cache);
        policy.stats.bypass();
        let change = policy.changes.as_ref().and_then(|plan| Change::of(plan, &mut request));
        // The only such call, so that the inner service is inlined here.
        CachedFuture::passed(self.inner.call(request), Some((bypass, policy.outgoing.private)), change)
    }
}
