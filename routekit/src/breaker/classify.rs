use http::{Response, StatusCode};

use crate::route::Outcome;

/// Decides whether the result of a call counts as a success or a failure.
///
/// Implemented by [`ByResult`] and by closures `Fn(&Result<T, E>) -> Outcome`.
pub trait Classify<T, E> {
    /// Returns the outcome that the breaker counts for `result`.
    fn classify(&self, result: &Result<T, E>) -> Outcome;
}

/// Classifies `Err` as a failure and `Ok` as a success.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByResult;

impl<T, E> Classify<T, E> for ByResult {
    fn classify(&self, result: &Result<T, E>) -> Outcome {
        if result.is_ok() { Outcome::Success } else { Outcome::Failure }
    }
}

impl<T, E, F: Fn(&Result<T, E>) -> Outcome> Classify<T, E> for F {
    fn classify(&self, result: &Result<T, E>) -> Outcome {
        self(result)
    }
}

impl Outcome {
    /// Classifies the result of an HTTP client: errors, 5xx and 429 (RFC 6585 §4) are failures, all others are
    /// successes.
    pub fn of_response<B, E>(result: &Result<Response<B>, E>) -> Self {
        match result {
            Ok(response) if response.status().is_server_error() => Self::Failure,
            Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => Self::Failure,
            Ok(_) => Self::Success,
            Err(_) => Self::Failure,
        }
    }
}
