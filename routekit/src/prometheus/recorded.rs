//! The figures of all routes, as recording rules. Alerts and boards read them.

use super::{
    promql::Matchers,
    rule_file::{PrometheusRule, RuleGroup},
};
use crate::metrics::names::{CACHE_REQUESTS, DURATION};

/// The labels of a recorded figure of a route.
pub(super) const BY_ROUTE: &str = "job, http_request_method, http_route";

/// Requests per second.
pub(super) const REQUEST_RATE: &str = "job_method_route:http_server_requests:rate5m";
/// The share of requests that failed.
pub(super) const ERROR_RATIO: &str = "job_method_route:http_server_request_failures_per_requests:ratio_rate5m";
/// In seconds.
pub(super) const MEAN: &str = "job_method_route:http_server_request_duration_seconds:mean5m";
/// In seconds.
pub(super) const P99: &str = "job_method_route:http_server_request_duration_seconds:p99_rate5m";
/// The share of requests that the cache answered, of those that it looked up.
pub(super) const HIT_RATIO: &str = "job_method_route:routekit_cache_hits_per_requests:ratio_rate5m";

/// Failures of the server: a 5xx, a timeout, a panic, a broken body. Requests that the client cancelled or a shutdown
/// cut off are not failures.
pub(super) const FAILED: [&str; 2] = [r#"error_type!="""#, r#"error_type!~"cancelled|shutdown""#];

/// Adds the matchers of failed requests.
pub(crate) fn failed(matchers: Matchers) -> Matchers {
    FAILED.iter().fold(matchers, |matchers, matcher| matchers.and(matcher))
}

/// The rules of all routes, and those of cached ones if there are any.
pub(super) fn group(app: &str, matchers: &Matchers, is_cached: bool) -> RuleGroup {
    let routes = matchers.clone().and(r#"http_route!="""#);
    let rate = |metric: &str, matchers: &Matchers| format!("sum by ({BY_ROUTE}) (rate({}[5m]))", matchers.of(metric));
    let (count, sum) = (format!("{DURATION}_count"), format!("{DURATION}_sum"));
    let of_routes = matchers.of(REQUEST_RATE);
    let quantile = |quantile: &str| {
        let buckets = routes.of(&format!("{DURATION}_bucket"));
        format!("histogram_quantile({quantile},\n  sum by ({BY_ROUTE}, le) (rate({buckets}[5m]))\n)")
    };
    let failures = rate(&count, &failed(routes.clone()));
    let mut rules = vec![
        PrometheusRule::record(REQUEST_RATE, rate(&count, &routes)),
        // Without failures there is no series of them.
        PrometheusRule::record(
            ERROR_RATIO,
            format!("(\n  {failures}\n  or\n  0 * {of_routes}\n)\n/\n({of_routes} > 0)"),
        ),
        PrometheusRule::record(MEAN, format!("{}\n/\n({of_routes} > 0)", rate(&sum, &routes))),
        PrometheusRule::record(P99.replace("p99", "p50"), quantile("0.5")),
        PrometheusRule::record(P99.replace("p99", "p95"), quantile("0.95")),
        PrometheusRule::record(P99, quantile("0.99")),
    ];
    if is_cached {
        let answered = rate(CACHE_REQUESTS, &routes.clone().and(r#"result=~"hit|stale""#));
        let looked_up = rate(CACHE_REQUESTS, &routes.and(r#"result=~"hit|stale|miss""#));
        rules.push(PrometheusRule::record(HIT_RATIO, format!("{answered}\n/\n({looked_up} > 0)")));
    }
    RuleGroup { name: format!("{app}-routes"), rules }
}
