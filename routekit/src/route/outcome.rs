//! How a call ended.

/// How a call ended, as a circuit breaker sees it.
///
/// In the extensions of a response, it says so in place of the status: a 500 that says nothing about the health of what the handler depends on is an
/// `Outcome::Success`, and a 200 that was put together without it is an `Outcome::Failure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// What was called is well.
    Success,
    /// It is not.
    Failure,
    /// Nobody knows: nothing is counted, and a probe gives its permit back.
    Neutral,
}
