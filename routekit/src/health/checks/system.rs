//! A check of the memory of the process and of its machine or container.

use std::path::PathBuf;

use crate::{
    health::{
        check::HealthCheck,
        result::{HealthCheckResult, HealthStatus},
    },
    system::{Memory, load_average},
};

/// A larger share of the memory, in percent, is degraded.
const HIGH_USAGE: f64 = 80.0;
/// A larger share of the memory, in percent, is unhealthy.
const CRITICAL_USAGE: f64 = 90.0;
/// Less free memory, in percent, is unhealthy.
const CRITICAL_FREE: f64 = 5.0;

impl HealthCheck {
    /// Creates a critical check of the memory, named `system-resources`.
    ///
    /// 1. The total is the memory of the machine, or the limit of the container (cgroup v1 or v2) if that is lower.
    /// 2. It is degraded if the process itself uses more than 80 % of the total, and unhealthy above 90 %.
    /// 3. It is unhealthy if less than 5 % are free: of the machine (`MemAvailable`), or of the container. Files that
    ///    the system has cached count as free.
    ///
    /// `details.memory` has `rss` (bytes of the process) and `usagePercent`; `details.system` has `totalMemory` and
    /// `freeMemory` (bytes), `freeMemoryPercent` and `loadAverage`.
    ///
    /// It reads `/proc` and `/sys`. On a system without them (macOS, Windows) it is degraded, and its message says that
    /// nothing can be measured.
    pub fn system() -> Self {
        Self::system_in("/")
    }

    /// Creates the same check with the `/proc` and `/sys` below another directory, such as `/host` in a container.
    pub fn system_in(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self::new("system-resources", async move || match Memory::read(&root) {
            Ok(memory) => assess(&memory, load_average(&root).as_ref().map_or(&[], |load| load)),
            Err(message) => HealthCheckResult::degraded(format!("the memory cannot be measured: {message}")),
        })
        .critical(true)
    }
}

fn assess(memory: &Memory, load_average: &[f64]) -> HealthCheckResult {
    let (usage, free) = (memory.usage_percent(), memory.free_percent());
    let mut status = HealthStatus::Healthy;
    let mut issues = Vec::new();
    if usage > CRITICAL_USAGE {
        status = HealthStatus::Unhealthy;
        issues.push(format!("the process uses {usage:.1} % of the memory"));
    } else if usage > HIGH_USAGE {
        status = HealthStatus::Degraded;
        issues.push(format!("the process uses {usage:.1} % of the memory"));
    }
    if free < CRITICAL_FREE {
        status = HealthStatus::Unhealthy;
        issues.push(format!("{free:.1} % of the memory is free"));
    }
    let result = HealthCheckResult::healthy()
        .with_detail("memory", serde_json::json!({ "rss": memory.rss, "usagePercent": usage }))
        .with_detail(
            "system",
            serde_json::json!({
                "freeMemory": memory.free,
                "totalMemory": memory.total,
                "freeMemoryPercent": free,
                "loadAverage": load_average,
            }),
        );
    let message = (!issues.is_empty()).then(|| issues.join(", "));
    HealthCheckResult { status, message, ..result }
}
