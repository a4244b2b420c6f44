//! The policies around the endpoint of a route.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{extract::Request, response::Response};
use http::HeaderValue;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::around_handler::{HandlerService, RunningHandler};
use crate::{
    auth::AccessCheck,
    base::{pass_or_answer::PassOrAnswer, redis_waits::RedisWaits},
    body_limit::{BodyLength, SizeLimit},
    cache::{Cached, CachedFuture},
    deprecation::DeprecationHeaders,
    edge::{CrossSiteCheck, SecurityHeaders},
    idempotency::IdempotencyLayer,
    identity::Identity,
    observe::{Exchange, RouteState, TracedRequest, WantsCacheOutcome},
    rate_limit::{LimitAdmission, LimitedHead, QuotaStates, RateLimits, ViolatedLimits},
    route::EndpointFuture,
};

/// The policies of a route around its endpoint. A clone is one reference count.
#[derive(Clone)]
pub(in crate::policy) struct RouteService(Arc<RoutePolicies>);

/// The policies that every request of a route meets, outermost first.
pub(in crate::policy) struct RoutePolicies {
    pub(in crate::policy) state: Arc<RouteState>,
    /// The headers of the route, if it has some of its own. The policy around the router adds them.
    pub(in crate::policy) security_headers: Option<SecurityHeaders>,
    pub(in crate::policy) deprecation: Option<DeprecationHeaders>,
    pub(in crate::policy) body_limit: SizeLimit,
    pub(in crate::policy) rate_limits: Option<RateLimits>,
    pub(in crate::policy) auth: Option<AccessCheck>,
    /// Behind `auth`, because it concerns identities from cookies.
    pub(in crate::policy) csrf: Option<CrossSiteCheck>,
    pub(in crate::policy) stored: StoredResponses,
    pub(in crate::policy) handler: HandlerService,
}

/// The policy that may answer with a stored response. A route has one at most: responses to safe methods are cached,
/// and requests with unsafe methods are idempotent.
pub(in crate::policy) enum StoredResponses {
    None,
    Cached(Cached<HandlerService>),
    Idempotent(IdempotencyLayer),
}

impl RouteService {
    pub(in crate::policy) fn new(policies: RoutePolicies) -> Self {
        Self(Arc::new(policies))
    }
}

impl Service<Request> for RouteService {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> RouteFuture {
        let policies = &self.0;
        let (mut traced, mut arrived) = (TracedRequest::default(), None);
        if let Some(exchange) = request.extensions().get::<Exchange>() {
            exchange.matched(&policies.state);
            policies.state.see_url(request.uri());
            traced = exchange.traced().clone();
            arrived = Some(exchange.start());
        }
        traced.passes("router", "matched");
        let mut quotas = QuotaStates::None;
        let (body, admitted) = policies.admit(&mut request, arrived, &traced, &mut quotas);
        let answer = match admitted {
            Ok(NextStep::Identify) => policies.identify(request, &traced, &mut quotas),
            Ok(NextStep::SharedLimits) => policies.count_shared(request, arrived, &traced, &quotas),
            Err(refusal) => PassOrAnswer::answer(refusal),
        };
        RouteFuture { answer, body, traced, quotas, policies: Arc::clone(policies) }
    }
}

// The checks borrow the request, which is large to move.
impl RoutePolicies {
    /// The policies that need no identity, so that a flood does not reach the verifiers.
    #[inline(always)]
    fn admit(
        &self,
        request: &mut Request,
        arrived: Option<Instant>,
        traced: &TracedRequest,
        quotas: &mut QuotaStates,
    ) -> (BodyLength, Result<NextStep, Box<Response>>) {
        let body = match self.body_limit.admit(request) {
            Ok(body) => body,
            Err(refusal) => {
                traced.answers("body_limit", "refused", refusal.status());
                return (BodyLength::Known, Err(refusal));
            }
        };
        traced.passes("body_limit", "passed");
        // The warm-up is no client.
        let is_warm_up = || arrived.is_none() && is_warm_up(request);
        let Some(limits) = self.rate_limits.as_ref().filter(|_| !is_warm_up()) else {
            return (body, Ok(NextStep::Identify));
        };
        *quotas = limits.states();
        let admitted = limits.admit_early(request, arrived, quotas);
        if traced.is_on() && limits.has_early() {
            trace_limits(traced, &admitted);
        }
        let next = if limits.has_early_shared() { NextStep::SharedLimits } else { NextStep::Identify };
        (body, admitted.map(|_| next))
    }

