//! The policies around the handler of a route.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{extract::Request, response::Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    base::pass_or_answer::PassOrAnswer,
    breaker::{self, AdmittedCall, HttpBreakerLayer},
    cache::{Invalidating, InvalidatingFuture},
    catch_panic::{CatchPanic, CatchPanicFuture, GuardedCall, PanicGuard},
    concurrency::{ConcurrencyLayer, RunningPermit},
    deadline::Deadline,
    observe::{Exchange, Failure, FallbackResponse, TracedRequest},
    route::{Endpoint, EndpointFuture},
    timeout::TimeLimit,
};

/// The part of a route that runs when the cache does not answer. A clone is one reference count.
#[derive(Clone)]
pub(in crate::policy) struct HandlerService(Arc<HandlerPolicies>);

/// The policies that only requests to the handler meet, outermost first.
pub(in crate::policy) struct HandlerPolicies {
    pub(in crate::policy) concurrency: Option<ConcurrencyLayer>,
    pub(in crate::policy) breaker: Option<HttpBreakerLayer>,
    pub(in crate::policy) timeout: Option<TimeLimit>,
    /// Catches panics itself, since it may have to outlive the request.
    pub(in crate::policy) invalidation: Option<Invalidating<CatchPanic<Endpoint>>>,
    pub(in crate::policy) panics: PanicGuard,
    /// `layer(…)`, extractors, handler.
    pub(in crate::policy) endpoint: Endpoint,
    /// Whether requests may have a trace.
    pub(in crate::policy) explains: bool,
}

pin_project! {
    /// A request that the handler has taken. It is polled with the policies that it was started with, which it does not
    /// hold.
    pub(super) struct RunningHandler {
        #[pin]
        handler: GuardedHandler,
        deadline: Deadline,
        call: Option<AdmittedCall>,
        permit: Option<RunningPermit>,
        traced: TracedRequest,
    }
}

