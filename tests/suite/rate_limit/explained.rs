//! `explain`, and the trace of a request.

use routekit::{
    config::Config,
    prelude::*,
    rate_limit::{Limit, Rate},
    test::TestApp,
};
use serde_json::Value;

#[get(
    "/r/declared",
    auth(optional),
    rate_limit("10/s", burst = 20),
    rate_limit("1000/day", per = "user", name = "daily")
)]
async fn declared() {}

#[get("/r/plain")]
async fn plain() {}

#[get("/r/off", rate_limit(off))]
async fn off() {}

fn explained(app: App, route: &str) -> Vec<String> {
    let explanation = TestApp::new(app).table().explain(route).unwrap();
    let steps = explanation.steps.iter().filter(|step| ["rate_limit", "auth", "cache"].contains(&step.policy));
    let steps = steps.filter(|step| step.setting != "invalidates");
    steps.map(|step| format!("{} = {} ({})", step.policy, step.value, step.origin.clone().unwrap())).collect()
}

#[test]
fn limits_are_shown_around_auth_with_their_origin() {
    let app = || App::with_routes(routes![declared, plain, off]).identify(async |_| None);
    assert_eq!(
        explained(app(), "GET /r/declared"),
        [
            "rate_limit = 10/s burst=20 per=ip name=ip (attribute)",
            "auth = optional (attribute)",
            "rate_limit = 1000/day burst=1000 per=user name=daily (attribute)",
            "cache = off (default)",
        ]
    );
    assert_eq!(explained(app(), "GET /r/plain")[0], "rate_limit = off (default)");
    let by_code = app().rate_limit(Limit::new(Rate::new(100, 1000)));
    assert_eq!(
        explained(by_code, "GET /r/plain")[0],
        "rate_limit = 100/s burst=100 per=ip name=ip, one quota for the routes without a limit (code)"
    );
    let by_code = app().rate_limit(Limit::new(Rate::new(100, 1000)));
    assert_eq!(explained(by_code, "GET /r/off")[0], "rate_limit = off (attribute)");
    let toml = "
        [rate_limit]
        default = ['50/s', '5/min per=user']

        [route.\"GET /r/declared\"]
        rate_limit = '1/s mode=observe'
    ";
    let config = || Config::builder().toml("routekit.toml", toml).build().unwrap();
    let by_file = || app().rate_limit(Limit::new(Rate::new(100, 1000))).config(config());
    assert_eq!(
        explained(by_file(), "GET /r/plain")[..3],
        [
            "rate_limit = 50/s burst=50 per=ip name=ip, one quota for the routes without a limit (routekit.toml)",
            "auth = public (default)",
            "rate_limit = 5/min burst=5 per=user name=user, one quota for the routes without a limit (routekit.toml)",
        ]
    );
    assert_eq!(
        explained(by_file(), "GET /r/declared")[0],
        "rate_limit = 1/s burst=1 per=ip name=ip mode=observe (routekit.toml)"
    );
    let table = TestApp::new(by_file()).table().to_string();
    assert!(table.contains("rate_limit = 50/s burst=50 per=ip name=ip, 5/min"), "{table}");
}

#[tokio::test]
async fn refused_and_observed_requests_can_be_explained() {
    #[get("/r/refused", rate_limit("1/h"))]
    async fn refused() {}

    #[get("/r/observed", rate_limit("1/h", mode = "observe"))]
    async fn observed() -> http::StatusCode {
        http::StatusCode::INTERNAL_SERVER_ERROR
    }

    let mut config = Config::default();
    config.set_explain_requests(10);
    let app = TestApp::new(App::with_routes(routes![refused, observed]).config(config));
    for path in ["/r/refused", "/r/refused", "/r/observed", "/r/observed"] {
        app.get(path).send().await;
    }
    let admin = app.admin();
    let list: Value = admin.get("/requests").send().await.json();
    let mut decisions = Vec::new();
    for request in list["requests"].as_array().unwrap() {
        let id = request["correlationId"].as_str().unwrap();
        let document: Value = admin.get(&format!("/requests/{id}")).send().await.json();
        let policies = document["requests"][0]["policies"].as_array().unwrap_or_else(|| panic!("{document:#}")).iter();
        let of_limits = policies.filter(|policy| policy["policy"] == "rate_limit");
        decisions.extend(of_limits.map(|policy| {
            let [decision, detail] = ["decision", "detail"].map(|name| policy[name].as_str().unwrap_or_default());
            format!("{decision} {detail}")
        }));
    }
    decisions.sort();
    assert_eq!(decisions, ["observed ", "passed ", "refused ip"]);
}