    /// The limits that processes share, which wait for their server, and then the policies behind them. A function of
    /// its own, and a boxed future, so that other routes only pay for the branch.
    #[inline(never)]
    fn count_shared(
        self: &Arc<Self>,
        mut request: Request,
        arrived: Option<Instant>,
        traced: &TracedRequest,
        quotas: &QuotaStates,
    ) -> PassOrAnswer<RouteCall> {
        let waits = RedisWaits::of(request.extensions_mut());
        let (policies, traced, mut quotas) = (Arc::clone(self), traced.clone(), quotas.clone());
        PassOrAnswer::wait(async move {
            if let Some(limits) = &policies.rate_limits {
                let admitted =
                    limits.admit_early_shared((LimitedHead::of(&request), &waits), arrived, &mut quotas).await;
                if traced.is_on() {
                    trace_limits(&traced, &admitted);
                }
                if let Err(refusal) = admitted {
                    return PassOrAnswer::answer(refusal);
                }
            }
            policies.identify(request, &traced, &mut quotas)
        })
    }

    #[inline(always)]
    fn identify(
        self: &Arc<Self>,
        request: Request,
        traced: &TracedRequest,
        quotas: &mut QuotaStates,
    ) -> PassOrAnswer<RouteCall> {
        match &self.auth {
            None => self.admit_identified(request, traced, quotas),
            Some(auth) => self.authorize(auth, request, traced, quotas),
        }
    }

    #[inline(never)]
    fn authorize(
        self: &Arc<Self>,
        auth: &AccessCheck,
        request: Request,
        traced: &TracedRequest,
        quotas: &QuotaStates,
    ) -> PassOrAnswer<RouteCall> {
        let (auth, policies, traced) = (auth.clone(), Arc::clone(self), traced.clone());
        let mut quotas = quotas.clone();
        PassOrAnswer::wait(async move {
            let admitted = auth.admit(request).await;
            if traced.is_on() {
                trace_access(&traced, &admitted);
            }
            match admitted {
                Ok(request) => policies.admit_identified(request, &traced, &mut quotas),
                Err(refusal) => PassOrAnswer::answer(Box::new(refusal)),
            }
        })
    }

    /// The policies that may need the identity.
    #[inline(always)]
    fn admit_identified(
        self: &Arc<Self>,
        mut request: Request,
        traced: &TracedRequest,
        quotas: &mut QuotaStates,
    ) -> PassOrAnswer<RouteCall> {
        if let Err(refusal) = self.csrf.as_ref().map_or(Ok(()), |csrf| csrf.admit(&request)) {
            traced.answers("csrf", "refused", refusal.status());
            return PassOrAnswer::answer(refusal);
        }
        // A request that another site has forged does not count for its user.
        if let Some(limits) = self.rate_limits.as_ref().filter(|limits| limits.has_late())
            && let Err(refusal) = limit_identified(limits, &mut request, traced, quotas)
        {
            return PassOrAnswer::answer(refusal);
        }
        if self.rate_limits.as_ref().is_some_and(RateLimits::has_late_shared) && !is_warm_up(&request) {
            return self.count_identified_shared(request, traced, quotas);
        }
        self.look_up(request)
    }

    /// Like [`count_shared`](Self::count_shared), for the limits that may need the identity.
    #[inline(never)]
    fn count_identified_shared(
        self: &Arc<Self>,
        request: Request,
        traced: &TracedRequest,
        quotas: &QuotaStates,
    ) -> PassOrAnswer<RouteCall> {
        let (policies, traced, mut quotas) = (Arc::clone(self), traced.clone(), quotas.clone());
        PassOrAnswer::wait(async move {
            let (mut parts, body) = request.into_parts();
            let waits = RedisWaits::of(&mut parts.extensions);
            if let Some(limits) = &policies.rate_limits {
                let admitted = limits.admit_late_shared((&parts, &waits), &mut quotas).await;
                if traced.is_on() {
                    trace_limits(&traced, &admitted);
                }
                if let Err(refusal) = admitted {
                    return PassOrAnswer::answer(refusal);
                }
            }
            policies.look_up(Request::from_parts(parts, body))
        })
    }

    #[inline(always)]
    fn look_up(&self, request: Request) -> PassOrAnswer<RouteCall> {
        match &self.stored {
            StoredResponses::Cached(cache) => {
                PassOrAnswer::pass(RouteCall::Cached { inner: cache.clone().call(request) })
            }
            StoredResponses::None => self.handler.start(request, |inner| RouteCall::Handler { inner }),
            StoredResponses::Idempotent(idempotency) => self.process_once(idempotency, request),
        }
    }

