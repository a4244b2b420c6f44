//! `/log`: the filter of `telemetry::init`, changed while the program runs.
//!
//! A subscriber belongs to the process, so the program runs in a process of its own: this test binary, started again.

use std::time::Duration;

use routekit::{
    ManualClock,
    config::{AdminAddr, Config, Secret},
    prelude::*,
    telemetry,
    test::{TestApp, TestResponse},
};
use serde_json::{Value, json};

use crate::support::{free_port, output_of, test_as_program};

const TOKEN: &str = "0123456789abcdef";
const CHILD: &str = "ROUTEKIT_TEST_LOG_AT_RUN_TIME";

#[get("/l/event")]
async fn event() {
    tracing::debug!(target: "shop::orders", "EVENT orders");
    tracing::debug!(target: "shop::stock", "EVENT stock");
    tracing::warn!(target: "shop::stock", "EVENT warning");
}

fn app(clock: &ManualClock) -> TestApp {
    let app = App::with_routes(routes![event]).config(Config::default()).clock(clock.clock()).configure(|config| {
        config.set_admin_addr(AdminAddr::Main);
        config.set_admin_token(Some(Secret::new(TOKEN)));
    });
    TestApp::new(app)
}

struct Operator {
    app: TestApp,
    clock: ManualClock,
}

impl Operator {
    async fn put(&self, path: &str, body: &str) -> TestResponse {
        let request = self.app.put(path).body(body.to_owned());
        request.header("authorization", &format!("Bearer {TOKEN}")).send().await
    }

    async fn delete(&self) -> Value {
        self.app.delete("/log").header("authorization", &format!("Bearer {TOKEN}")).send().await.json()
    }

    async fn filter(&self) -> Value {
        self.app.get("/log").send().await.json()
    }

    async fn refused(&self, path: &str, body: &str, status: u16) -> String {
        let answer = self.put(path, body).await;
        let problem: Value = answer.json();
        assert_eq!(answer.status(), status, "{path} {body}: {problem}");
        problem["detail"].as_str().unwrap().to_owned()
    }

    /// Has the route log its events, in a step of the output.
    #[expect(clippy::print_stdout, reason = "the test reads it")]
    async fn step(&self, name: &str) {
        println!("\nSTEP {name}");
        assert_eq!(self.app.get("/l/event").send().await.status(), 200);
        println!("\nSTEP");
    }

    /// Lets the task of a change end it.
    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
}

/// The program. It does nothing unless [`output`] starts it.
#[tokio::test]
async fn program() {
    if std::env::var(CHILD).is_err() {
        return;
    }
    telemetry::init().unwrap();
    let clock = ManualClock::new();
    let operator = Operator { app: app(&clock), clock };
    let minute = Duration::from_secs(60);
    let start = json!({ "filter": "info,shop::stock=warn", "atStart": "info,shop::stock=warn", "changes": [] });
    assert_eq!(operator.filter().await, start);
    operator.step("start").await;

    let anonymous = operator.app.put("/log").body("debug").send().await;
    assert_eq!(anonymous.status(), 401);
    let detail = operator.refused("/log", "shop::orders=debug,shop::stock=loud", 422).await;
    assert!(detail.starts_with("the directive `shop::stock=loud` is invalid: "), "{detail}");
    let detail = operator.refused("/log", "shop:debug", 422).await;
    assert!(detail.starts_with("the directive `shop:debug` is invalid: expected `target=level`"), "{detail}");
    let detail = operator.refused("/log", " ", 422).await;
    assert!(detail.starts_with("the body must be a list of directives"), "{detail}");
    for wrong in ["soon", "0", "9999999999999h", "-1s"] {
        let detail = operator.refused(&format!("/log?for={wrong}"), "debug", 400).await;
        assert!(detail.starts_with(&format!("`for` is `{wrong}`: not a duration")), "{detail}");
    }
    let detail = operator.refused("/log?until=10m", "debug", 400).await;
    assert!(detail.contains("unknown field `until`"), "{detail}");
    assert_eq!(operator.filter().await, start, "nothing has changed");

    let answer = operator.put("/log?for=10m", "shop::orders=debug").await;
    assert_eq!(answer.status(), 200);
    let orders = json!({ "directive": "shop::orders=debug", "until": "2030-01-01T00:10:00.000Z" });
    let filter = "info,shop::stock=warn,shop::orders=debug";
    assert_eq!(answer.json::<Value>(), json!({ "filter": filter, "atStart": start["atStart"], "changes": [orders] }));
    operator.step("orders").await;

    operator.clock.advance(minute);
    let changed: Value = operator.put("/log", "shop::stock=debug").await.json();
    let stock = json!({ "directive": "shop::stock=debug", "until": null });
    assert_eq!(changed["filter"], "info,shop::orders=debug,shop::stock=debug");
    assert_eq!(changed["changes"], json!([orders, stock]));
    operator.step("orders and stock").await;

    // The first change ends without a request to `/log`.
    operator.advance(9 * minute).await;
    operator.step("stock").await;
    assert_eq!(operator.filter().await["changes"], json!([stock]));

    assert_eq!(operator.delete().await, start);
    operator.step("reset").await;
    operator.put("/log?for=1s", "off").await;
    operator.step("off").await;
    operator.advance(Duration::from_secs(1)).await;
    assert_eq!(operator.filter().await, start);
}

