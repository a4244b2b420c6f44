//! Alerts of what the app has beside its routes.

use super::{
    facts::MonitoringFacts,
    promql::{Matchers, seconds},
    rule_file::{PrometheusRule, RuleGroup},
    runbook,
};
use crate::metrics::names::{
    BREAKER_STATE, CACHE_UP, HEALTH_STATUS, PROCESS_CPU, PROCESS_MAX_FDS, PROCESS_OPEN_FDS, PROCESS_RESIDENT,
    PROCESS_START, RATE_LIMIT_FALLBACKS, TOKIO_DELAY, TOKIO_WORKERS,
};

/// The alerts, for those parts only that the app has.
pub(super) fn group(facts: &MonitoringFacts, matchers: &Matchers, shares_rate_limits: bool) -> RuleGroup {
    let cpu = facts.cpu_percent.map(|percent| cpu(percent, matchers));
    let memory = facts.memory_growth.map(|bytes| memory(bytes, matchers));
    let delay = facts.scheduling_delay.map(|delay| scheduling_delay(&seconds(delay), matchers));
    let rules = [
        facts.has_breakers.then(|| breaker(matchers)),
        facts.has_remote_cache.then(|| cache_down(matchers)),
        shares_rate_limits.then(|| rate_limit(matchers)),
        facts.has_health_checks.then(|| health(matchers)),
        cpu,
        memory,
        delay,
        Some(files(matchers)),
    ];
    RuleGroup { name: format!("{}-app", facts.app), rules: rules.into_iter().flatten().collect() }
}

/// A breaker opens only after its own minimum of calls. While it probes a dependency that hangs, it is half-open.
fn breaker(matchers: &Matchers) -> PrometheusRule {
    let state = matchers.clone().and(r#"state=~"open|half_open""#).of(BREAKER_STATE);
    let expr = format!("max by (job, breaker) ({state}) == 1");
    let summary = "the circuit breaker {{ $labels.breaker }} is open";
    runbook::BREAKER.rule("1m", expr, "page", summary)
}

fn cache_down(matchers: &Matchers) -> PrometheusRule {
    let expr = format!("{} == 0", matchers.of(CACHE_UP));
    let summary = "{{ $labels.instance }} cannot reach the store of its cache";
    runbook::CACHE_DOWN.rule("2m", expr, "page", summary)
}

fn rate_limit(matchers: &Matchers) -> PrometheusRule {
    let expr = format!("sum by (job, instance) (rate({}[5m])) > 0", matchers.of(RATE_LIMIT_FALLBACKS));
    let summary = "{{ $labels.instance }} counts shared rate limits on its own";
    runbook::RATE_LIMIT.rule("5m", expr, "ticket", summary)
}

fn health(matchers: &Matchers) -> PrometheusRule {
    let status = matchers.clone().and(r#"status="unhealthy""#).of(HEALTH_STATUS);
    let expr = format!("{status} == 1");
    let summary = "the health check {{ $labels.check }} of {{ $labels.instance }} fails";
    runbook::HEALTH.rule("2m", expr, "page", summary)
}

fn cpu(percent: u8, matchers: &Matchers) -> PrometheusRule {
    let (used, workers) = (matchers.of(PROCESS_CPU), matchers.of(TOKIO_WORKERS));
    let threshold = f64::from(percent) / 100.0;
    let expr = format!("rate({used}[5m])\n/ on (job, instance)\n{workers}\n> {threshold}");
    let summary = "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its worker threads";
    runbook::CPU.rule("10m", expr, "ticket", summary)
}

/// Compares the least memory of an hour with that of three hours before, not counting the first hours of a process:
/// caches fill then.
fn memory(bytes: u64, matchers: &Matchers) -> PrometheusRule {
    let (used, started) = (matchers.of(PROCESS_RESIDENT), matchers.of(PROCESS_START));
    let expr = format!(
        "min_over_time({used}[1h]) - min_over_time({used}[1h] offset 3h) > {bytes}\nand on (job, instance)\n{}\nand on \
         (job, instance)\ntime() - {started} > 6 * 3600",
        matchers.of(TOKIO_WORKERS)
    );
    let summary = "the memory of {{ $labels.instance }} has grown by {{ $value | humanize1024 }}B in three hours";
    runbook::MEMORY.rule("30m", expr, "ticket", summary)
}

fn scheduling_delay(seconds: &str, matchers: &Matchers) -> PrometheusRule {
    let expr = format!("{} > {seconds}", matchers.of(TOKIO_DELAY));
    let summary = "tasks of {{ $labels.instance }} wait {{ $value | humanizeDuration }} for a thread";
    runbook::DELAY.rule("5m", expr, "ticket", summary)
}

fn files(matchers: &Matchers) -> PrometheusRule {
    let (open, max) = (matchers.of(PROCESS_OPEN_FDS), matchers.of(PROCESS_MAX_FDS));
    let workers = matchers.of(TOKIO_WORKERS);
    let expr = format!("{open} / {max} > 0.8\nand on (job, instance)\n{workers}");
    let summary = "{{ $labels.instance }} has {{ $value | humanizePercentage }} of its file descriptors open";
    runbook::FILES.rule("10m", expr, "ticket", summary)
}
