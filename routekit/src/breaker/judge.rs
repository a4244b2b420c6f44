use http::{Response, StatusCode};

use super::Outcome;

/// How the result of a call says how it ended. Closures do, and [`ByResult`].
pub trait Judge<T, E> {
    /// How it ended.
    fn judge(&self, result: &Result<T, E>) -> Outcome;
}

/// `Err` is a failure, `Ok` a success.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByResult;

impl<T, E> Judge<T, E> for ByResult {
    fn judge(&self, result: &Result<T, E>) -> Outcome {
        if result.is_ok() { Outcome::Success } else { Outcome::Failure }
    }
}

impl<T, E, F: Fn(&Result<T, E>) -> Outcome> Judge<T, E> for F {
    fn judge(&self, result: &Result<T, E>) -> Outcome {
        self(result)
    }
}

impl Outcome {
    /// What an HTTP client has got says: an error and 5xx are failures, so is 429 (too many requests, RFC 6585 §4), everything else is a success.
    pub fn of_response<B, E>(result: &Result<Response<B>, E>) -> Self {
        match result {
            Ok(response) if response.status().is_server_error() => Self::Failure,
            Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => Self::Failure,
            Ok(_) => Self::Success,
            Err(_) => Self::Failure,
        }
    }
}
