//! The error budgets of routes with objectives, and the alerts when they burn too fast: several windows and burn rates,
//! as in chapter 5 of the SRE Workbook.

use routekit_grammar::ratio::Ratio;

use super::{
    facts::MonitoredRoute,
    promql::{Matchers, slow},
    recorded::failed,
    rule_file::{PrometheusRule, RuleGroup},
    runbook::{self, Runbook},
};
use crate::metrics::names::DURATION;

/// The share of requests that missed the objective, within the window that follows.
const MISSED: &str = "job_method_route:routekit_slo_misses_per_requests:ratio_rate";
/// These requests per second, within the window that follows.
const MISSES: &str = "job_method_route:routekit_slo_misses:rate";

/// So many requests must miss the objective in the long window before an alert is raised: the minimum of traffic. One
/// failure of two requests at night is above each burn rate.
const MIN_MISSES: u32 = 10;

const WINDOWS: [&str; 7] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"];

/// A burn rate of one spends the budget of 30 days in 30 days.
struct BurnRate {
    factor: Ratio,
    long: &'static str,
    long_seconds: u32,
    short: &'static str,
    hold: &'static str,
    severity: &'static str,
}

/// 2 % of the budget in an hour, 5 % in six hours, 10 % in a day, 10 % in three days.
const BURN_RATES: [BurnRate; 4] = [
    BurnRate {
        factor: Ratio::from_millionths(14_400_000),
        long: "1h",
        long_seconds: 3_600,
        short: "5m",
        hold: "2m",
        severity: "page",
    },
    BurnRate {
        factor: Ratio::from_millionths(6_000_000),
        long: "6h",
        long_seconds: 21_600,
        short: "30m",
        hold: "5m",
        severity: "page",
    },
    BurnRate {
        factor: Ratio::from_millionths(3_000_000),
        long: "1d",
        long_seconds: 86_400,
        short: "2h",
        hold: "15m",
        severity: "ticket",
    },
    BurnRate {
        factor: Ratio::from_millionths(1_000_000),
        long: "3d",
        long_seconds: 259_200,
        short: "6h",
        hold: "30m",
        severity: "ticket",
    },
];

/// One objective of one route.
struct Objective<'a> {
    route: &'a MonitoredRoute<'a>,
    /// `availability` or `latency`.
    kind: &'static str,
    share: Ratio,
    /// The rate of requests that miss it, and of all requests, over a window.
    misses: Box<dyn Fn(&str) -> String + 'a>,
    requests: Box<dyn Fn(&str) -> String + 'a>,
    /// What a request does that misses it, for texts.
    miss: String,
    runbook: &'static Runbook,
}

/// The rules of all objectives, a group for each route: Prometheus evaluates groups at the same time, and the rules of
/// a group one after the other.
pub(super) fn groups(app: &str, matchers: &Matchers, routes: &[MonitoredRoute<'_>]) -> Vec<RuleGroup> {
    let of_one = |route: &MonitoredRoute<'_>| {
        let mut rules = Vec::new();
        for objective in of_route(route, matchers) {
            rules.extend(recordings(&objective, matchers));
            rules.extend(alerts(&objective, matchers));
        }
        RuleGroup { name: format!("{app}-objectives {}", route.key()), rules }
    };
    routes.iter().map(of_one).collect()
}

fn of_route<'a>(route: &'a MonitoredRoute<'a>, matchers: &Matchers) -> impl Iterator<Item = Objective<'a>> {
    let matchers = matchers.clone().route(route);
    let count = format!("{DURATION}_count");
    let rate = |selector: String| move |window: &str| format!("sum by (job) (rate({selector}[{window}]))");
    let requests = rate(matchers.of(&count));
    let slo = &route.policies.slo;
    let availability = slo.availability.map(|share| {
        let (all, failed) = (requests.clone(), rate(failed(matchers.clone()).of(&count)));
        Objective {
            route,
            kind: "availability",
            share,
            // Without failures there is no series of them.
            misses: Box::new(move |window| format!("{}\n  or\n  0 * {}", failed(window), all(window))),
            requests: Box::new(requests.clone()),
            miss: "failed".to_owned(),
            runbook: &runbook::AVAILABILITY,
        }
    });
    let latency = slo.latency.map(|objective| Objective {
        route,
        kind: "latency",
        share: objective.share(),
        misses: Box::new(move |window| {
            format!("sum by (job) (\n  {}\n)", slow("rate", &matchers, objective.seconds(), window))
        }),
        requests: Box::new(requests),
        miss: format!("took longer than {}", crate::base::units::show(&objective.threshold())),
        runbook: &runbook::LATENCY,
    });
    availability.into_iter().chain(latency)
}

fn recordings(objective: &Objective<'_>, matchers: &Matchers) -> Vec<PrometheusRule> {
    let Objective { misses, requests, .. } = objective;
    let labelled = |rule: PrometheusRule| {
        rule.label("http_request_method", objective.route.method.as_str())
            .label("http_route", objective.route.path)
            .label("slo", objective.kind)
    };
    let recorded = of_objective(objective, matchers);
    let of_window = |window: &&str| {
        let name = format!("{MISSES}{window}");
        let ratio = format!("sum by (job) ({})\n/\n({} > 0)", recorded.of(&name), requests(window));
        [PrometheusRule::record(name, misses(window)), PrometheusRule::record(format!("{MISSED}{window}"), ratio)]
            .map(labelled)
    };
    WINDOWS.iter().flat_map(of_window).collect()
}

/// Selects what is recorded of an objective.
fn of_objective(objective: &Objective<'_>, matchers: &Matchers) -> Matchers {
    matchers
        .clone()
        .equal("slo", objective.kind)
        .equal("http_request_method", objective.route.method.as_str())
        .equal("http_route", objective.route.path)
}

fn alerts<'a>(objective: &'a Objective<'_>, matchers: &Matchers) -> impl Iterator<Item = PrometheusRule> + use<'a> {
    let budget = Ratio::from_millionths(Ratio::ONE.millionths() - objective.share.millionths());
    let matchers = of_objective(objective, matchers);
    // With a large budget, not even the failure of every request would burn it so fast.
    let is_possible = move |rate: &&BurnRate| rate.factor.as_f64() * budget.as_f64() < 1.0;
    BURN_RATES.iter().filter(is_possible).map(move |BurnRate { factor, long, long_seconds, short, hold, severity }| {
        let above = |window: &str| format!("{} > {factor} * {budget}", matchers.of(&format!("{MISSED}{window}")));
        let misses = matchers.of(&format!("{MISSES}{long}"));
        let expr = format!("{}\nand\n{}\nand\n{misses} * {long_seconds} >= {MIN_MISSES}", above(long), above(short));
        let Objective { kind, share, miss, runbook, .. } = objective;
        let summary = format!(
            "{{{{ $labels.http_request_method }}}} {{{{ $labels.http_route }}}} spends its {kind} budget {factor} \
             times too fast"
        );
        let description = format!(
            "{{{{ $value | humanizePercentage }}}} of the requests of the last {long} {miss}; the objective allows \
             {budget} ({share} do not)."
        );
        runbook
            .rule(hold, expr, severity, &summary)
            .label("window", *long)
            .label("http_request_method", objective.route.method.as_str())
            .literal_label("http_route", objective.route.path)
            .annotation("description", description)
    })
}
