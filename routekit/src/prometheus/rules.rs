//! All rules of an app, in one file.

use super::{
    app_alerts,
    facts::{MonitoredRoute, MonitoringFacts},
    objectives,
    promql::Matchers,
    recorded, route_alerts,
    rule_file::RuleFile,
};

/// Writes the rules of the app with these routes, for the scrape job `job` or for all jobs.
pub(crate) fn rules(facts: &MonitoringFacts, routes: &[MonitoredRoute<'_>], job: Option<&str>) -> String {
    let matchers = job.map_or_else(Matchers::default, |job| Matchers::default().equal("job", job));
    let is_cached = routes.iter().any(MonitoredRoute::is_cached);
    let shares_rate_limits = routes.iter().any(MonitoredRoute::shares_a_rate_limit);
    let comments = vec![
        format!("Prometheus rules of {}, made from its routes. Do not edit: change the routes instead.", facts.app),
        "The guide `monitoring` of routekit describes each alert.".to_owned(),
    ];
    let mut groups = vec![recorded::group(&facts.app, &matchers, is_cached)];
    groups.extend(objectives::groups(&facts.app, &matchers, routes));
    groups.push(route_alerts::group(facts, &matchers, routes));
    groups.push(app_alerts::group(facts, &matchers, shares_rate_limits));
    RuleFile { comments, groups }.to_string()
}
