use std::{error::Error, fmt};

use crate::setup::{self, SetupProblem};

/// Error of [`CircuitBreakerBuilder::build`](super::CircuitBreakerBuilder::build): the settings are not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidBreaker {
    name: String,
    reason: String,
}

impl InvalidBreaker {
    pub(super) fn new(name: &str, reason: String) -> Self {
        Self { name: name.to_owned(), reason }
    }

    /// Says which setting is wrong and which values are allowed.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for InvalidBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the circuit breaker `{}`: {}", self.name, self.reason)
    }
}

impl Error for InvalidBreaker {}

/// Lets `main` return it with `?`.
impl From<InvalidBreaker> for setup::Error {
    fn from(invalid: InvalidBreaker) -> Self {
        let InvalidBreaker { name, reason } = invalid;
        Self::new(vec![SetupProblem::InvalidBreaker { name, declared_by: "the program".to_owned(), reason }])
    }
}
