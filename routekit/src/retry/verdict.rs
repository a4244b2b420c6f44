use std::{fmt, time::Duration};

/// What is to be done about the result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Give it back.
    Stop,
    /// Try again after the usual delay.
    Retry,
    /// Try again after this and the usual delay: never sooner than the server asks, and not all at once.
    RetryAfter(Duration),
}

/// What says which results are retried: [`EveryError`], [`ErrorsIf`], or a function.
///
/// Made by the methods of [`Retry`](super::Retry); not to be implemented elsewhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not judge a `Result<{T}, {E}>`",
    note = "the function given to `retry_if` or `judge_by` must take the types that the call gives"
)]
pub trait Judge<T, E>: sealed::Sealed {
    /// What is to be done about this result.
    fn judge(&self, result: &Result<T, E>) -> Verdict;
}

/// Retries what failed, whatever with.
#[derive(Debug, Clone, Copy)]
pub struct EveryError;

impl<T, E> Judge<T, E> for EveryError {
    fn judge(&self, result: &Result<T, E>) -> Verdict {
        if result.is_err() { Verdict::Retry } else { Verdict::Stop }
    }
}

/// Retries what failed, if the function says so. Made by [`Retry::retry_if`](super::Retry::retry_if).
#[derive(Clone, Copy)]
pub struct ErrorsIf<F>(pub(super) F);

impl<T, E, F: Fn(&E) -> bool> Judge<T, E> for ErrorsIf<F> {
    fn judge(&self, result: &Result<T, E>) -> Verdict {
        match result {
            Err(error) if (self.0)(error) => Verdict::Retry,
            Ok(_) | Err(_) => Verdict::Stop,
        }
    }
}

impl<F> fmt::Debug for ErrorsIf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorsIf(..)")
    }
}

/// Retries what the function says. Made by [`Retry::judge_by`](super::Retry::judge_by).
#[derive(Clone, Copy)]
pub struct JudgeBy<F>(pub(super) F);

impl<T, E, F: Fn(&Result<T, E>) -> Verdict> Judge<T, E> for JudgeBy<F> {
    fn judge(&self, result: &Result<T, E>) -> Verdict {
        (self.0)(result)
    }
}

impl<F> fmt::Debug for JudgeBy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JudgeBy(..)")
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::EveryError {}
    impl<F> Sealed for super::ErrorsIf<F> {}
    impl<F> Sealed for super::JudgeBy<F> {}
}
