use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    call_error::CallError,
    classify::{ByResult, Classify},
    handle::CircuitBreaker,
    machine::Open,
    on_unwind::OnUnwind,
    permit::Permit,
};

/// A layer that applies a circuit breaker to any tower service, such as an HTTP client.
///
/// While the breaker is open, calls fail with [`CallError::Open`](super::CallError::Open).
///
/// ```
/// use routekit::breaker::{BreakerLayer, CallError, CircuitBreaker, Outcome};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let breaker = CircuitBreaker::builder("payments").window(10_u32).build().unwrap();
/// // For services that answer with `http::Response`, add `.classify(Outcome::of_response)`.
/// let client = BreakerLayer::new(breaker.clone()).layer(service_fn(|_: ()| async { Err::<(), _>("down") }));
/// for _ in 0..10 {
///     assert_eq!(client.clone().oneshot(()).await, Err(CallError::Failed("down")));
/// }
/// assert!(matches!(client.oneshot(()).await, Err(CallError::Open(_))));
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BreakerLayer<J = ByResult> {
    breaker: CircuitBreaker,
    classify: J,
}

impl BreakerLayer {
    /// Creates a layer that counts `Err` as a failure and `Ok` as a success.
    #[must_use]
    pub fn new(breaker: CircuitBreaker) -> Self {
        Self { breaker, classify: ByResult }
    }
}

impl<J> BreakerLayer<J> {
    /// Sets the classification of results: a closure, or [`Outcome::of_response`](super::Outcome::of_response).
    /// Defaults to [`ByResult`].
    #[must_use]
    pub fn classify<K>(self, classify: K) -> BreakerLayer<K> {
        BreakerLayer { breaker: self.breaker, classify }
    }
}

impl<S, J: Clone> Layer<S> for BreakerLayer<J> {
    type Service = Breaker<S, J>;

    fn layer(&self, inner: S) -> Breaker<S, J> {
        Breaker { inner, breaker: self.breaker.clone(), classify: self.classify.clone() }
    }
}

/// The service of [`BreakerLayer`](super::BreakerLayer). See the [module docs](crate::breaker).
#[derive(Debug, Clone)]
pub struct Breaker<S, J = ByResult> {
    pub(super) inner: S,
    pub(super) breaker: CircuitBreaker,
    pub(super) classify: J,
}

accessors!(Breaker, J);

impl<S, R, J> Service<R> for Breaker<S, J>
where
    S: Service<R>,
    J: Classify<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = CallError<S::Error>;
    type Future = BreakerFuture<S::Future, J>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // A client that fails to become ready has failed a call.
        self.inner.poll_ready(cx).map_err(|error| {
            if let Ok(permit) = self.breaker.try_acquire() {
                permit.failure();
            }
            CallError::Failed(error)
        })
    }

    fn call(&mut self, request: R) -> Self::Future {
        match self.breaker.try_acquire_owned() {
            Ok(permit) => {
                let entered = permit.enter();
                let inner = self.inner.call(request);
                drop(entered);
                BreakerFuture::calling(inner, permit, self.classify.clone())
            }
            Err(open) => BreakerFuture::refused(open),
        }
    }
}

pin_project! {
    /// The response future of [`Breaker`](super::Breaker).
    pub struct BreakerFuture<F, J> {
        #[pin]
        way: Way<F, J>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<F, J> {
        Calling {
            #[pin]
            inner: F,
            tracked: Option<(Permit, J)>,
        },
        Refused { open: Open },
    }
}

impl<F, J> BreakerFuture<F, J> {
    pub(super) fn calling(inner: F, permit: Permit, classify: J) -> Self {
        Self { way: Way::Calling { inner, tracked: Some((permit, classify)) } }
    }

    pub(super) fn refused(open: Open) -> Self {
        Self { way: Way::Refused { open } }
    }
}

impl<F, T, E, J> Future for BreakerFuture<F, J>
where
    F: Future<Output = Result<T, E>>,
    J: Classify<T, E>,
{
    type Output = Result<T, CallError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().way.project() {
            WayProjection::Calling { inner, tracked } => {
                let result = ready!(OnUnwind::around(tracked, || inner.poll(cx)));
                if let Some((permit, classify)) = tracked.take() {
                    permit.settle(classify.classify(&result));
                }
                Poll::Ready(result.map_err(CallError::Failed))
            }
            WayProjection::Refused { open } => Poll::Ready(Err(CallError::Open(*open))),
        }
    }
}

impl<F, J> fmt::Debug for BreakerFuture<F, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerFuture").finish_non_exhaustive()
    }
}
