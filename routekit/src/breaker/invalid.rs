use std::{error::Error, fmt};

use crate::base::setup_problem::{self, SetupProblem};

/// The error of [`CircuitBreakerBuilder::build`](super::CircuitBreakerBuilder::build): a setting is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidBreaker {
    name: String,
    reason: String,
}

impl InvalidBreaker {
    pub(crate) fn new(name: &str, reason: String) -> Self {
        Self { name: name.to_owned(), reason }
    }

    /// Converts the error to a start-up problem. `place` declares the breaker: `GET /users (src/users.rs:10)`.
    pub(crate) fn declared_by(&self, place: &str) -> SetupProblem {
        let Self { name, reason } = self;
        let message = format!("the circuit breaker `{name}` of {place}: {reason}");
        SetupProblem::new("invalid-breaker", message).at(place)
    }
}

impl fmt::Display for InvalidBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the circuit breaker `{}`: {}", self.name, self.reason)
    }
}

impl Error for InvalidBreaker {}

/// Lets `main` return the error with `?`.
impl From<InvalidBreaker> for setup_problem::Error {
    fn from(invalid: InvalidBreaker) -> Self {
        invalid.declared_by("the program").into()
    }
}
