//! The tower service and its future.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use http::Method;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    cache::{
        headers::status::{self, Fwd},
        http::{
            fetch::Ctx,
            outgoing::forbid_reuse,
            policy::Policy,
            request::{
                admission::{CacheAdmission, RequestKind, admit, strip},
                cache_request::CacheRequest,
                key::request_key,
                outer_mark::OuterCacheMark,
            },
            reuse,
            serve::Serve,
        },
        invalidation::{Change, ChangeFuture},
        store::lookup::Lookup,
    },
    observe::{CacheOutcome, WantsCacheOutcome},
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
            CacheAdmission::Lookup(kind) => return lookup(policy, &mut self.inner, request, kind),
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

/// A separate function, so that a request that bypasses the cache only pays for the branch.
#[inline(never)]
fn lookup<S>(
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
    let found = policy.cache.shared.store.lookup_now(&key.0);
    // The plain hit, the most common case.
    if let Some((Lookup::Hit(stored, _), now)) = &found
        && kind.is_plain()
    {
        let mut response = reuse::fresh(policy, stored, *now, head_only);
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
    let facts = CacheRequest::new(policy, key, kind, &request);
    let serve = Serve { ctx: Ctx { policy: Arc::clone(policy), request: facts, head_only }, request, inner };
    CachedFuture::serve(async move {
        let mut response = serve.respond(found.map(|(found, _)| found)).await?;
        // A stored response already has these headers.
        forbid_reuse(response.headers_mut(), private);
        Ok(response)
    })
}

pin_project! {
    /// The future of [`Cached`].
    pub struct CachedFuture<F, E> {
        #[pin]
        way: Way<F, E>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<F, E> {
        // The inner service is called. With a reason, the response states why the request bypasses the cache. The flag
        // is whether its clients have an identity.
        Passed { #[pin] inner: ChangeFuture<F, E>, bypass: Option<(Fwd, bool)> },
        // Taken at the first poll.
        Hit { response: Option<Response> },
        // Boxed, so that a hit has no space for it.
        Serve { response: Pin<Box<dyn Future<Output = Result<Response, E>> + Send>> },
    }
}

impl<F, E> CachedFuture<F, E> {
    fn passed(inner: F, bypass: Option<(Fwd, bool)>, change: Option<Box<Change>>) -> Self {
        Self { way: Way::Passed { inner: ChangeFuture::new(inner, change), bypass } }
    }

    fn hit(response: Response) -> Self {
        Self { way: Way::Hit { response: Some(response) } }
    }

    fn serve(response: impl Future<Output = Result<Response, E>> + Send + 'static) -> Self {
        Self { way: Way::Serve { response: Box::pin(response) } }
    }
}

impl<F, E> Future for CachedFuture<F, E>
where
    F: Future<Output = Result<Response, E>>,
    E: Send + 'static,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().way.project() {
            WayProjection::Passed { inner, bypass } => {
                // Changed in place, because moving a response is expensive.
                let mut polled = inner.poll(cx);
                if let (Some((fwd, private)), Poll::Ready(Ok(response))) = (bypass, &mut polled) {
                    status::mark_bypass(response, *fwd);
                    // Responses to other methods are not reused (RFC 9111 §4).
                    if *fwd != Fwd::Method {
                        forbid_reuse(response.headers_mut(), *private);
                    }
                }
                polled
            }
            WayProjection::Hit { response } => {
                Poll::Ready(Ok(response.take().expect("a future is not polled after it has completed")))
            }
            WayProjection::Serve { response } => response.as_mut().poll(cx),
        }
    }
}

impl<F, E> fmt::Debug for CachedFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedFuture").finish_non_exhaustive()
    }
}
