//! Looks up the stored response of a request. The plain hit, the most common case, is answered here.

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use http::Method;
use tower_service::Service;

use crate::{
    cache::{
        headers::status,
        http::{
            fetch::Ctx,
            future::CachedFuture,
            miss::Miss,
            policy::Policy,
            request::{
                admission::RequestKind, cache_request::CacheRequest, key::request_key, outer_mark::OuterCacheMark,
            },
            reuse,
        },
        store::{compressed::recipient::Recipient, lookup_result::Lookup},
    },
    observe::{CacheOutcome, WantsCacheOutcome},
};

/// A separate function, so that a request that bypasses the cache only pays for the branch.
#[inline(never)]
pub(super) fn hit_or_miss<S>(
    policy: &Arc<Policy>,
    inner: &mut S,
    mut request: Request,
    kind: RequestKind,
) -> CachedFuture<S::Future, S::Error>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    if OuterCacheMark::is_set(&request, &policy.cache) {
        return CachedFuture::passed(inner.call(request), None, None);
    }
    let head_only = *request.method() == Method::HEAD;
    let key = request_key(policy, &mut request);
    let found = policy.store.lookup_now(&key.0);
    if let Some((Lookup::Hit(stored, _), now)) = &found
        && kind.is_plain()
        && let Some(mut response) =
            reuse::fresh(policy, stored, *now, Recipient { head_only, headers: request.headers() })
    {
        key.0.recycle();
        if request.extensions().get::<WantsCacheOutcome>().is_some() {
            response = status::with_outcome(response, CacheOutcome::Hit);
        }
        return CachedFuture::hit(response);
    }
    // The service that is ready is called, and replaced by its clone.
    let clone = inner.clone();
    let inner = std::mem::replace(inner, clone);
    let private = policy.outgoing.private || kind.credentials;
    let facts = CacheRequest::new(policy, key, kind, &mut request);
    let miss = Miss { ctx: Ctx { policy: Arc::clone(policy), request: facts, head_only }, request, inner };
    CachedFuture::miss(miss.respond(found.map(|(found, _)| found)), private)
}
