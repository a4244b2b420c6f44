use tower_layer::Layer;

use super::{Breaker, ByResult, CircuitBreaker};

/// Layer that applies a circuit breaker to any tower service, such as an HTTP client.
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
    /// Sets how results are classified: a closure, or [`Outcome::of_response`](super::Outcome::of_response). Defaults
    /// to
    /// [`ByResult`].
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