fn output(variables: &[(&str, &str)]) -> String {
    let mut program = test_as_program("log_at_run_time::program");
    program
        .env(CHILD, "")
        .env("RUST_LOG", "info,shop::stock=warn")
        .env_remove("ROUTEKIT_LOG_FORMAT")
        .envs(variables.iter().copied());
    output_of(&mut program)
}

#[test]
fn filter_changed_at_run_time_applies_until_its_end() {
    changed_filter_applies_until_its_end(&output(&[]));
}

/// Its filter is that of one layer, and not of the subscriber.
#[test]
fn filter_changed_at_run_time_applies_beside_an_exporter_of_spans() {
    let endpoint = format!("http://{}", free_port());
    changed_filter_applies_until_its_end(&output(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]));
}

fn changed_filter_applies_until_its_end(output: &str) {
    let events = |step: &str| -> Vec<&str> {
        let (_, after) = output.split_once(&format!("STEP {step}\n")).expect("it has this step");
        let lines = after.split_once("STEP\n").unwrap().0.lines();
        lines.filter_map(|line| Some(line.split_once("EVENT ")?.1)).collect()
    };
    for (step, expected) in [
        ("start", &["warning"][..]),
        ("orders", &["orders", "warning"]),
        ("orders and stock", &["orders", "stock", "warning"]),
        ("stock", &["stock", "warning"]),
        ("reset", &["warning"]),
        ("off", &["warning"]),
    ] {
        assert_eq!(events(step), expected, "{step}\n{output}");
    }
    let audited: Vec<&str> = output.lines().filter(|line| line.contains("routekit::audit: admin call")).collect();
    assert_eq!(audited.len(), 12, "refused calls too; `off` hides its own\n{audited:#?}");
    let change = r#"before="info,shop::stock=warn" after="info,shop::stock=warn,shop::orders=debug""#;
    assert!(audited.iter().any(|line| line.contains(change) && line.contains("status=200")), "{audited:#?}");
    let hidden = r#"the log filter changes before="info,shop::stock=warn" after="shop::stock=warn,off""#;
    assert!(output.contains(hidden), "{output}");
    let ended = r#"ended="shop::orders=debug" filter="info,shop::stock=debug""#;
    let ended: Vec<&str> = output.lines().filter(|line| line.contains(ended)).collect();
    assert!(ended.len() == 1 && ended[0].contains("a change of the log filter has ended"), "{output}");
}

#[tokio::test]
async fn log_of_a_program_with_its_own_subscriber_is_not_found() {
    let operator = Operator { app: app(&ManualClock::new()), clock: ManualClock::new() };
    for answer in [operator.app.get("/log").send().await, operator.put("/log", "debug").await] {
        assert_eq!(answer.status(), 404);
        let detail = answer.json::<Value>()["detail"].clone();
        assert!(detail.as_str().unwrap().contains("was not set up by `telemetry::init`"), "{detail}");
    }
}
