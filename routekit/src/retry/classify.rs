use std::{fmt, time::Duration};

/// The decision about the result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryDecision {
    /// Returns the result to the caller.
    Stop,
    /// Retries after the usual delay.
    Retry,
    /// Retries after this time plus the usual delay, so that clients do not all return at the same moment.
    RetryAfter(Duration),
}

/// Decides which results are retried. Implemented by [`EveryError`], [`ErrorsIf`] and [`ClassifyWith`].
///
/// The methods of [`Retry`](super::Retry) create the implementations. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not classify a `Result<{T}, {E}>`",
    note = "the function given to `retry_if` or `classify` must take the types that the call gives"
)]
pub trait ClassifyAttempt<T, E>: sealed::Sealed {
    /// Returns what to do with `result`.
    fn classify(&self, result: &Result<T, E>) -> RetryDecision;
}

/// Retries every `Err`. This is the default.
#[derive(Debug, Clone, Copy)]
pub struct EveryError;

impl<T, E> ClassifyAttempt<T, E> for EveryError {
    fn classify(&self, result: &Result<T, E>) -> RetryDecision {
        if result.is_err() { RetryDecision::Retry } else { RetryDecision::Stop }
    }
}

/// Retries the errors that a predicate selects. Created by [`Retry::retry_if`](super::Retry::retry_if).
#[derive(Clone, Copy)]
pub struct ErrorsIf<F>(pub(super) F);

impl<T, E, F: Fn(&E) -> bool> ClassifyAttempt<T, E> for ErrorsIf<F> {
    fn classify(&self, result: &Result<T, E>) -> RetryDecision {
        match result {
            Err(error) if (self.0)(error) => RetryDecision::Retry,
            Ok(_) | Err(_) => RetryDecision::Stop,
        }
    }
}

impl<F> fmt::Debug for ErrorsIf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorsIf(..)")
    }
}

/// Lets a function decide. Created by [`Retry::classify`](super::Retry::classify).
#[derive(Clone, Copy)]
pub struct ClassifyWith<F>(pub(super) F);

impl<T, E, F: Fn(&Result<T, E>) -> RetryDecision> ClassifyAttempt<T, E> for ClassifyWith<F> {
    fn classify(&self, result: &Result<T, E>) -> RetryDecision {
        (self.0)(result)
    }
}

impl<F> fmt::Debug for ClassifyWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClassifyWith(..)")
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::EveryError {}
    impl<F> Sealed for super::ErrorsIf<F> {}
    impl<F> Sealed for super::ClassifyWith<F> {}
}
