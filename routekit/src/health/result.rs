//! The result of one check.

use std::{fmt, time::Duration};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The state of a part of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// It works.
    Healthy,
    /// It works with restrictions: the app still takes requests.
    Degraded,
    /// It does not work. If the check is critical, the app takes no requests.
    Unhealthy,
}

impl HealthStatus {
    /// Returns `healthy`, `degraded` or `unhealthy`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The result of a [`HealthCheck`](super::HealthCheck).
///
/// ```
/// use routekit::health::{HealthCheckResult, HealthStatus};
///
/// let result = HealthCheckResult::degraded("the queue is long").with_detail("length", 900);
/// assert_eq!(result.status, HealthStatus::Degraded);
/// assert_eq!(result.details["length"], 900);
/// ```
///
/// A `Result<(), E>` converts to it: `Ok` is healthy, and `Err` is unhealthy with the error as its message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HealthCheckResult {
    /// The state.
    pub status: HealthStatus,
    /// The reason, for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long the check took. The app measures it. In JSON, milliseconds.
    #[serde(serialize_with = "milliseconds")]
    pub duration: Duration,
    /// Measured values, for operators.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1000.0)
}

impl HealthCheckResult {
    /// Creates a result without a message.
    #[must_use]
    pub fn healthy() -> Self {
        Self { status: HealthStatus::Healthy, message: None, duration: Duration::ZERO, details: Map::new() }
    }

    /// Creates a result for a part that works with restrictions.
    #[must_use]
    pub fn degraded(message: impl Into<String>) -> Self {
        Self { status: HealthStatus::Degraded, message: Some(message.into()), ..Self::healthy() }
    }

    /// Creates a result for a part that does not work.
    #[must_use]
    pub fn unhealthy(message: impl Into<String>) -> Self {
        Self { status: HealthStatus::Unhealthy, message: Some(message.into()), ..Self::healthy() }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with_detail(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.details.insert(name.into(), value.into());
        self
    }
}

impl<E: fmt::Display> From<Result<(), E>> for HealthCheckResult {
    fn from(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Self::healthy(),
            Err(error) => Self::unhealthy(error.to_string()),
        }
    }
}
