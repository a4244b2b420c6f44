use std::{error::Error, fmt, time::Duration};

/// A call that was not made, since the circuit breaker of what it calls is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub(super) retry_after: Duration,
}

impl Open {
    /// What a breaker would say, without one.
    #[cfg(test)]
    pub(crate) fn for_test(retry_after: Duration) -> Self {
        Self { retry_after }
    }

    /// How long the breaker will stay open; zero where it is half-open and its probes are under way.
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