pin_project! {
    #[project = GuardedHandlerProjection]
    enum GuardedHandler {
        Plain { #[pin] call: GuardedCall<EndpointFuture> },
        Invalidating { #[pin] inner: InvalidatingFuture<CatchPanicFuture<EndpointFuture>, Infallible> },
        // The call has failed, and its future is dropped.
        Fallback { #[pin] answer: EndpointFuture },
    }
}

impl HandlerService {
    pub(in crate::policy) fn new(policies: HandlerPolicies) -> Self {
        Self(Arc::new(policies))
    }

    /// Starts to answer a request that the cache has not answered, in a future that `wrap` makes.
    // Inlined like its callers, so that the call is made in the future of the route: it is large to move.
    #[inline(always)]
    pub(super) fn start<F>(&self, mut request: Request, wrap: impl FnOnce(RunningHandler) -> F) -> PassOrAnswer<F> {
        let HandlerPolicies { concurrency, breaker, timeout: _, invalidation, panics: _, endpoint, explains } =
            &*self.0;
        let traced = if *explains { traced(&request) } else { TracedRequest::default() };
        let permit = match concurrency.as_ref().map(ConcurrencyLayer::admit).transpose() {
            Ok(permit) => permit.map(|permit| permit.share(&mut request)),
            Err(refusal) => {
                traced.answers("concurrency", "refused", refusal.status());
                return PassOrAnswer::answer(refusal);
            }
        };
        if permit.is_some() {
            traced.passes("concurrency", "passed");
        }
        let call = match breaker {
            None => None,
            Some(breaker) => match breaker.admit(&mut request) {
                Ok(call) => {
                    if traced.is_on() {
                        traced.passes("breaker", breaker.state().as_str());
                    }
                    Some(call)
                }
                Err(open) => {
                    let refusal = breaker.refuse(open, request);
                    if traced.is_on() {
                        traced.passes("breaker", breaker.state().as_str());
                        return PassOrAnswer::decide(async move {
                            let refusal = refusal.await;
                            let is_fallback = refusal.extensions().get::<FallbackResponse>().is_some();
                            let policy = if is_fallback { "fallback" } else { "breaker" };
                            traced.answers(policy, if is_fallback { "answered" } else { "refused" }, refusal.status());
                            Err(refusal)
                        });
                    }
                    return PassOrAnswer::decide(async move { Err(refusal.await) });
                }
            },
        };
        // A panic of the call is caught, and is the response that is polled.
        let _running_call = breaker::enter(call.as_ref());
        // Inside the timeout, so that a handler that may have changed something runs to its end, and so that the
        // breaker sees a panic as a failure and not as a cancelled call.
        let handler = match invalidation {
            Some(invalidation) => GuardedHandler::Invalidating { inner: invalidation.clone().call(request) },
            None => {
                let mut call = GuardedCall::new();
                call.start(request, |request| endpoint.respond(request));
                GuardedHandler::Plain { call }
            }
        };
        PassOrAnswer::pass(wrap(RunningHandler { handler, deadline: Deadline::default(), call, permit, traced }))
    }

    /// Polls a request that was started.
    #[inline(always)]
    pub(super) fn poll(
        &self,
        running: Pin<&mut RunningHandler>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response, Infallible>> {
        let HandlerPolicies { timeout, panics, .. } = &*self.0;
        let mut running = running.project();
        let panic_is_failure = breaker::guard(running.call);
        let mut is_fallback = false;
        // The response is passed on in place, in one variable: it is large to move.
        let mut polled = match running.handler.as_mut().project() {
            GuardedHandlerProjection::Plain { call } => call.poll(panics, cx),
            GuardedHandlerProjection::Invalidating { inner } => inner.poll(cx),
            GuardedHandlerProjection::Fallback { answer } => {
                is_fallback = true;
                answer.poll(cx)
            }
        };
        let is_late = polled.is_pending();
        // A fallback has a limit of its own.
        if let Some(timeout) = timeout.as_ref().filter(|_| !is_fallback) {
            timeout.limit(&mut polled, running.deadline, cx);
        }
        if let Poll::Ready(Ok(response)) = &polled
            && running.traced.is_on()
        {
            let policy = if is_late {
                "timeout"
            } else if is_fallback {
                "fallback"
            } else {
                "handler"
            };
            trace_response(running.traced, policy, response);
        }
        drop(panic_is_failure);
        let fallback = breaker::settle(running.call, &polled);
        RunningPermit::release_if_ready(running.permit, &polled);
        if let Some(answer) = fallback {
            running.handler.set(GuardedHandler::Fallback { answer });
            if let GuardedHandlerProjection::Fallback { answer } = running.handler.project() {
                polled = answer.poll(cx);
                if let Poll::Ready(Ok(response)) = &polled {
                    running.traced.answers("fallback", "answered", response.status());
                }
            }
        }
        polled
    }
}

/// The trace of a request. The copy of a request that the cache makes for itself has none.
#[cold]
fn traced(request: &Request) -> TracedRequest {
    request.extensions().get::<Exchange>().map_or_else(TracedRequest::default, |exchange| exchange.traced().clone())
}

#[cold]
fn trace_response(traced: &TracedRequest, policy: &'static str, response: &Response) {
    let decision = match response.extensions().get() {
        Some(Failure::Timeout) => "timed_out",
        Some(Failure::Panic) => "panicked",
        _ => "answered",
    };
    traced.answers(policy, decision, response.status());
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
        if self.0.explains {
            traced(&request).passes("cache", "forwarded");
        }
        self.respond(request)
    }
}

impl HandlerService {
    /// Answers a request, in a boxed future.
    pub(super) fn respond(&self, request: Request) -> EndpointFuture {
        let answer = self.start(request, |running| running);
        EndpointFuture::new(HandlerFuture { answer, handler: self.clone() })
    }
}

pin_project! {
    struct HandlerFuture {
        #[pin]
        answer: PassOrAnswer<RunningHandler>,
        handler: HandlerService,
    }
}

impl Future for HandlerFuture {
    type Output = Result<Response, Response>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let running = match ready!(this.answer.poll_passed(cx)) {
            Ok(running) => running,
            Err(refusal) => return Poll::Ready(Ok(refusal)),
        };
        let Ok(response) = ready!(this.handler.poll(running, cx));
        Poll::Ready(Ok(response))
    }
}
