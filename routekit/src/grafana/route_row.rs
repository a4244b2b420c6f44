//! The panels of one route.

use routekit_grammar::ratio::Ratio;

use super::{
    panel::Panel,
    queries::{error_ratio, of_jobs, quantile, rate, requests, sum},
};
use crate::{
    metrics::names::{
        ACTIVE, BREAKER_CALLS, BREAKER_REJECTED, BREAKER_STATE, CACHE_REQUESTS, CONCURRENCY_IN_FLIGHT,
        CONCURRENCY_LIMIT, DURATION, POLICY_ANSWERS, RATE_LIMIT_REQUESTS,
    },
    prometheus::{Matchers, MonitoredRoute, failed, slow},
};

/// The panels of what the route has.
pub(super) fn panels(route: &MonitoredRoute<'_>) -> Vec<Panel> {
    let matchers = of_jobs().route(route);
    let mut panels = budgets(route, &matchers);
    panels.extend([
        Panel::graph("Requests by status", "reqps")
            .query(requests(&matchers, "http_response_status_code"), "{{http_response_status_code}}"),
        Panel::graph("Errors", "percentunit").query(error_ratio(&matchers, ""), "failed"),
        Panel::graph("Response times", "s")
            .query(quantile("0.5", &matchers, ""), "p50")
            .query(quantile("0.95", &matchers, ""), "p95")
            .query(quantile("0.99", &matchers, ""), "p99"),
        in_flight(route, &matchers),
        // A series exists from the first answer of a policy on.
        Panel::graph("Answers by policies", "reqps")
            .query(format!("{} or vector(0)", rate(POLICY_ANSWERS, &matchers, "policy")), "{{policy}}"),
    ]);
    if route.is_cached() {
        panels.push(Panel::graph("Cache", "reqps").query(rate(CACHE_REQUESTS, &matchers, "result"), "{{result}}"));
    }
    if let Some(breaker) = &route.policies.guards.breaker {
        let of_breaker = of_jobs().equal("breaker", breaker.name());
        let state = format!("max by (state) ({})", of_breaker.of(BREAKER_STATE));
        panels.push(Panel::graph("Breaker", "short").query(state, "{{state}}"));
        panels.push(
            Panel::graph("Calls through the breaker", "reqps")
                .query(rate(BREAKER_CALLS, &of_breaker, "outcome"), "{{outcome}}")
                .query(rate(BREAKER_REJECTED, &of_breaker, ""), "refused"),
        );
    }
    if route.has_own_rate_limits() {
        let by = "limit, outcome";
        panels.push(
            Panel::graph("Rate limits", "reqps")
                .query(rate(RATE_LIMIT_REQUESTS, &matchers, by), "{{limit}} {{outcome}}"),
        );
    }
    panels
}

fn in_flight(route: &MonitoredRoute<'_>, matchers: &Matchers) -> Panel {
    let panel = Panel::graph("In flight", "short").query(sum(&matchers.of(ACTIVE), ""), "requests");
    if route.policies.concurrency.is_none() {
        return panel;
    }
    panel
        .query(sum(&matchers.of(CONCURRENCY_IN_FLIGHT), ""), "in the handler")
        .query(sum(&matchers.of(CONCURRENCY_LIMIT), ""), "limit")
}

/// What is left of the error budgets, over the time that the board shows.
fn budgets(route: &MonitoredRoute<'_>, matchers: &Matchers) -> Vec<Panel> {
    let count = format!("{DURATION}_count");
    let increase = |metric: &str, matchers: &Matchers| format!("sum(increase({}[$__range]))", matchers.of(metric));
    let all = increase(&count, matchers);
    let budget = |share: Ratio| Ratio::from_millionths(Ratio::ONE.millionths() - share.millionths());
    let availability = route.policies.slo.availability.map(|share| {
        let failures = increase(&count, &failed(matchers.clone()));
        let left = format!("1 - ({failures} or vector(0)) / {all} / {}", budget(share));
        Panel::number("Availability budget left in this time", "percentunit").query(left, "")
    });
    let latency = route.policies.slo.latency.map(|objective| {
        let slow = slow("increase", matchers, objective.seconds(), "$__range");
        let left = format!("1 - sum({slow}) / {all} / {}", budget(objective.share()));
        Panel::number("Latency budget left in this time", "percentunit").query(left, "")
    });
    availability.into_iter().chain(latency).collect()
}
