//! The order of policies, decided here and nowhere else.
//!
//! [`AroundRouter`] acts on every request. [`RouteService::respond`] acts on the requests of one route: it reads from
//! top to bottom, first what happens to the request and then, behind the endpoint's response, what happens to that.
//! [`steps`] is the same order in words; a test sends requests through both and compares.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{
    display::{OrOff, ShownBreaker, ShownCache, ShownDeprecation, ShownInvalidation},
    effective::EffectivePolicies,
    step::Step,
};
use crate::{
    access_log::AccessLogMode,
    auth::AccessCheck,
    base::{pass_or_answer::PassOrAnswer, setting::Setting, units},
    body_limit::SizeLimit,
    breaker::{ClassifiedCall, HttpBreakerLayer},
    cache::{Cached, Invalidating},
    catch_panic::{CatchPanic, PanicGuard, PanicGuarded},
    concurrency::{ConcurrencyLayer, HoldingPermit},
    correlation::Correlation,
    deprecation::DeprecationHeaders,
    observe::{Exchange, RouteState},
    route::{Endpoint, EndpointFuture},
    sensitive_headers::{SensitiveHeaders, SensitiveHeadersLayer},
    timeout::{TimeLimit, TimeLimited},
    watch::Watch,
};

/// The policies around the router, outermost first.
///
/// 1. Secret headers are marked, for everything further in that prints headers.
/// 2. Metrics and the access log learn of each request once, however it ends.
/// 3. The request gets an id and a span, and problems get their last details.
/// 4. Panics of layers and of hand-written routers become responses.
pub(crate) type AroundRouter<S> = SensitiveHeaders<Watch<Correlation<CatchPanic<S>>>>;

/// The policies around the admin surface, whose requests are not the app's traffic.
pub(crate) type AroundAdmin<S> = SensitiveHeaders<Correlation<CatchPanic<S>>>;

/// The policies of a route around its endpoint. A clone is one reference count.
#[derive(Clone)]
pub(super) struct RouteService(Arc<RoutePolicies>);

/// The policies that every request of a route meets, outermost first.
pub(super) struct RoutePolicies {
    pub(super) state: Arc<RouteState>,
    pub(super) deprecation: Option<DeprecationHeaders>,
    pub(super) body_limit: SizeLimit,
    pub(super) auth: Option<AccessCheck>,
    pub(super) cache: Option<Cached<HandlerService>>,
    pub(super) handler: HandlerService,
}

/// The part of a route that runs when the cache does not answer. A clone is one reference count.
#[derive(Clone)]
pub(super) struct HandlerService(Arc<HandlerPolicies>);

/// The policies that only requests to the handler meet, outermost first.
pub(super) struct HandlerPolicies {
    pub(super) concurrency: Option<ConcurrencyLayer>,
    pub(super) breaker: Option<HttpBreakerLayer>,
    pub(super) timeout: Option<TimeLimit>,
    /// Catches panics itself, since it may have to outlive the request.
    pub(super) invalidation: Option<Invalidating<CatchPanic<Endpoint>>>,
    pub(super) panics: PanicGuard,
    /// `layer(…)`, extractors, handler.
    pub(super) endpoint: Endpoint,
}

impl RouteService {
    pub(super) fn new(policies: RoutePolicies) -> Self {
        Self(Arc::new(policies))
    }

    /// Answers a request.
    #[expect(clippy::manual_async_fn, reason = "the future of an `async fn` has room for its argument twice")]
    pub(super) fn respond(self, mut request: Request) -> impl Future<Output = Result<Response, Infallible>> + Send {
        async move {
            let RoutePolicies { state, deprecation, body_limit, auth, cache, handler } = &*self.0;
            if let Some(exchange) = request.extensions().get::<Exchange>() {
                exchange.matched(state);
            }
            let mut response = 'answer: {
                let body = match body_limit.admit(&mut request) {
                    Ok(body) => body,
                    Err(refusal) => break 'answer *refusal,
                };
                if let Some(auth) = auth {
                    // Boxed, so that public routes have no room for it.
                    match Box::pin(auth.admit(request)).await {
                        Ok(admitted) => request = admitted,
                        Err(refusal) => break 'answer refusal,
                    }
                }
                let Ok(response) = match cache {
                    Some(cache) => cache.clone().call(request).await,
                    None => handler.0.respond(request).await,
                };
                body_limit.inspect(body, &response);
                response
            };
            if auth.is_some() {
                AccessCheck::forbid_storing(&mut response);
            }
            if let Some(deprecation) = deprecation {
                deprecation.add_to(&mut response);
            }
            Ok(response)
        }
    }
}

