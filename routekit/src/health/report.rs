//! The results of several checks as one document.

use std::{collections::BTreeMap, time::Duration};

use serde::{Serialize, Serializer};

use super::result::{HealthCheckResult, HealthStatus};
use crate::base::clock::rfc3339;

/// The state of the whole app.
#[derive(Debug, Serialize)]
pub(crate) struct OverallHealth {
    pub(crate) status: HealthStatus,
    /// Since 1970.
    #[serde(serialize_with = "point_in_time")]
    timestamp: Duration,
    checks: BTreeMap<String, HealthCheckResult>,
    summary: HealthSummary,
}

/// How many checks have which result.
#[derive(Debug, Default, Serialize)]
struct HealthSummary {
    total: usize,
    healthy: usize,
    unhealthy: usize,
    degraded: usize,
}

/// The readiness as operators see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadinessReport {
    #[serde(flatten)]
    pub(super) health: OverallHealth,
    /// Why the app is not ready.
    pub(crate) held_by: Vec<String>,
}

impl ReadinessReport {
    pub(crate) fn is_ready(&self) -> bool {
        self.held_by.is_empty()
    }
}

fn point_in_time<S: Serializer>(since_1970: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*since_1970))
}

/// The result of a check, with its name.
pub(super) struct NamedResult {
    pub(super) name: String,
    pub(super) critical: bool,
    pub(super) result: HealthCheckResult,
}

impl OverallHealth {
    /// The result of each check, by its name.
    #[cfg(feature = "cli")]
    pub(crate) fn results(&self) -> impl Iterator<Item = (&str, &HealthCheckResult)> {
        self.checks.iter().map(|(name, result)| (name.as_str(), result))
    }

    /// A critical check that is unhealthy makes the app unhealthy. Any other check that is not healthy degrades it.
    pub(super) fn new(results: Vec<NamedResult>, timestamp: Duration) -> Self {
        let count = |status| results.iter().filter(|named| named.result.status == status).count();
        let summary = HealthSummary {
            total: results.len(),
            healthy: count(HealthStatus::Healthy),
            unhealthy: count(HealthStatus::Unhealthy),
            degraded: count(HealthStatus::Degraded),
        };
        let failed = |named: &NamedResult| named.critical && named.result.status == HealthStatus::Unhealthy;
        let status = if results.iter().any(failed) {
            HealthStatus::Unhealthy
        } else if summary.healthy < summary.total {
            HealthStatus::Degraded
        } else {
            HealthStatus::Healthy
        };
        let checks = results.into_iter().map(|named| (named.name, named.result)).collect();
        Self { status, timestamp, checks, summary }
    }
}
