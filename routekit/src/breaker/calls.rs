//! Calls through a breaker.

use std::{
    future::{Future, poll_fn},
    pin::pin,
};

use super::{call_error::CallError, handle::CircuitBreaker, machine::Open, permit::Permit};
use crate::route::Outcome;

impl CircuitBreaker {
    /// Makes a call, unless the breaker is open.
    ///
    /// `Ok` is a success; `Err` and a panic are failures. If the returned future is dropped before the call has ended,
    /// nothing is counted, so put timeouts inside the call. A call within a call of the same breaker passes without
    /// being counted, also in the handler of a route with this breaker.
    ///
    /// # Errors
    /// [`CallError::Open`] if the call was not made, [`CallError::Failed`] if it failed.
    ///
    /// # Example
    /// ```
    /// # use routekit::breaker::{CallError, CircuitBreaker};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let breaker = CircuitBreaker::builder("payments").window(10_u32).build().unwrap();
    /// for _ in 0..10 {
    ///     assert_eq!(breaker.call(|| async { Err::<(), _>("down") }).await, Err(CallError::Failed("down")));
    /// }
    /// assert!(matches!(breaker.call(|| async { Ok::<_, &str>(()) }).await, Err(CallError::Open(_))));
    /// # }
    /// ```
    pub async fn call<T, E, F>(&self, call: impl FnOnce() -> F) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.call_classified(call, |result| if result.is_ok() { Outcome::Success } else { Outcome::Failure }).await
    }

    /// Makes a call like [`call`](Self::call), and classifies its result with `classify`. Use it if an `Ok` can be a
    /// failure, such as a response with status 500, or an `Err` can be the caller's own fault.
    ///
    /// # Errors
    /// See [`call`](Self::call).
    pub async fn call_classified<T, E, F>(
        &self,
        call: impl FnOnce() -> F,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let permit = self.try_acquire()?;
        let result = {
            let mut call = pin!({
                let _entered = permit.enter();
                call()
            });
            poll_fn(|cx| {
                let _entered = permit.enter();
                call.as_mut().poll(cx)
            })
            .await
        };
        permit.settle(classify(&result));
        result.map_err(CallError::Failed)
    }

    /// Requests a permit for one call. The caller reports the outcome to the returned [`Permit`].
    ///
    /// # Errors
    /// [`Open`] if the call must not be made.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<&Self>, Open> {
        let (ticket, start) = self.admit()?;
        Ok(Permit::new(self, ticket, start))
    }

    /// Requests a permit like [`try_acquire`](Self::try_acquire), which does not borrow the breaker.
    ///
    /// # Errors
    /// [`Open`] if the call must not be made.
    pub fn try_acquire_owned(&self) -> Result<Permit, Open> {
        let (ticket, start) = self.admit()?;
        Ok(Permit::new(self.clone(), ticket, start))
    }
}
