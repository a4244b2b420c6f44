//! Alerts of routes without an objective: error rate, response times, hit ratio.

use std::collections::BTreeMap;

use super::{
    facts::{MonitoredRoute, MonitoringFacts},
    promql::{Matchers, seconds, slow},
    recorded::{BY_ROUTE, ERROR_RATIO, HIT_RATIO, MEAN, REQUEST_RATE},
    rule_file::{PrometheusRule, RuleGroup},
    runbook::{self, Runbook},
};
use crate::{
    base::setting::{Origin, Setting},
    metrics::names::CACHE_REQUESTS,
    route::Method,
};

/// The hit ratio below which a cache costs more than it saves.
const LOW_HIT_RATIO: f64 = 0.2;

/// A figure of routes that is compared with a threshold of each.
struct Figure {
    /// The recorded figure.
    name: &'static str,
    hold: &'static str,
    severity: &'static str,
    /// The rest of the summary, after the route.
    summary: &'static str,
    /// How the value and the threshold are shown.
    format: &'static str,
    runbook: &'static Runbook,
}

const ERRORS: Figure = Figure {
    name: ERROR_RATIO,
    hold: "2m",
    severity: "page",
    summary: "fails too often",
    format: "humanizePercentage",
    runbook: &runbook::ERROR_RATE,
};
const SLOW: Figure = Figure {
    name: MEAN,
    hold: "5m",
    severity: "ticket",
    summary: "is slow on average",
    format: "humanizeDuration",
    runbook: &runbook::SLOW,
};
/// The alerts of all routes. Routes with one threshold share a rule.
pub(super) fn group(facts: &MonitoringFacts, matchers: &Matchers, routes: &[MonitoredRoute<'_>]) -> RuleGroup {
    let of_figure = |figure: &Figure, threshold: &dyn Fn(&MonitoredRoute<'_>) -> Option<String>| {
        let with_threshold = routes.iter().filter_map(|route| Some((threshold(route)?, route)));
        by_threshold(with_threshold)
            .into_iter()
            .map(|(threshold, routes)| compared(figure, &threshold, &matchers.clone().of_routes(&routes), facts))
            .collect::<Vec<PrometheusRule>>()
    };
    let mut rules = of_figure(&ERRORS, &|route| {
        let has_objective = route.policies.slo.availability.is_some();
        replaced(&route.policies.alert.error_rate, has_objective).map(|rate| rate.to_string())
    });
    let has_latency = |route: &MonitoredRoute<'_>| route.policies.slo.latency.is_some();
    rules.extend(of_figure(&SLOW, &|route| replaced(&route.policies.alert.mean, has_latency(route)).map(seconds)));
    let p99 = routes.iter().filter_map(|route| {
        let threshold = replaced(&route.policies.alert.p99, has_latency(route))?;
        Some((seconds(threshold), route))
    });
    rules.extend(
        by_threshold(p99).iter().map(|(key, routes)| slow_p99(key, &matchers.clone().of_routes(routes), facts)),
    );
    let cached = routes.iter().filter(|route| route.is_cached()).map(|route| (String::new(), route));
    rules.extend(
        by_threshold(cached)
            .into_iter()
            .map(|((_, method), routes)| of_method(hit_ratio(&matchers.clone().of_routes(&routes), facts), method)),
    );
    RuleGroup { name: format!("{}-alerts", facts.app), rules }
}

/// The threshold, unless it is a default and an objective of the route says more.
fn replaced<T: Copy>(threshold: &Setting<Option<T>>, has_objective: bool) -> Option<T> {
    let is_default = matches!(threshold.origin(), Origin::Default | Origin::DefaultOf(_));
    threshold.filter(|_| !(is_default && has_objective))
}

/// Routes with one threshold, by method: a selector cannot list pairs.
fn by_threshold<'a>(
    routes: impl Iterator<Item = (String, &'a MonitoredRoute<'a>)>,
) -> BTreeMap<(String, Method), Vec<&'a MonitoredRoute<'a>>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (threshold, route) in routes {
        groups.entry((threshold, route.method)).or_default().push(route);
    }
    groups
}

fn compared(
    figure: &Figure,
    (threshold, method): &(String, Method),
    routes: &Matchers,
    facts: &MonitoringFacts,
) -> PrometheusRule {
    let Figure { name, hold, severity, summary, format, runbook } = figure;
    let expr = format!("{} > {threshold}\nand\n{}", routes.of(name), enough(routes, facts));
    let summary = format!("{{{{ $labels.http_request_method }}}} {{{{ $labels.http_route }}}} {summary}");
    let description = format!(
        "{{{{ $value | {format} }}}} in the last five minutes; the threshold is {{{{ {threshold} | {format} }}}}."
    );
    let rule = runbook.rule(hold, expr, severity, &summary).label("threshold", threshold);
    of_method(rule, *method).annotation("description", description)
}

/// A quantile is interpolated between two buckets. Whether it is above the end of a bucket is exact.
fn slow_p99((threshold, method): &(String, Method), routes: &Matchers, facts: &MonitoringFacts) -> PrometheusRule {
    let slow = slow("rate", routes, threshold.parse().unwrap_or_default(), "5m");
    let share = format!("sum by ({BY_ROUTE}) (\n  {slow}\n)\n/\n({} > 0)", routes.of(REQUEST_RATE));
    let expr = format!("{share}\n> 0.01\nand\n{}", enough(routes, facts));
    let summary = "{{ $labels.http_request_method }} {{ $labels.http_route }} has a slow 99th percentile";
    let description = format!(
        "{{{{ $value | humanizePercentage }}}} of the requests of the last five minutes took longer than {{{{ \
         {threshold} | humanizeDuration }}}}."
    );
    let rule = runbook::SLOW_P99.rule("5m", expr, "ticket", summary).label("threshold", threshold);
    of_method(rule, *method).annotation("description", description)
}

/// Rules of one name differ in their labels.
fn of_method(rule: PrometheusRule, method: Method) -> PrometheusRule {
    match method {
        Method::Any => rule,
        method => rule.label("http_request_method", method.as_str()),
    }
}

fn hit_ratio(routes: &Matchers, facts: &MonitoringFacts) -> PrometheusRule {
    let requests = routes.clone().and(r#"result=~"hit|stale|miss""#).of(CACHE_REQUESTS);
    let looked_up = format!("sum by (job, http_request_method, http_route) (increase({requests}[5m]))");
    let expr = format!("{} < {LOW_HIT_RATIO}\nand\n{looked_up} >= {}", routes.of(HIT_RATIO), facts.min_requests);
    let summary = "the cache rarely answers {{ $labels.http_request_method }} {{ $labels.http_route }}";
    let description = "It answers {{ $value | humanizePercentage }} of the requests that it looks up.";
    runbook::HIT_RATIO.rule("30m", expr, "ticket", summary).annotation("description", description)
}

/// The minimum of traffic, as of the alerts in the process.
fn enough(routes: &Matchers, facts: &MonitoringFacts) -> String {
    format!("{} * 300 >= {}", routes.of(REQUEST_RATE), facts.min_requests)
}

impl Matchers {
    /// Adds those of the requests to any of these routes, which have one method.
    fn of_routes(self, routes: &[&MonitoredRoute<'_>]) -> Self {
        let paths: Vec<&str> = routes.iter().map(|route| route.path).collect();
        let matchers = match routes.first().map(|route| route.method) {
            None | Some(Method::Any) => self,
            Some(method) => self.equal("http_request_method", method.as_str()),
        };
        matchers.any_of("http_route", &paths)
    }
}