impl HandlerPolicies {
    /// Answers a request that the cache has not answered.
    // Not async: the request goes into the endpoint's future at once, and no other future has room for it.
    #[inline(always)]
    fn respond(&self, mut request: Request) -> impl Future<Output = Result<Response, Infallible>> + Send {
        let permit = match self.concurrency.as_ref().map(ConcurrencyLayer::admit).transpose() {
            Ok(permit) => permit.map(|permit| match &self.invalidation {
                Some(_) => permit.share(&mut request),
                None => permit.hold(),
            }),
            Err(refusal) => return PassOrAnswer::answer(refusal),
        };
        let call = match &self.breaker {
            None => None,
            Some(breaker) => match breaker.admit(&mut request) {
                Ok(call) => Some(call),
                Err(open) => {
                    let refusal = breaker.refuse(open, request);
                    return PassOrAnswer::decide(async move { Err(refusal.await) });
                }
            },
        };
        // Inside the timeout, so that a handler that may have changed something runs to its end, and so that the
        // breaker sees a panic as a failure and not as a cancelled call.
        let handler = match &self.invalidation {
            Some(invalidation) => HandlerFuture::Invalidating { inner: invalidation.clone().call(request) },
            None => HandlerFuture::Plain {
                inner: PanicGuarded::new(&self.panics, request, |request| self.endpoint.respond(request)),
            },
        };
        let handler = TimeLimited::new(handler, self.timeout.as_ref());
        PassOrAnswer::pass(HoldingPermit::new(ClassifiedCall::new(handler, call), permit))
    }
}

/// The same order in words, with the settings of one route.
pub(super) fn steps(policies: &EffectivePolicies, router: &RouterPolicies) -> Vec<Step> {
    let cache = OrOff(policies.cache.as_ref().map(ShownCache));
    vec![
        Step::router("sensitive_headers", "names", &*router.sensitive_headers).from(router.sensitive_headers.origin()),
        Step::router("watch", "metrics", "on"),
        Step::router("watch", "slow", units::show_duration(&policies.slow)).from(policies.slow.origin()),
        Step::router("watch", "access_log", *router.access_log).from(router.access_log.origin()),
        Step::router("correlation", "id", "on"),
        Step::router("catch_panic", "of layers", "on"),
        Step::endpoint("deprecation", "deprecated", OrOff(policies.deprecation.map(ShownDeprecation))),
        Step::endpoint("body_limit", "body_limit", units::Bytes(*policies.body_limit))
            .from(policies.body_limit.origin()),
        Step::endpoint("auth", "auth", &*policies.access).from(policies.access.origin()),
        Step::endpoint("cache", "cache", cache).from(policies.cache.origin()),
        Step::endpoint("concurrency", "concurrency", OrOff(*policies.concurrency)).from(policies.concurrency.origin()),
        Step::endpoint("breaker", "breaker", ShownBreaker(policies)).from(policies.breaker.origin()),
        Step::endpoint("timeout", "timeout", units::show_duration(&policies.timeout)).from(policies.timeout.origin()),
        Step::endpoint("cache", "invalidates", ShownInvalidation(policies)),
        Step::endpoint("catch_panic", "of the handler", "on"),
        Step::endpoint("layer", "layer", if policies.layered { "on" } else { "off" }),
    ]
}

/// The settings of the policies around the router, for all routes alike.
#[derive(Debug, Clone)]
pub(crate) struct RouterPolicies {
    pub(crate) access_log: Setting<AccessLogMode>,
    /// All names, and who added some.
    pub(crate) sensitive_headers: Setting<SensitiveHeadersLayer>,
}

impl HandlerService {
    pub(super) fn new(policies: HandlerPolicies) -> Self {
        Self(Arc::new(policies))
    }
}

/// For the cache, which calls the handler when it has to.
impl Service<Request> for HandlerService {
    type Response = Response;
    type Error = Infallible;
    type Future = EndpointFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> EndpointFuture {
        let policies = Arc::clone(&self.0);
        EndpointFuture::new(async move {
            let Ok(response) = policies.respond(request).await;
            Ok(response)
        })
    }
}

pin_project! {
    #[project = HandlerFutureProjection]
    enum HandlerFuture<F, G> {
        Plain { #[pin] inner: F },
        Invalidating { #[pin] inner: G },
    }
}

impl<F: Future, G: Future<Output = F::Output>> Future for HandlerFuture<F, G> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            HandlerFutureProjection::Plain { inner } => inner.poll(cx),
            HandlerFutureProjection::Invalidating { inner } => inner.poll(cx),
        }
    }
}
