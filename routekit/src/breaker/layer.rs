use tower_layer::Layer;

use super::{Breaker, ByResult, CircuitBreaker};

/// A circuit breaker around any tower service, such as an HTTP client: while it is open, calls are refused with [`CallError::Open`](super::CallError::Open).
///
/// ```
/// use routekit::breaker::{BreakerLayer, CallError, CircuitBreaker, Outcome};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let breaker = CircuitBreaker::builder("payments").window(10_u32).build().unwrap();
/// // `Outcome::of_response` is for services whose responses are `http::Response`s.
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
    judge: J,
}

impl BreakerLayer {
    /// This breaker; `Err` is a failure, and `Ok` a success.
    #[must_use]
    pub fn new(breaker: CircuitBreaker) -> Self {
        Self { breaker, judge: ByResult }
    }
}

impl<J> BreakerLayer<J> {
    /// How a result says how the call ended: a closure, or [`Outcome::of_response`](super::Outcome::of_response).
    #[must_use]
    pub fn judge<K>(self, judge: K) -> BreakerLayer<K> {
        BreakerLayer { breaker: self.breaker, judge }
    }
}

impl<S, J: Clone> Layer<S> for BreakerLayer<J> {
    type Service = Breaker<S, J>;

    fn layer(&self, inner: S) -> Breaker<S, J> {
        Breaker { inner, breaker: self.breaker.clone(), judge: self.judge.clone() }
    }
}
