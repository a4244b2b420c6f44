use std::{error::Error, fmt};

use crate::setup::{self, SetupProblem};

/// The settings of a breaker that make no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidBreaker {
    name: String,
    reason: String,
}

impl InvalidBreaker {
    pub(super) fn new(name: &str, reason: String) -> Self {
        Self { name: name.to_owned(), reason }
    }

    /// What makes no sense, and what would.
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

/// So that `main` can pass it on with `?`.
impl From<InvalidBreaker> for setup::Error {
    fn from(invalid: InvalidBreaker) -> Self {
        let InvalidBreaker { name, reason } = invalid;
        Self::new(vec![SetupProblem::InvalidBreaker { name, declared_by: "the program".to_owned(), reason }])
    }
}
