//! The thresholds of a route's alerts.

use std::time::Duration;

use super::breaker::Ratio;

/// The thresholds of a route's alerts: `alert(…)`. A getter returns `None` if the route leaves the threshold to its
/// default. See [`alerts`](crate::alerts).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertPolicy {
    error_rate: Option<Ratio>,
    mean: Option<Duration>,
    p99: Option<Duration>,
}

impl AlertPolicy {
    /// Returns the share of failed requests above which an alert is raised.
    #[must_use]
    pub const fn error_rate(&self) -> Option<Ratio> {
        self.error_rate
    }

    /// Returns the mean response time above which an alert is raised.
    #[must_use]
    pub const fn mean(&self) -> Option<Duration> {
        self.mean
    }

    /// Returns the 99th percentile of response times above which an alert is raised.
    #[must_use]
    pub const fn p99(&self) -> Option<Duration> {
        self.p99
    }
}

/// Constructors for generated code, in const context.
#[doc(hidden)]
impl AlertPolicy {
    #[must_use]
    pub const fn new() -> Self {
        Self { error_rate: None, mean: None, p99: None }
    }

    #[must_use]
    pub const fn with_error_rate(mut self, rate: Ratio) -> Self {
        self.error_rate = Some(rate);
        self
    }

    #[must_use]
    pub const fn with_mean(mut self, mean: Duration) -> Self {
        self.mean = Some(mean);
        self
    }

    #[must_use]
    pub const fn with_p99(mut self, p99: Duration) -> Self {
        self.p99 = Some(p99);
        self
    }
}
