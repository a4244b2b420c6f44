//! The alerts by name, and what to do first. The guide has a section for each.

use super::rule_file::PrometheusRule;

/// An alert, and the first step of an operator.
#[derive(Debug)]
pub(super) struct Runbook {
    pub(super) alert: &'static str,
    first_step: &'static str,
}

impl Runbook {
    const fn new(alert: &'static str, first_step: &'static str) -> Self {
        Self { alert, first_step }
    }

    /// The alert with its first step as an annotation.
    pub(super) fn rule(&self, hold: &'static str, expr: String, severity: &str, summary: &str) -> PrometheusRule {
        let runbook = format!("{} See {} in the guide `monitoring` of routekit.", self.first_step, self.alert);
        PrometheusRule::alert(self.alert, hold, expr)
            .label("severity", severity)
            .annotation("summary", summary)
            .annotation("runbook", runbook)
    }
}

pub(super) const AVAILABILITY: Runbook = Runbook::new(
    "RoutekitAvailabilityBudgetBurn",
    "Compare the start of the failures with the last deployment; /requests of the admin surface shows their causes.",
);
pub(super) const LATENCY: Runbook = Runbook::new(
    "RoutekitLatencyBudgetBurn",
    "Find the slow policy or call at /requests of the admin surface; compare the rate of requests with yesterday's.",
);
pub(super) const ERROR_RATE: Runbook = Runbook::new(
    "RoutekitHighErrorRate",
    "Read the causes of the failures in the access log, or at /requests of the admin surface.",
);
pub(super) const SLOW: Runbook = Runbook::new(
    "RoutekitSlowRoute",
    "See at /requests of the admin surface in which policy or handler slow requests spend their time.",
);
pub(super) const SLOW_P99: Runbook = Runbook::new(
    "RoutekitSlowRouteP99",
    "See at /requests of the admin surface what the slowest requests have in common: a client, a tenant, a large page.",
);
pub(super) const HIT_RATIO: Runbook = Runbook::new(
    "RoutekitLowCacheHitRatio",
    "Look at /cache/stats of the admin surface for invalidations, evictions and bypasses.",
);
pub(super) const CACHE_DOWN: Runbook =
    Runbook::new("RoutekitCacheStoreDown", "Check Redis and the network to it; until then, nodes use their memory.");
pub(super) const BREAKER: Runbook = Runbook::new(
    "RoutekitBreakerOpen",
    "Check the dependency that the breaker protects; /breakers of the admin surface has its last failure.",
);
pub(super) const RATE_LIMIT: Runbook = Runbook::new(
    "RoutekitSharedRateLimitFallback",
    "Check Redis and the network to it; until then, each process counts the limit on its own.",
);
pub(super) const HEALTH: Runbook = Runbook::new(
    "RoutekitHealthCheckFailing",
    "Read the result of the check at /health/ready of the instance, and check the dependency that it names.",
);
pub(super) const CPU: Runbook =
    Runbook::new("RoutekitHighCpu", "Add instances if the rate of requests has grown; otherwise profile the process.");
pub(super) const MEMORY: Runbook = Runbook::new(
    "RoutekitMemoryGrowth",
    "Compare the size of the cache with its limit, then look for collections that only grow; restart before the limit.",
);
pub(super) const DELAY: Runbook = Runbook::new(
    "RoutekitSchedulingDelay",
    "Look for handlers that block their thread: synchronous I/O, long computations, locks held across calls.",
);
pub(super) const FILES: Runbook = Runbook::new(
    "RoutekitFileDescriptors",
    "Look for connections that are never closed; raise the limit of open files if the load explains them.",
);

/// All of them, in the order of the guide.
#[cfg(test)]
pub(super) const ALL: [&Runbook; 14] = [
    &AVAILABILITY,
    &LATENCY,
    &ERROR_RATE,
    &SLOW,
    &SLOW_P99,
    &HIT_RATIO,
    &CACHE_DOWN,
    &BREAKER,
    &RATE_LIMIT,
    &HEALTH,
    &CPU,
    &MEMORY,
    &DELAY,
    &FILES,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guide_has_a_section_for_each_alert() {
        let guide = include_str!("../../docs/monitoring.md");
        let sections: Vec<&str> = guide.lines().filter_map(|line| line.strip_prefix("## Routekit")).collect();
        let alerts = ALL.map(|runbook| runbook.alert.trim_start_matches("Routekit"));
        assert_eq!(sections, alerts);
    }
}
