use std::{
    fmt,
    future::Future,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    handler::Handler,
    response::{IntoResponse, Response},
};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    classify::{AdmittedCall, Classification, ClassifiedCall, Classifier, guard},
    fallbacks::{ErrorFallback, Fallbacks, marked},
    upload::Upload,
};
use crate::{
    base::pass_or_answer::PassOrAnswer,
    breaker::{CircuitBreaker, Open, Outcome, State},
    observe::{Event, Observer, Report},
    route::{BreakerPolicy, Endpoint, EndpointFuture, HandlerReached},
};

/// A circuit breaker around a service that answers HTTP requests. See the [module docs](crate::breaker).
///
/// One breaker can guard several services, which then open and close together.
#[derive(Clone)]
pub struct HttpBreakerLayer {
    breaker: CircuitBreaker,
    classify: Option<Classifier>,
    fallbacks: Fallbacks,
    /// Whether a layer of the route may answer in place of the handler.
    layered: bool,
    report: Report,
}

impl HttpBreakerLayer {
    /// Creates a layer that guards the inner service with `breaker`.
    #[must_use]
    pub fn new(breaker: CircuitBreaker) -> Self {
        Self { breaker, classify: None, fallbacks: Fallbacks::default(), layered: false, report: Report::default() }
    }

    /// Creates the layer that a route declares. `layered` is whether the route has its own layer.
    pub(crate) fn for_route(
        breaker: CircuitBreaker,
        policy: &BreakerPolicy,
        fallbacks: Fallbacks,
        layered: bool,
    ) -> Self {
        let layer = Self { fallbacks, layered, ..Self::new(breaker) };
        match policy.classify {
            Some(classify) => layer.classify(move |response| classify.of(response)),
            None => layer,
        }
    }

    /// Sets the classification of responses that have no [`Outcome`] in their extensions. By default, a 5xx is a
    /// failure and everything else is a success.
    #[must_use]
    pub fn classify(mut self, classify: impl Fn(&Response) -> Outcome + Send + Sync + 'static) -> Self {
        self.classify = Some(Arc::new(classify));
        self
    }

    /// Sets an axum handler that answers while the breaker is open. Defaults to a 503.
    #[must_use]
    pub fn fallback<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, ()> + Sync,
        T: 'static,
    {
        self.fallbacks.when_open = Some(endpoint_of(handler));
        self
    }

    /// Sets an axum handler that answers in place of a failed call. It receives the request without its body. Without a
    /// [`fallback`](Self::fallback) it also answers while the breaker is open. Defaults to the failure itself.
    #[must_use]
    pub fn fallback_on_error<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, ()> + Sync,
        T: 'static,
    {
        self.fallbacks.on_error = Some(endpoint_of(handler));
        self
    }

    /// Sets the observer of refused requests. Defaults to none.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.report = Report::to(observer);
        self
    }

    /// Admits a call, unless the breaker is open. Observes the request body from then on.
    pub(crate) fn admit(&self, request: &mut Request) -> Result<AdmittedCall, Open> {
        let permit = self.breaker.try_acquire_owned()?;
        let reached = self.layered.then(|| HandlerReached::new(self.breaker.id()));
        if let Some(reached) = &reached {
            request.extensions_mut().insert(reached.clone());
        }
        let on_error = self.fallbacks.on_error.as_ref().map(|fallback| ErrorFallback::new(fallback, request));
        let classify = self.classify.clone();
        let upload = Upload::watch(request, &permit);
        Ok((permit, Box::new(Classification { upload, reached, classify, on_error })))
    }

    /// The state of the breaker.
    pub(crate) fn state(&self) -> State {
        self.breaker.state()
    }

    /// Returns the response of the fallback, or else 503.
    pub(crate) fn refuse(&self, open: Open, request: Request) -> impl Future<Output = Response> + Send + use<> {
        self.report.event(Event::BreakerOpen);
        let Fallbacks { when_open, on_error } = &self.fallbacks;
        let fallback = when_open.as_ref().or(on_error.as_ref()).map(|fallback| marked(fallback, request));
        async move {
            let Some(fallback) = fallback else { return open.into_response() };
            let Ok(response) = fallback.await;
            response
        }
    }
}

fn endpoint_of<H, T>(handler: H) -> Endpoint
where
    H: Handler<T, ()> + Sync,
    T: 'static,
{
    Endpoint::new(move |request: Request| {
        let answer = handler.clone().call(request, ());
        EndpointFuture::new(async move { Ok(answer.await) })
    })
}

impl<S> Layer<S> for HttpBreakerLayer {
    type Service = HttpBreaker<S>;

    fn layer(&self, inner: S) -> HttpBreaker<S> {
        HttpBreaker { inner, layer: self.clone() }
    }
}

impl fmt::Debug for HttpBreakerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBreakerLayer").field("breaker", &self.breaker).finish_non_exhaustive()
    }
}

/// The service of [`HttpBreakerLayer`].
#[derive(Debug, Clone)]
pub struct HttpBreaker<S> {
    inner: S,
    layer: HttpBreakerLayer,
}

accessors!(HttpBreaker);

opaque_future! {
    /// The future of [`HttpBreaker`].
    pub struct HttpBreakerFuture<F>(PassOrAnswer<ClassifiedCall<F>>);
}

impl<S> Service<Request> for HttpBreaker<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = HttpBreakerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        HttpBreakerFuture::new(match self.layer.admit(&mut request) {
            Ok(call) => {
                let mut call = Some(call);
                let entered = guard(&mut call);
                let inner = self.inner.call(request);
                drop(entered);
                PassOrAnswer::pass(ClassifiedCall::new(inner, call))
            }
            Err(open) => {
                let refusal = self.layer.refuse(open, request);
                PassOrAnswer::decide(async move { Err(refusal.await) })
            }
        })
    }
}
