use std::{error::Error, fmt, time::Duration};

/// The error of a call that was not made because the circuit breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub(in crate::breaker) retry_after: Duration,
}

impl Open {
    /// Creates the error without a breaker.
    #[cfg(test)]
    pub(crate) fn for_test(retry_after: Duration) -> Self {
        Self { retry_after }
    }

    /// Returns the time until the breaker becomes half-open. Zero if it is half-open and its probes are running.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the circuit breaker is open")
    }
}

impl Error for Open {}
