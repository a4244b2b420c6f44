//! The panels of the whole app.

use super::{
    panel::Panel,
    queries::{error_ratio, of_jobs, quantile, rate, requests, sum},
};
use crate::{
    metrics::names::{
        ACTIVE, BREAKER_STATE, CACHE_BYTES, CACHE_REQUESTS, PROCESS_CPU, PROCESS_RESIDENT, TOKIO_DELAY, TOKIO_WORKERS,
    },
    prometheus::{MonitoredRoute, MonitoringFacts},
};

const BY_ROUTE: &str = "http_request_method, http_route";
const ROUTE: &str = "{{http_request_method}} {{http_route}}";

pub(super) fn panels(facts: &MonitoringFacts, routes: &[MonitoredRoute<'_>]) -> Vec<Panel> {
    let jobs = of_jobs();
    let of_routes = jobs.clone().and(r#"http_route!="""#);
    let is_cached = routes.iter().any(MonitoredRoute::is_cached);
    let mut panels = vec![
        Panel::number("Instances", "short").query(format!("count({})", jobs.of(TOKIO_WORKERS)), ""),
        Panel::number("Requests", "reqps").query(requests(&jobs, ""), ""),
        Panel::number("Errors", "percentunit").query(error_ratio(&jobs, ""), ""),
        Panel::number("99th percentile", "s").query(quantile("0.99", &jobs, ""), ""),
        Panel::number("In flight", "short").query(sum(&jobs.of(ACTIVE), ""), ""),
    ];
    if is_cached {
        let answered = rate(CACHE_REQUESTS, &jobs.clone().and(r#"result=~"hit|stale""#), "");
        let looked_up = rate(CACHE_REQUESTS, &jobs.clone().and(r#"result=~"hit|stale|miss""#), "");
        panels.push(Panel::number("Cache hits", "percentunit").query(format!("{answered} / {looked_up}"), ""));
    }
    panels.extend([
        Panel::graph("Requests by route", "reqps").query(requests(&of_routes, BY_ROUTE), ROUTE),
        Panel::graph("Errors by route", "percentunit").query(error_ratio(&of_routes, BY_ROUTE), ROUTE),
        Panel::graph("99th percentile by route", "s").query(quantile("0.99", &of_routes, BY_ROUTE), ROUTE),
        Panel::graph("CPU", "percentunit").query(
            format!("rate({}[$__rate_interval]) / on (job, instance) {}", jobs.of(PROCESS_CPU), jobs.of(TOKIO_WORKERS)),
            "{{instance}}",
        ),
        Panel::graph("Memory", "bytes").query(jobs.of(PROCESS_RESIDENT), "{{instance}}"),
        Panel::graph("Scheduling delay", "s").query(jobs.of(TOKIO_DELAY), "{{instance}}"),
    ]);
    if facts.has_breakers {
        let open = jobs.clone().and(r#"state!="closed""#).of(BREAKER_STATE);
        let query = format!("max by (breaker, state) ({open})");
        panels.push(Panel::graph("Breakers", "short").query(query, "{{breaker}} {{state}}"));
    }
    if is_cached {
        panels.push(Panel::graph("Size of the cache", "bytes").query(jobs.of(CACHE_BYTES), "{{instance}}"));
    }
    panels
}
