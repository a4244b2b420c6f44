//! Breakers for operators: metrics, logs, the admin surface.

use http::StatusCode;
use routekit::{
    ManualClock,
    config::Secret,
    prelude::*,
    test::{TestApp, TestResponse},
};
use serde_json::{Value, json};

use super::SECOND;
use crate::logs;

const TOKEN: &str = "0123456789abcdef";

#[get("/o/{status}", breaker(slow_call = "2s"), concurrency = 8)]
async fn answers(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

fn start() -> (TestApp, ManualClock) {
    let clock = ManualClock::new();
    let app = App::with_routes(routes![answers]).configure(|config| config.set_admin_token(Some(Secret::new(TOKEN))));
    (TestApp::builder(app).clock(clock.clock()).build(), clock)
}

/// Ten failures and two refusals, and later a probe that succeeds.
async fn usual(app: &TestApp, clock: &ManualClock) {
    for _ in 0..12 {
        app.get("/o/500").send().await;
    }
    clock.advance(60 * SECOND);
    app.get("/o/200").send().await;
}

async fn say(app: &TestApp, command: &'static str) -> TestResponse {
    let request = app.admin().put("/breakers/GET%20/o/%7Bstatus%7D").body(command);
    request.header("authorization", &format!("Bearer {TOKEN}")).send().await
}

#[tokio::test]
async fn breaker_series_exist_from_the_start_and_count() {
    let (app, clock) = start();
    let names = r#"breaker="GET /o/{status}""#;
    let route = r#"http_request_method="GET",http_route="/o/{status}""#;
    let from_the_start = [
        format!(r#"routekit_breaker_state{{{names},state="closed"}} 1"#),
        format!(r#"routekit_breaker_state{{{names},state="open"}} 0"#),
        format!(r#"routekit_breaker_transitions_total{{{names},to="open"}} 0"#),
        format!(r#"routekit_breaker_calls_total{{{names},outcome="failure"}} 0"#),
        format!("routekit_breaker_rejected_total{{{names}}} 0"),
        format!("routekit_concurrency_limit{{{route}}} 8"),
        format!("routekit_concurrency_in_flight{{{route}}} 0"),
        format!("routekit_concurrency_rejected_total{{{route}}} 0"),
    ];
    let text = app.metrics();
    for line in &from_the_start {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    usual(&app, &clock).await;
    app.get("/o/200").send().await;
    let expected = [
        format!(r#"routekit_breaker_state{{{names},state="closed"}} 1"#),
        format!(r#"routekit_breaker_state{{{names},state="half_open"}} 0"#),
        format!(r#"routekit_breaker_transitions_total{{{names},to="open"}} 1"#),
        format!(r#"routekit_breaker_transitions_total{{{names},to="half_open"}} 1"#),
        format!(r#"routekit_breaker_transitions_total{{{names},to="closed"}} 1"#),
        format!(r#"routekit_breaker_calls_total{{{names},outcome="failure"}} 10"#),
        format!(r#"routekit_breaker_calls_total{{{names},outcome="success"}} 2"#),
        format!(r#"routekit_breaker_calls_total{{{names},outcome="neutral"}} 0"#),
        format!(r#"routekit_breaker_calls_total{{{names},outcome="late"}} 0"#),
        format!("routekit_breaker_slow_calls_total{{{names}}} 0"),
        format!("routekit_breaker_rejected_total{{{names}}} 2"),
        format!(r#"routekit_policy_answers_total{{{route},policy="breaker"}} 2"#),
    ];
    let text = app.metrics();
    for line in expected {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let refused = r#"http_response_status_code="503",error_type="breaker_open""#;
    assert!(text.contains(refused), "{text}");
    crate::process::promtool_accepts(&text);
}

#[test]
fn each_state_change_logs_one_line() {
    let ((), lines) = logs::caught(async {
        let (app, clock) = start();
        usual(&app, &clock).await;
    });
    let changes: Vec<String> = lines
        .iter()
        .filter(|line| line.fields.iter().any(|field| field.contains("circuit breaker changed state")))
        .map(|line| line.fields.join(" "))
        .collect();
    assert_eq!(changes.len(), 3, "{changes:#?}");
    let expected = ["from=closed to=open", "from=open to=half_open", "from=half_open to=closed"];
    for (line, expected) in changes.iter().zip(expected) {
        assert!(line.contains(expected) && line.contains("breaker=\"GET /o/{status}\""), "{line}");
    }
    assert!(changes[0].contains("cause=\"failure_rate\"") && changes[0].contains("failure_rate=1.0"), "{changes:#?}");
}

#[tokio::test]
async fn admin_lists_and_shows_breakers() {
    let (app, clock) = start();
    usual(&app, &clock).await;
    let all: Value = app.admin().get("/breakers").send().await.json();
    assert_eq!((&all[0]["name"], &all[0]["opened"]), (&json!("GET /o/{status}"), &json!(1)));
    for name in ["GET%20/o/%7Bstatus%7D", "GET%20%2Fo%2F%7Bstatus%7D"] {
        let one = app.admin().get(&format!("/breakers/{name}")).send().await;
        assert_eq!(one.json::<Value>(), all[0], "{name}");
    }
    let lost = app.admin().get("/breakers/payments").send().await;
    assert_eq!(
        (lost.status(), lost.json::<Value>()["detail"].as_str()),
        (StatusCode::NOT_FOUND, Some("no circuit breaker has this name"))
    );
    assert_eq!(app.get("/breakers").send().await.status(), 404, "it is not for clients");
}

#[tokio::test]
async fn operators_force_and_reset_breakers() {
    let (app, _) = start();
    let rows = [
        ("force_open", "open", "forced_open", 503),
        ("force_closed", "closed", "forced_closed", 200),
        ("metrics_only", "closed", "metrics_only", 200),
        ("disabled", "closed", "disabled", 200),
        ("force_open", "open", "forced_open", 503),
        ("reset", "closed", "automatic", 200),
    ];
    for (command, state, mode, status) in rows {
        let said = say(&app, command).await;
        assert_eq!(said.status(), 200, "{command}");
        let said: Value = said.json();
        assert_eq!((&said["state"], &said["mode"]), (&json!(state), &json!(mode)), "{command}");
        assert_eq!(app.get("/o/200").send().await.status(), status, "{command}");
    }
    let wrong = say(&app, "open").await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let known = "the body must be `force_open`, `force_closed`, `disabled`, `metrics_only` or `reset`";
    assert_eq!(wrong.json::<Value>()["detail"], known);
}

#[tokio::test]
async fn breakers_change_only_with_the_operator_token() {
    let (app, _) = start();
    let path = "/breakers/GET%20/o/%7Bstatus%7D";
    assert_eq!(app.admin().put(path).body("force_open").send().await.status(), 401);
    let without = TestApp::new(App::with_routes(routes![answers]));
    assert_eq!(without.admin().put(path).body("force_open").send().await.status(), 405, "there are no operators");
    assert_eq!(app.get("/o/200").send().await.status(), 200);
}

#[test]
fn operator_changes_are_audited() {
    let ((), lines) = logs::caught(async {
        let (app, _) = start();
        assert_eq!(say(&app, "force_open").await.status(), 200);
    });
    let audit = lines.iter().find(|line| line.of == "routekit::audit").unwrap().fields.join(" ");
    for part in ["actor=\"token\"", "closed, automatic", "open, forced_open"] {
        assert!(audit.contains(part), "{audit}");
    }
}

#[tokio::test]
async fn every_outcome_of_a_registered_breaker_is_counted() {
    let clock = ManualClock::new();
    let bank =
        routekit::breaker::CircuitBreaker::builder("bank").clock(clock.clock()).slow_call(SECOND).build().unwrap();
    let app = TestApp::new(App::with_routes(routes![answers]).breaker(bank.clone()));
    let (late, slow) = (bank.try_acquire().unwrap(), bank.try_acquire().unwrap());
    drop(bank.try_acquire().unwrap());
    clock.advance(SECOND);
    slow.success();
    bank.reset();
    late.success();
    let text = app.metrics();
    for line in [
        r#"routekit_breaker_calls_total{breaker="bank",outcome="success"} 1"#,
        r#"routekit_breaker_calls_total{breaker="bank",outcome="neutral"} 1"#,
        r#"routekit_breaker_calls_total{breaker="bank",outcome="late"} 1"#,
        r#"routekit_breaker_slow_calls_total{breaker="bank"} 1"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}
