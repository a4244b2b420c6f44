//! The outcome of a call.

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
