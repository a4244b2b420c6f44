//! The figures of one event.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

use crate::{
    base::clock::{Clock, rfc3339},
    breaker::{BreakerSnapshot, Breakers},
    cache::{Cache, CacheStats},
    health::{HealthMonitor, OverallHealth},
    shutdown::Shutdown,
    system::{SystemMetrics, SystemMonitor},
};

/// The parts of the app that the live page shows.
#[derive(Debug)]
pub(crate) struct LiveSource {
    pub(crate) clock: Clock,
    pub(crate) cache: Cache,
    pub(crate) breakers: Breakers,
    pub(crate) health: HealthMonitor,
    pub(crate) system: SystemMonitor,
    pub(crate) shutdown: Shutdown,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LiveSnapshot {
    timestamp: String,
    ready: bool,
    /// Why the app is not ready.
    held_by: Vec<String>,
    health: OverallHealth,
    system: Arc<SystemMetrics>,
    cache: CacheStats,
    circuit_breakers: BTreeMap<String, BreakerSnapshot>,
}

impl LiveSource {
    /// The figures of now, as JSON on one line.
    pub(super) async fn snapshot(&self) -> String {
        let readiness = self.health.readiness().await;
        let snapshot = LiveSnapshot {
            timestamp: rfc3339(self.clock.unix_time()),
            ready: readiness.is_ready(),
            held_by: readiness.held_by,
            health: self.health.overall().await,
            system: self.system.read(),
            cache: self.cache.stats().await,
            circuit_breakers: self
                .breakers
                .snapshots()
                .into_iter()
                .map(|breaker| (breaker.name.clone(), breaker))
                .collect(),
        };
        serde_json::to_string(&snapshot).expect("figures and texts are valid JSON")
    }
}