    /// A function of its own, and a boxed future, so that other routes only pay for the branch.
    #[inline(never)]
    fn process_once(&self, idempotency: &IdempotencyLayer, request: Request) -> PassOrAnswer<RouteCall> {
        match idempotency.admit(&request) {
            Ok(None) => self.handler.start(request, |inner| RouteCall::Handler { inner }),
            Ok(Some(key)) => {
                let handler = self.handler.clone();
                let answer = idempotency.answer(key, request, move |request| handler.respond(request));
                PassOrAnswer::wait(async move {
                    let Ok(response) = answer.await;
                    PassOrAnswer::answer(Box::new(response))
                })
            }
            Err(refusal) => {
                if let Some(exchange) = request.extensions().get::<Exchange>() {
                    exchange.traced().answers("idempotency", "refused", refusal.status());
                }
                PassOrAnswer::answer(refusal)
            }
        }
    }
}

/// What follows the policies that answer at once.
enum NextStep {
    /// The limits that processes share.
    SharedLimits,
    /// `auth`, and the policies that may need the identity.
    Identify,
}

pin_project! {
    /// The future of [`RouteService`].
    pub(in crate::policy) struct RouteFuture {
        #[pin]
        answer: PassOrAnswer<RouteCall>,
        body: BodyLength,
        traced: TracedRequest,
        quotas: QuotaStates,
        policies: Arc<RoutePolicies>,
    }
}

pin_project! {
    /// The rest of a request that `auth` has admitted.
    #[project = RouteCallProjection]
    enum RouteCall {
        Cached { #[pin] inner: CachedFuture<EndpointFuture, Infallible> },
        Handler { #[pin] inner: RunningHandler },
    }
}

impl Future for RouteFuture {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let policies = &**this.policies;
        // The response is changed in place: it is large to move.
        let mut polled = match ready!(this.answer.poll_passed(cx)).map(RouteCall::project) {
            Ok(RouteCallProjection::Cached { inner }) => {
                let polled = inner.poll(cx);
                if let Poll::Ready(Ok(response)) = &polled
                    && this.traced.is_on()
                {
                    trace_cache(this.traced, response);
                }
                polled
            }
            Ok(RouteCallProjection::Handler { inner }) => policies.handler.poll(inner, cx),
            Err(refusal) => Poll::Ready(Ok(refusal)),
        };
        if let Poll::Ready(Ok(response)) = &mut polled {
            policies.body_limit.inspect(*this.body, response, this.traced);
            if let Some(limits) = &policies.rate_limits {
                limits.add_headers(response.headers_mut(), this.quotas);
            }
            if policies.auth.is_some() {
                AccessCheck::forbid_storing(response);
            }
            if let Some(deprecation) = &policies.deprecation {
                deprecation.add_to(response);
            }
            if let Some(headers) = &policies.security_headers {
                response.extensions_mut().insert(headers.clone());
            }
        }
        polled
    }
}

/// The rate limits that may need the identity.
#[inline(never)]
fn limit_identified(
    limits: &RateLimits,
    request: &mut Request,
    traced: &TracedRequest,
    quotas: &mut QuotaStates,
) -> Result<(), Box<Response>> {
    if is_warm_up(request) {
        return Ok(());
    }
    let (parts, body) = std::mem::take(request).into_parts();
    let admitted = limits.admit_late(&parts, quotas);
    *request = Request::from_parts(parts, body);
    if traced.is_on() {
        trace_limits(traced, &admitted);
    }
    admitted.map(drop)
}

/// Only the warm-up sends such requests.
fn is_warm_up(request: &Request) -> bool {
    request.extensions().get::<WantsCacheOutcome>().is_some()
}

#[cold]
fn trace_limits(traced: &TracedRequest, admitted: &Result<LimitAdmission, Box<Response>>) {
    match admitted {
        Ok(LimitAdmission::Within) => traced.passes("rate_limit", "passed"),
        Ok(LimitAdmission::Observed) => traced.passes("rate_limit", "observed"),
        Err(refusal) => {
            let limits = refusal.extensions().get::<ViolatedLimits>().map(|violated| violated.0.clone());
            traced.add(("rate_limit", "refused"), Some(refusal.status()), limits);
        }
    }
}

#[cold]
fn trace_access(traced: &TracedRequest, admitted: &Result<Request, Response>) {
    match admitted {
        Ok(request) if request.extensions().get::<Identity>().is_some() => traced.passes("auth", "identified"),
        Ok(_) => traced.passes("auth", "anonymous"),
        Err(refusal) => traced.answers("auth", "refused", refusal.status()),
    }
}

/// Adds the outcome in the headers that the cache has set.
#[cold]
fn trace_cache(traced: &TracedRequest, response: &Response) {
    let decision = match response.headers().get("x-cache").map(HeaderValue::as_bytes) {
        Some(b"HIT") => "hit",
        Some(b"STALE") => "stale",
        Some(b"MISS") => "miss",
        Some(b"BYPASS") => "bypass",
        _ => "answered",
    };
    let detail = response.headers().get_all("cache-status").into_iter().next_back().cloned();
    traced.add(("cache", decision), Some(response.status()), detail);
}
