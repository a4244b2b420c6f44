//! The health checks of the app.

use super::diagnosis::Diagnosis;
use crate::health::{HealthMonitor, HealthStatus};

/// Runs each once.
pub(super) async fn examine(health: &HealthMonitor) -> Vec<Diagnosis> {
    let overall = health.overall().await;
    let results = overall.results().map(|(name, result)| {
        let text = match &result.message {
            Some(message) => format!("{name}: {message}"),
            None => name.to_owned(),
        };
        match result.status {
            HealthStatus::Healthy => Diagnosis::ok("health", text),
            HealthStatus::Degraded => Diagnosis::warning("health", text),
            HealthStatus::Unhealthy => Diagnosis::problem("health", text),
        }
    });
    results.collect()
}
