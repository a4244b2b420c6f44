//! Health checks: when they run, what the endpoints answer, and the checks that routekit brings.

mod background;
mod built_in;
mod endpoints;
mod probes;
mod setup;
mod system;

use routekit::{config::Config, health::HealthCheck, prelude::*, test::TestApp};
use serde_json::Value;

#[get("/health-tests/page")]
async fn page() -> &'static str {
    "page"
}

/// An app with these checks, and no configuration.
fn app(checks: impl IntoIterator<Item = HealthCheck>) -> App {
    let app = App::with_routes(routes![page]).config(Config::default());
    checks.into_iter().fold(app, |app, check| app.health(check))
}

/// `/health` of the admin surface.
async fn health(app: &TestApp) -> Value {
    app.admin().get("/health").send().await.json()
}

/// The result of the only check.
async fn result_of(check: HealthCheck) -> Value {
    let name = check.name().to_owned();
    health(&TestApp::new(app([check]))).await["checks"][name].clone()
}

/// The status and the text of a response.
async fn answer(app: &TestApp, path: &str) -> (u16, String) {
    let answer = app.get(path).send().await;
    (answer.status().as_u16(), answer.text().to_owned())
}
