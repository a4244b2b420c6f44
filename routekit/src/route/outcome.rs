//! The outcome of a call.

use axum::response::Response;

/// The outcome of a call, as a circuit breaker counts it.
///
/// An outcome in the extensions of a response overrides its status. Use it for a 500 that is unrelated to the
/// dependency of the handler (`Outcome::Success`), and for a 200 that was computed without the dependency
/// (`Outcome::Failure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The called service works.
    Success,
    /// The called service fails.
    Failure,
    /// The call does not show whether the service works: it is not counted, and a probe returns its permit.
    Neutral,
}

impl Outcome {
    /// Marks the response of an extractor that rejected the request as neutral, since no handler has run. A 5xx is not
    /// marked: the extractor itself failed, for instance because a pool has no connection.
    pub(crate) fn of_refusal(mut response: Response) -> Response {
        if !response.status().is_server_error() {
            response.extensions_mut().get_or_insert(Self::Neutral);
        }
        response
    }
}
