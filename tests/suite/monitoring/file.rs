//! The file: what it has for which app, and that Prometheus reads it.

use std::time::Duration;

use routekit::{
    app::RouteTable, breaker::Ratio, config::Config, health::HealthCheck, prelude::*, route::LatencyObjective,
    test::TestApp,
};

use serde_json::json;

use super::{app, pay, plain, promtool::checked, table, user};

#[get("/p/{odd}/a.b/{{x}}", slo(availability = 0.99))]
async fn odd(odd: String) -> String {
    odd
}

#[any("/p/any", slo(availability = 0.99))]
async fn any_method() {}

fn of(app: App) -> RouteTable {
    app.config(Config::default()).table().unwrap()
}

fn db() -> HealthCheck {
    HealthCheck::new("db", async || Ok::<_, String>(()))
}

/// The names of the alerts, each once.
fn alerts(rules: &str) -> Vec<&str> {
    let mut alerts: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: Routekit")).collect();
    alerts.sort_unstable();
    alerts.dedup();
    alerts
}

#[test]
fn promtool_accepts_rules_of_all_kinds_of_routes() {
    let tables = [
        ("all", table()),
        ("odd", of(App::with_routes(routes![odd, any_method]).health(db()))),
        ("none", of(App::with_routes([]).allow_no_routes())),
    ];
    for (name, table) in tables {
        for rules in [table.prometheus_rules(), table.prometheus_rules_of_job("a \"job\"\\")] {
            if let Some(said) = checked(&format!("check_{name}"), &rules) {
                let count = rules.lines().filter(|line| line.trim_start().starts_with("- record:")).count();
                let alerts = rules.lines().filter(|line| line.trim_start().starts_with("- alert:")).count();
                assert!(said.contains(&format!("{} rules found", count + alerts)), "{said}");
            }
        }
    }
}

#[test]
fn app_has_alerts_only_for_what_it_has() {
    let always = ["FileDescriptors", "HighCpu", "HighErrorRate", "MemoryGrowth", "SchedulingDelay", "SlowRoute"];
    assert_eq!(alerts(&of(App::with_routes(routes![plain])).prometheus_rules()), always);
    let rules = of(App::with_routes(routes![pay, user])).prometheus_rules();
    let more = ["AvailabilityBudgetBurn", "BreakerOpen", "LatencyBudgetBurn", "LowCacheHitRatio", "SlowRouteP99"];
    let mut expected = [&always[..], &more[..]].concat();
    expected.sort_unstable();
    assert_eq!(alerts(&rules), expected);
    let checked = of(App::with_routes(routes![plain]).health(db()));
    assert!(alerts(&checked.prometheus_rules()).contains(&"HealthCheckFailing"));
    let quiet = App::with_routes(routes![plain]).configure(|config| {
        config.set_alerts_cpu_percent(None);
        config.set_alerts_memory_growth(None);
        config.set_alerts_event_loop_lag(None);
        config.set_alerts_error_rate(None);
        config.set_slow(None);
    });
    assert_eq!(alerts(&of(quiet).prometheus_rules()), ["FileDescriptors"]);
}

#[test]
fn rules_are_the_same_each_time_and_of_one_job_if_wanted() {
    let rules = table().prometheus_rules();
    assert_eq!(rules, app().prometheus_rules().unwrap());
    assert!(
        !rules.contains("job=") && rules.contains("\n  - name: \"routekit-tests-objectives GET /p/users/{id}\"\n"),
        "{rules}"
    );
    let of_job = table().prometheus_rules_of_job("shop");
    let selectors =
        |text: &str| text.matches('{').count() - 2 * text.matches("{{").count() - text.matches("/{").count();
    assert_eq!(of_job.matches("{job=\"shop\"").count(), selectors(&of_job), "{of_job}");
}

#[test]
fn objectives_come_from_the_configuration_too() {
    let text = r#"
        [slo]
        availability = "0.995"
        latency = "0.95 within 250ms"
        [route."GET /p/users/{id}"]
        slo_availability = "off"
        slo_latency = "0.9 within 1s"
    "#;
    let config = Config::builder().toml("routekit.toml", text).build().unwrap();
    let table = App::with_routes(routes![plain, user]).config(config).table().unwrap();
    let slo = |row: usize| &table.rows()[row].policies.slo;
    let shown = |row| slo(row).latency.as_ref().map(LatencyObjective::to_string);
    assert_eq!(slo(0).availability.map(|share| share.to_string()).as_deref(), Some("0.995"));
    assert_eq!(shown(0).as_deref(), Some("0.95 within 250ms"));
    assert_eq!((*slo(1).availability, shown(1).as_deref()), (None, Some("0.9 within 1s")));
    let explained = table.explain("GET /p/plain").unwrap().to_string();
    assert!(explained.contains("slo_availability = 0.995"), "{explained}");
    let document = table.openapi();
    let shown = |path: &str| &document.as_json()["paths"][path]["get"]["x-routekit-slo"];
    assert_eq!(shown("/p/users/{id}"), &json!({"latency": "0.9 within 1s"}));
    assert_eq!(shown("/p/plain"), &json!({"availability": "0.995", "latency": "0.95 within 250ms"}));
}

#[test]
fn impossible_objectives_are_refused_at_the_start() {
    for (key, value) in [("availability", "1"), ("latency", "0.99 in 300ms"), ("latency", "0.99 within 2h")] {
        let error = Config::builder()
            .toml("routekit.toml", format!("slo.{key} = \"{value}\""))
            .build()
            .unwrap_err()
            .to_string();
        assert!(error.contains(&format!("slo.{key}")) && error.contains("and not `off`"), "{error}");
    }
    for (seconds, share) in [(0, 0.99), (7200, 0.99), (1, 1.0), (1, 0.0)] {
        let objective = LatencyObjective::new(Duration::from_secs(seconds), Ratio::from_f64(share));
        let app = app().configure(move |config| config.set_slo_latency(Some(objective)));
        let error = app.table().unwrap_err().to_string();
        assert!(error.contains("slo.latency"), "{error}");
    }
}

#[tokio::test]
async fn threshold_of_an_objective_is_a_bucket() {
    let app = TestApp::new(app());
    assert_eq!(app.get("/p/users/1").send().await.status(), 200);
    let metrics = app.metrics();
    let line = concat!(
        r#"http_server_request_duration_seconds_bucket{http_request_method="GET",http_route="/p/users/{id}","#,
        r#"http_response_status_code="200",le="0.3"} 1"#
    );
    assert!(metrics.lines().any(|found| found == line), "{metrics}");
    let without = TestApp::new(App::with_routes(routes![plain]));
    assert!(!without.metrics().contains(r#"le="0.3""#));
}
