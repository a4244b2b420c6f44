//! How a call ended.

/// How a call ended, as a circuit breaker counts it.
///
/// An outcome in the extensions of a response takes the place of its status: a 500 that says nothing about the health
/// of what the handler depends on is an `Outcome::Success`, and a 200 that was made without it is an
/// `Outcome::Failure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The called service works.
    Success,
    /// The called service fails.
    Failure,
    /// The call says nothing about the service: it is not counted, and a probe returns its permit.
    Neutral,
}
