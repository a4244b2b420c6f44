//! The service level objectives of a route.

use std::{fmt, time::Duration};

use super::breaker::Ratio;
use crate::base::units;

/// The longest threshold, as in the attribute.
const MAX_THRESHOLD: Duration = Duration::from_secs(3600);

/// The service level objectives of a route: `slo(…)`. A getter returns `None` if the route leaves the objective to its
/// default. See [`prometheus`](crate::prometheus).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SloPolicy {
    availability: Option<Ratio>,
    latency: Option<LatencyObjective>,
}

/// The share of requests that take no longer than a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencyObjective {
    threshold: Duration,
    share: Ratio,
}

impl SloPolicy {
    /// Returns the share of requests that do not fail.
    #[must_use]
    pub const fn availability(&self) -> Option<Ratio> {
        self.availability
    }

    /// Returns the objective for response times.
    #[must_use]
    pub const fn latency(&self) -> Option<LatencyObjective> {
        self.latency
    }
}

impl LatencyObjective {
    /// Creates an objective: `share` of the requests take no longer than `threshold`.
    #[must_use]
    pub const fn new(threshold: Duration, share: Ratio) -> Self {
        Self { threshold, share }
    }

    /// Whether its numbers are within the bounds of the attribute.
    pub(crate) fn is_possible(&self) -> bool {
        let is_whole = self.threshold.as_nanos().is_multiple_of(1_000_000);
        is_objective(self.share) && is_whole && !self.threshold.is_zero() && self.threshold <= MAX_THRESHOLD
    }

    /// The threshold in seconds, as the bound of a bucket. Rounded once, so that it reads as it was written.
    #[expect(clippy::cast_precision_loss, reason = "an hour has less than 2^53 nanoseconds")]
    pub(crate) fn seconds(&self) -> f64 {
        self.threshold.as_nanos() as f64 / 1e9
    }

    /// Returns the threshold.
    #[must_use]
    pub const fn threshold(&self) -> Duration {
        self.threshold
    }

    /// Returns the share of requests that take no longer than the threshold.
    #[must_use]
    pub const fn share(&self) -> Ratio {
        self.share
    }
}

/// `0.99 within 300ms`, as in the configuration.
impl fmt::Display for LatencyObjective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} within {}", self.share, units::show(&self.threshold))
    }
}

/// Whether an objective can ask for this share: every route would reach zero, and one leaves no request that may fail.
pub(crate) fn is_objective(share: Ratio) -> bool {
    Ratio::from_millionths(0) < share && share < Ratio::ONE
}

/// Constructors for generated code, in const context.
#[doc(hidden)]
impl SloPolicy {
    #[must_use]
    pub const fn new() -> Self {
        Self { availability: None, latency: None }
    }

    #[must_use]
    pub const fn with_availability(mut self, share: Ratio) -> Self {
        self.availability = Some(share);
        self
    }

    #[must_use]
    pub const fn with_latency(mut self, threshold: Duration, share: Ratio) -> Self {
        self.latency = Some(LatencyObjective::new(threshold, share));
        self
    }
}
