//! What the endpoints answer on both listeners.

use http::Method;
use routekit::{
    config::AdminAddr,
    health::{HealthCheck, HealthCheckResult},
    test::TestApp,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{answer, app, health};
use crate::{
    support::{Runs, SECOND},
    wire,
};

fn queue() -> HealthCheck {
    HealthCheck::new("queue", async || HealthCheckResult::degraded("the queue is long").with_detail("length", 900))
}

fn ledger() -> HealthCheck {
    HealthCheck::new("ledger", async || HealthCheckResult::from(Err("no route to host"))).critical(true)
}

/// A critical check that fails after these many runs.
fn fails_after(good: usize) -> HealthCheck {
    let runs = Runs::default();
    let check = async move || if runs.next() > good { Err("gone") } else { Ok(()) };
    HealthCheck::new("database", check).critical(true).max_age(std::time::Duration::ZERO)
}

fn fails(check: HealthCheck) -> HealthCheck {
    let name = check.name().to_owned();
    HealthCheck::new(name, async || Err::<(), _>("gone")).critical(check.is_critical())
}

#[tokio::test]
async fn results_together_decide_the_status() {
    let good = |name: &str| HealthCheck::new(name, async || HealthCheckResult::healthy());
    for (name, checks, status, overall, ready) in [
        ("nothing", vec![], 200, "healthy", 200),
        ("healthy", vec![good("a"), good("b").critical(true)], 200, "healthy", 200),
        ("degraded", vec![good("a"), queue()], 200, "degraded", 200),
        ("degraded and critical", vec![queue().critical(true)], 200, "degraded", 200),
        ("unhealthy", vec![good("a"), fails(good("b"))], 200, "degraded", 200),
        ("unhealthy and critical", vec![queue(), ledger()], 503, "unhealthy", 503),
    ] {
        let app = TestApp::new(app(checks));
        assert_eq!(answer(&app, "/health").await, (status, json!({ "status": overall }).to_string()), "{name}");
        let text = if ready == 200 { "ready" } else { "not ready" };
        assert_eq!(answer(&app, "/health/ready").await, (ready, json!({ "status": text }).to_string()), "{name}");
        assert_eq!(answer(&app, "/health/live").await, (200, r#"{"status":"ok"}"#.to_owned()), "{name}");
        let admin = app.admin().get("/health").send().await;
        assert_eq!((admin.status().as_u16(), &admin.json::<Value>()["status"]), (status, &json!(overall)), "{name}");
    }
}

#[tokio::test]
async fn details_are_on_the_admin_listener_only() {
    let admin = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let admin_addr = admin.local_addr().unwrap();
    let clock = routekit::ManualClock::new();
    let app = wire::run(app([queue(), ledger()]).clock(clock.clock()).admin_listener(admin)).await;
    let main = async |path: &str| {
        let (parts, body) = app.http1(wire::get(path)).await;
        assert_eq!(parts.headers["cache-control"], "no-store", "{path}");
        (parts.status.as_u16(), body)
    };
    for (path, status, body) in [
        ("/health", 503, r#"{"status":"unhealthy"}"#),
        ("/health/ready", 503, r#"{"status":"not ready"}"#),
        ("/health/startup", 503, r#"{"status":"starting"}"#),
        ("/health/live", 200, r#"{"status":"ok"}"#),
    ] {
        assert_eq!(main(path).await, (status, body.to_owned()), "{path}");
    }
    let operator = async |path: &str| {
        let (parts, body) = app.at(admin_addr).http1(wire::get(path)).await;
        assert_eq!(parts.headers["cache-control"], "no-store", "{path}");
        (parts.status.as_u16(), serde_json::from_str::<Value>(&body).unwrap())
    };
    let timestamp = "2030-01-01T00:00:00.000Z";
    let ledger = json!({ "status": "unhealthy", "message": "no route to host", "duration": 0.0 });
    let queue = json!({
        "status": "degraded", "message": "the queue is long", "duration": 0.0, "details": { "length": 900 },
    });
    let overall = json!({
        "status": "unhealthy",
        "timestamp": timestamp,
        "checks": { "queue": queue, "ledger": ledger },
        "summary": { "total": 2, "healthy": 0, "unhealthy": 1, "degraded": 1 },
    });
    assert_eq!(operator("/health").await, (503, overall.clone()));
    let reasons = json!(["the health check `ledger` is unhealthy"]);
    let critical = json!({
        "status": "unhealthy",
        "timestamp": timestamp,
        "checks": { "ledger": ledger },
        "summary": { "total": 1, "healthy": 0, "unhealthy": 1, "degraded": 0 },
        "heldBy": reasons,
    });
    assert_eq!(operator("/health/ready").await, (503, critical.clone()));
    assert_eq!(operator("/health/startup").await, (503, critical));
    assert_eq!(operator("/health/live").await, (200, json!({ "status": "ok" })));
    let (parts, body) = app.at(admin_addr).http1(wire::get("/readiness")).await;
    let readiness = json!({ "ready": false, "heldBy": reasons, "health": overall });
    assert_eq!((parts.status.as_u16(), serde_json::from_str::<Value>(&body).unwrap()), (200, readiness));
}

#[tokio::test]
async fn admin_surface_beside_the_routes_has_details_in_its_readiness() {
    let app = app([ledger()]).configure(|config| config.set_admin_addr(AdminAddr::Main));
    let app = TestApp::new(app);
    assert_eq!(answer(&app, "/health").await, (503, r#"{"status":"unhealthy"}"#.to_owned()));
    let readiness: Value = app.get("/readiness").send().await.json();
    assert_eq!(readiness["health"]["checks"]["ledger"]["message"], "no route to host");
}

#[tokio::test]
async fn probes_need_no_credentials() {
    let app = TestApp::new(app([queue()]).require_auth().identify(async |_| None));
    assert_eq!(app.get("/health-tests/page").send().await.status(), 401);
    for path in ["/health", "/health/ready", "/health/startup", "/health/live"] {
        let probe = app.get(path).send().await;
        assert_eq!((probe.status().as_u16(), probe.header("cache-control")), (200, Some("no-store")), "{path}");
        assert_eq!(app.request(Method::HEAD, path).send().await.status(), 200, "HEAD {path}");
        assert_eq!(app.post(path).send().await.status(), 405, "POST {path}");
    }
}

#[tokio::test]
async fn startup_ends_once_and_for_all() {
    let app = app([fails_after(1)]);
    let readiness = app.readiness();
    let hold = readiness.hold("loading the catalogue");
    let app = TestApp::new(app);
    let startup = async || answer(&app, "/health/startup").await;
    let (starting, started) = (r#"{"status":"starting"}"#.to_owned(), r#"{"status":"started"}"#.to_owned());
    assert_eq!(startup().await, (503, starting.clone()), "a part of the program is not ready");
    drop(hold);
    assert_eq!(startup().await, (503, starting), "the check has failed");
    let app = TestApp::new(super::app([fails_after(1)]));
    let startup = async || answer(&app, "/health/startup").await;
    assert_eq!(startup().await, (200, started.clone()));
    assert_eq!(answer(&app, "/health/ready").await.0, 503, "the second run fails");
    assert_eq!(startup().await, (200, started));
    assert_eq!(app.admin().get("/health/startup").send().await.text(), r#"{"status":"started"}"#);
}

#[tokio::test]
async fn readiness_of_the_program_follows_critical_checks() {
    let clock = routekit::ManualClock::new();
    let runs = Runs::default();
    let check = {
        let runs = runs.clone();
        HealthCheck::new("database", async move || if runs.next() == 2 { Err("gone") } else { Ok(()) })
    };
    let app = app([check.critical(true)]).clock(clock.clock());
    let readiness = app.readiness();
    let app = TestApp::new(app);
    for (expected, reasons) in [(200, vec![]), (503, vec!["the health check `database` is unhealthy"]), (200, vec![])] {
        assert_eq!(answer(&app, "/health/ready").await.0, expected, "run {}", runs.count());
        assert_eq!(readiness.reasons(), reasons);
        clock.advance(2 * SECOND);
    }
}

#[tokio::test]
async fn last_results_are_metrics() {
    let app = TestApp::new(app([queue(), ledger()]));
    let series = |check: &str| {
        ["healthy", "degraded", "unhealthy"].map(|status| {
            let name = format!("routekit_health_status{{check=\"{check}\",status=\"{status}\"}} ");
            let metrics = app.metrics();
            let line = metrics.lines().find_map(|line| line.strip_prefix(&name).map(str::to_owned));
            line.unwrap_or_else(|| panic!("{name}\n{metrics}"))
        })
    };
    assert_eq!(series("queue"), ["0"; 3], "no run has ended");
    health(&app).await;
    assert_eq!(series("queue"), ["0", "1", "0"]);
    assert_eq!(series("ledger"), ["0", "0", "1"]);
    let without = TestApp::new(super::app([]));
    assert!(!without.metrics().contains("routekit_health_status"));
}

#[test]
fn changes_of_a_result_are_logged_once() {
    let ((), lines) = crate::logs::caught(async {
        let app = TestApp::new(app([ledger().max_age(std::time::Duration::ZERO)]));
        for _ in 0..3 {
            health(&app).await;
        }
    });
    let logged: Vec<_> = lines.iter().filter(|line| line.of == "routekit::health").collect();
    let [line] = logged.as_slice() else { panic!("{logged:?}") };
    assert!(line.fields.contains(&"error=no route to host".to_owned()), "{line:?}");
}

#[tokio::test]
async fn unready_answer_to_a_probe_is_no_failure() {
    let app = app([ledger()]);
    let app = TestApp::new(app);
    assert_eq!(answer(&app, "/health/ready").await.0, 503);
    let counted = r#"http_route="/health/ready",http_response_status_code="503"} 1"#;
    assert!(app.metrics().contains(counted), "without an `error_type`: {}", app.metrics());
}
