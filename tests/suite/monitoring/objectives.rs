//! Alerts of error budgets, on simulated series.

use routekit::{config::Config, prelude::*};

use super::{promtool::Simulation, table, user};

const USERS: &str = r#"job="shop",instance="a",http_request_method="GET",http_route="/p/users/{id}""#;
const SLOW: &str = r#"instance="a",http_request_method="GET",http_route="/p/slow""#;

const AVAILABILITY: &str = r#"alertname="RoutekitAvailabilityBudgetBurn""#;
const LATENCY: &str = r#"alertname="RoutekitLatencyBudgetBurn""#;

fn series(name: &str, labels: &str) -> String {
    format!("http_server_request_duration_seconds_{name}{{{labels}}}")
}

/// The rules of the route for users alone: `promtool` takes its time for each rule.
fn users_rules() -> String {
    App::with_routes(routes![user]).config(Config::default()).prometheus_rules().unwrap()
}

/// Successes and failures of the route for users, one value a minute.
fn users(successes: &str, failures: &str) -> Simulation {
    let failed = format!(r#"{USERS},http_response_status_code="500",error_type="500""#);
    Simulation::default()
        .series(&series("count", &format!(r#"{USERS},http_response_status_code="200""#)), successes)
        .series(&series("bucket", &format!(r#"{USERS},http_response_status_code="200",le="0.3""#)), successes)
        .series(&series("count", &failed), failures)
        .series(&series("bucket", &format!(r#"{failed},le="0.3""#)), failures)
}

#[test]
fn burn_rate_alert_fires_and_resolves() {
    let one_hour = format!(r#"{AVAILABILITY},window="1h",severity="page",slo="availability""#);
    let six_hours = format!(r#"{AVAILABILITY},window="6h",severity="page""#);
    let (one_day, three_days) =
        (format!(r#"{AVAILABILITY},window="1d",severity="ticket""#), format!(r#"{AVAILABILITY},window="3d""#));
    // A tenth of the requests fails, from the second to the third hour.
    let failures = "0+0x119 0+10x60 600+0x600";
    users("0+100x800", failures)
        .firing("2h", AVAILABILITY, 0)
        .firing("2h5m", AVAILABILITY, 0)
        .firing("2h20m", &one_hour, 1)
        .firing("3h", &one_hour, 1)
        .firing("3h", &six_hours, 1)
        .firing("3h", &one_day, 1)
        .firing("3h", &three_days, 1)
        .firing("3h10m", &one_hour, 0)
        .firing("3h45m", &six_hours, 0)
        .firing("5h10m", &one_day, 0)
        .firing("9h30m", AVAILABILITY, 0)
        .firing("3h", LATENCY, 0)
        .run("burn", &users_rules());
}

#[test]
fn slow_burn_raises_tickets_only() {
    // 0.4 % of the requests fail: four times the budget.
    users("0+5000x400", "0+20x400")
        .every("5m")
        .firing("30h", &format!(r#"{AVAILABILITY},severity="page""#), 0)
        .firing("30h", &format!(r#"{AVAILABILITY},window="1d",severity="ticket""#), 1)
        .run("slow_burn", &users_rules());
}

#[test]
fn one_failure_of_two_requests_raises_nothing() {
    let night = "0+0x10 1+0x30";
    users(night, night)
        .value("11m", "max(job_method_route:routekit_slo_misses_per_requests:ratio_rate5m{slo=\"availability\"})", 0.5)
        .firing("11m", AVAILABILITY, 0)
        .firing("15m", AVAILABILITY, 0)
        .firing("30m", AVAILABILITY, 0)
        .run("little_traffic", &users_rules());
    // The same share of more requests does.
    users("0+0x10 1+1x30", "0+0x10 1+1x30")
        .firing("15m", AVAILABILITY, 0)
        .firing("30m", &format!(r#"{AVAILABILITY},window="1h""#), 1)
        .run("enough_traffic", &users_rules());
}

#[test]
fn clients_that_leave_and_shutdowns_spend_no_budget() {
    let left = format!(r#"{USERS},error_type="cancelled""#);
    let cut_off = format!(r#"{USERS},error_type="shutdown""#);
    let timed_out = format!(r#"{USERS},http_response_status_code="504",error_type="timeout""#);
    let ok = series("count", &format!(r#"{USERS},http_response_status_code="200""#));
    Simulation::default()
        .series(&ok, "0+100x120")
        .series(&series("count", &left), "0+100x120")
        .series(&series("count", &cut_off), "0+100x120")
        .firing("2h", AVAILABILITY, 0)
        .run("cancelled", &users_rules());
    Simulation::default()
        .series(&ok, "0+100x120")
        .series(&series("count", &timed_out), "0+100x120")
        .firing("2h", &format!(r#"{AVAILABILITY},window="1h""#), 1)
        .run("timed_out", &users_rules());
}

#[test]
fn latency_alert_fires_and_resolves() {
    let one_hour = format!(r#"{LATENCY},window="1h",severity="page",slo="latency""#);
    // Three of ten requests are slow in the second hour, and none fails.
    Simulation::default()
        .series(&series("count", &format!(r#"{USERS},http_response_status_code="200""#)), "0+100x240")
        .series(
            &series("bucket", &format!(r#"{USERS},http_response_status_code="200",le="0.3""#)),
            "0+100x60 6070+70x60 10300+100x120",
        )
        .firing("1h", LATENCY, 0)
        .firing("1h40m", &one_hour, 1)
        .firing("2h10m", &one_hour, 0)
        .firing("1h40m", AVAILABILITY, 0)
        .run("latency", &users_rules());
}

#[test]
fn threshold_of_whole_seconds_is_found_in_both_spellings() {
    let mut simulation = Simulation::default();
    for (job, bound) in [("old", "1"), ("new", "1.0")] {
        simulation = simulation
            .series(&series("count", &format!(r#"job="{job}",{SLOW}"#)), "0+100x120")
            .series(&series("bucket", &format!(r#"job="{job}",{SLOW},le="{bound}""#)), "0+50x120")
            .series(&series("bucket", &format!(r#"job="{job}",{SLOW},le="10""#)), "0+100x120");
    }
    let firing = format!(r#"{LATENCY},window="1h""#);
    simulation.firing("2h", &firing, 2).run("bounds", &table().prometheus_rules());
}

#[test]
fn rules_of_one_job_ignore_the_others() {
    let failing = users("0+100x120", "0+100x120");
    failing.firing("2h", AVAILABILITY, 0).run("other_job", &table().prometheus_rules_of_job("other"));
}

#[test]
fn deployment_of_a_new_threshold_raises_nothing() {
    let instance = |name: &str, instance: &str, more: &str| {
        let labels = USERS.replace(r#"instance="a""#, &format!(r#"instance="{instance}""#));
        series(name, &format!(r#"{labels},http_response_status_code="200"{more}"#))
    };
    let bucket = r#",le="0.3""#;
    // A rolling deployment: the old process has no bucket, and the new one has it.
    Simulation::default()
        .series(&instance("count", "old", ""), "0+100x140")
        .series(&instance("count", "new", ""), "_x130 0+100x300")
        .series(&instance("bucket", "new", bucket), "_x130 0+100x300")
        .firing("2h14m", LATENCY, 0)
        .firing("2h20m", LATENCY, 0)
        .firing("3h20m", LATENCY, 0)
        .run("rolling", &users_rules());
    // A restart under the same name.
    Simulation::default()
        .series(&instance("count", "a", ""), "0+100x119 0+100x300")
        .series(&instance("bucket", "a", bucket), "_x120 0+100x300")
        .firing("2h5m", LATENCY, 0)
        .firing("2h30m", LATENCY, 0)
        .firing("4h", LATENCY, 0)
        .run("restart", &users_rules());
    // Slow requests of a process that has the bucket for long enough still raise it.
    Simulation::default()
        .series(&instance("count", "old", ""), "0+100x240")
        .series(&instance("count", "new", ""), "0+100x240")
        .series(&instance("bucket", "new", bucket), "0+10x240")
        .firing("2h", &format!(r#"{LATENCY},window="1h""#), 1)
        .run("slow_process", &users_rules());
}

#[test]
fn route_with_every_method_does_not_count_those_of_others() {
    #[routekit::get("/p/every", slo(availability = 0.99))]
    async fn one() {}
    #[routekit::any("/p/every", slo(availability = 0.999))]
    async fn every() {}
    let rules = App::with_routes(routes![one, every]).config(Config::default()).prometheus_rules().unwrap();
    let failing = |method: &str| {
        series("count", &format!(r#"job="shop",http_request_method="{method}",http_route="/p/every",error_type="500""#))
    };
    let any = format!(r#"{AVAILABILITY},http_request_method="ANY",window="1h""#);
    Simulation::default()
        .series(&failing("GET"), "0+100x120")
        .series(&failing("HEAD"), "0+100x120")
        .firing("2h", &any, 0)
        .run("every_others", &rules);
    Simulation::default().series(&failing("PUT"), "0+100x120").firing("2h", &any, 1).run("every_own", &rules);
}
