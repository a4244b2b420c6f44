//! Mistakes that keep an app from starting.

use std::time::Duration;

use axum::{Router, routing::get};
use routekit::{
    config::Config,
    health::{HealthCheck, HealthCheckResult},
    prelude::*,
};

use super::app;

fn check(name: &str) -> HealthCheck {
    HealthCheck::new(name, async || HealthCheckResult::healthy())
}

/// The code and the text of the only problem.
fn problem(app: App) -> (&'static str, String) {
    let error = app.into_router().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    (problem.code(), problem.to_string())
}

#[test]
fn check_that_can_never_run_is_a_startup_error() {
    for (check, reason) in [
        (check(""), "its name is empty"),
        (check(" "), "its name is empty"),
        (check("a").timeout(Duration::ZERO), "its timeout is zero"),
        (HealthCheck::http("pay", "/health"), "its URL `/health` is not absolute"),
        (HealthCheck::http("pay", "payments/health"), "its URL is not valid"),
        (HealthCheck::http("pay", "http://the payments/"), "its URL is not valid"),
        (HealthCheck::http("pay", "http://ann:hunter2@payments/"), "must not contain a user or a password"),
        (HealthCheck::tcp("redis", "redis"), "`redis` is not a host and a port"),
    ] {
        let (code, text) = problem(app([check]));
        assert_eq!(code, "invalid-health-check", "{text}");
        assert!(text.contains(reason) && text.contains("tests/suite/health/mod.rs:"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn two_checks_with_one_name_are_a_startup_error() {
    let app = app([]).health(check("a")).health(check("b")).health(check("a"));
    let (code, text) = problem(app);
    assert_eq!(code, "duplicate-health-check");
    assert!(text.contains("two health checks are named `a`; rename one with `.named(\"…\")`"), "{text}");
    assert_eq!(text.matches("tests/suite/health/setup.rs:").count(), 2, "{text}");
    assert!(super::app([check("a"), check("a").named("b")]).into_router().is_ok());
}

#[get("/health")]
async fn own() {}

#[test]
fn route_at_a_path_of_health_is_a_startup_error() {
    let declared = App::with_routes(routes![own]).config(Config::default());
    assert!(problem(declared).1.contains("/health"));
    for path in ["/health", "/health/startup"] {
        let (_, text) = problem(app([]).merge(Router::new().route(path, get(async || ()))));
        assert!(text.contains("routekit's own /health"), "{text}");
    }
}
