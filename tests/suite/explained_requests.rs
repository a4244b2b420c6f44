//! Explained requests: which are kept, what they show of each policy, and what they never show.

use std::time::Duration;

use axum::{body::Body, extract::Request};
use http::StatusCode;
use routekit::{
    ManualClock,
    auth::ApiKeys,
    config::AdminAddr,
    prelude::*,
    test::{TestApp, TestResponse},
};
use serde_json::{Value, json};

const MS: Duration = Duration::from_millis(1);

#[get("/explained/plain")]
async fn plain() -> &'static str {
    "plain"
}

#[get("/explained/fails/{id}", slow = "10s")]
async fn fails(id: u32, clock: Dep<ManualClock>) -> Result<()> {
    clock.advance(3 * MS);
    Err(Problem::internal(format!("the database of user {id} is away")))
}

#[get("/explained/slow", slow = "50ms", concurrency = 1, breaker, timeout = "1s")]
async fn slow(clock: Dep<ManualClock>) -> &'static str {
    clock.advance(70 * MS);
    "done"
}

#[get("/explained/cached", slow = "20ms", cache(ttl = "60s"))]
async fn cached(clock: Dep<ManualClock>) -> &'static str {
    clock.advance(25 * MS);
    "done"
}

#[get("/explained/hangs", timeout = "2s")]
async fn hangs() {
    std::future::pending::<()>().await;
}

#[get("/explained/panics")]
async fn panics() {
    panic!("as the test wants");
}

#[get("/explained/closed", auth)]
async fn closed() {}

#[post("/explained/limited", body_limit = 4)]
async fn limited(body: String) -> String {
    body
}

async fn fallback() -> &'static str {
    "instead"
}

#[get("/explained/broken", breaker(name = "explained", fallback = fallback))]
async fn broken() -> StatusCode {
    StatusCode::BAD_GATEWAY
}

/// An app that keeps this many requests, and its clock.
fn app(keeps: u32) -> (TestApp, ManualClock) {
    let clock = ManualClock::new();
    let routes = routes![plain, fails, slow, cached, hangs, panics, closed, limited, broken];
    let keys = ApiKeys::new()
        .header(http::HeaderName::from_static("x-customer"))
        .key("hunter2hunter2hunter2", Identity::new("ann"));
    let app = App::with_routes(routes).verifier(keys).provide(clock.clone()).configure(move |config| {
        config.set_explain_requests(keeps);
        config.set_admin_addr(AdminAddr::Own(([127, 0, 0, 1], 0).into()));
    });
    (TestApp::builder(app).clock(clock.clock()).build(), clock)
}

async fn list(app: &TestApp) -> Vec<Value> {
    let list: Value = app.admin().get("/requests").send().await.json();
    list["requests"].as_array().unwrap().clone()
}

/// The only request with this id.
async fn explained(app: &TestApp, id: &str) -> Value {
    let found = app.admin().get(&format!("/requests/{id}")).send().await;
    assert_eq!(found.status(), 200, "{}", found.text());
    let mut found: Value = found.json();
    let requests = found["requests"].as_array_mut().unwrap();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

fn id_of(response: &TestResponse) -> String {
    response.header("x-correlation-id").unwrap().to_owned()
}

/// Policy, decision, status and milliseconds of each entry.
fn policies(request: &Value) -> Vec<(String, String, Option<u64>, f64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entries = request["policies"].as_array().unwrap().iter();
    let entry = |entry: &Value| {
        let ms = entry["durationMs"].as_f64().unwrap();
        (text(&entry["policy"]), text(&entry["decision"]), entry["status"].as_u64(), ms)
    };
    entries.map(entry).collect()
}

fn entries(rows: &[(&str, &str, Option<u64>, f64)]) -> Vec<(String, String, Option<u64>, f64)> {
    rows.iter().map(|(policy, decision, status, ms)| (policy.to_string(), decision.to_string(), *status, *ms)).collect()
}

#[tokio::test]
async fn failed_request_is_found_by_the_correlation_id_of_its_problem() {
    let (app, _) = app(10);
    let failed = app.get("/explained/fails/7?token=hunter2").header("accept", "*/*").send().await;
    let id = failed.json::<Value>()["correlationId"].as_str().unwrap().to_owned();
    let request = explained(&app, &id).await;
    for (name, expected) in [
        ("correlationId", json!(id)),
        ("time", json!("2030-01-01T00:00:00.000Z")),
        ("method", json!("GET")),
        ("route", json!("/explained/fails/{id}")),
        ("path", json!("/explained/fails/7")),
        ("query", json!("token=***")),
        ("httpVersion", json!("HTTP/1.1")),
        ("status", json!(500)),
        ("errorType", json!("500")),
        ("slow", json!(false)),
        ("durationMs", json!(3.0)),
        ("answeredBy", json!("handler")),
        ("headers", json!([{ "name": "accept", "value": "*/*" }])),
        ("headersOmitted", json!(0)),
    ] {
        assert_eq!(request[name], expected, "{name}");
    }
    let expected = entries(&[
        ("router", "matched", None, 0.0),
        ("body_limit", "passed", None, 0.0),
        ("handler", "answered", Some(500), 3.0),
        ("response", "sent", None, 0.0),
    ]);
    assert_eq!(policies(&request), expected);
    assert!(!request.to_string().contains("database"), "the cause is in the log only");
}

#[tokio::test]
async fn slow_request_shows_where_its_time_went() {
    let (app, _) = app(10);
    let id = id_of(&app.get("/explained/slow").send().await);
    let request = explained(&app, &id).await;
    assert_eq!((&request["slow"], &request["status"]), (&json!(true), &json!(200)));
    let expected = entries(&[
        ("router", "matched", None, 0.0),
        ("body_limit", "passed", None, 0.0),
        ("concurrency", "passed", None, 0.0),
        ("breaker", "closed", None, 0.0),
        ("handler", "answered", Some(200), 70.0),
        ("response", "sent", None, 0.0),
    ]);
    assert_eq!(policies(&request), expected);
    app.get("/explained/plain").send().await;
    assert_eq!(list(&app).await.len(), 1, "a fast success is not kept");
}

#[tokio::test]
async fn policy_that_answers_is_named() {
    const ACTIVE: &str = r#"http_server_active_requests{http_request_method="GET",http_route="/explained/hangs"} 1"#;
    let (app, clock) = app(20);
    let hangs = {
        let request = tokio::spawn(app.get("/explained/hangs").send());
        while !app.metrics().contains(ACTIVE) {
            tokio::task::yield_now().await;
        }
        clock.advance(2000 * MS);
        request.await.unwrap()
    };
    let responses = [
        ("timeout", "timed_out", 504, hangs),
        ("auth", "refused", 401, app.get("/explained/closed").send().await),
        ("body_limit", "refused", 413, app.post("/explained/limited").body("hello").send().await),
        ("handler", "panicked", 500, app.get("/explained/panics").send().await),
        ("router", "unmatched", 404, app.get("/explained/nothing").send().await),
    ];
    for (policy, decision, status, response) in responses {
        assert_eq!(response.status(), status, "{policy}");
        let request = explained(&app, &id_of(&response)).await;
        assert_eq!(request["answeredBy"], policy, "{request}");
        let policies = policies(&request);
        let expected = if policy == "timeout" { 2000.0 } else { 0.0 };
        let expected = entries(&[(policy, decision, Some(status.into()), expected)]);
        assert!(policies.contains(&expected[0]), "{policies:?}");
    }
}

#[tokio::test]
async fn breaker_shows_its_state_and_its_fallback() {
    let (app, _) = app(100);
    for _ in 0..20 {
        app.get("/explained/broken").send().await;
    }
    let answered = app.get("/explained/broken").header("x-correlation-id", "open").send().await;
    assert_eq!(answered.text(), "instead");
    assert!(list(&app).await.iter().all(|request| request["correlationId"] != "open"), "a fallback is no failure");
    let first = list(&app).await.pop().unwrap();
    let request = explained(&app, first["correlationId"].as_str().unwrap()).await;
    assert_eq!(
        policies(&request)[2..4],
        entries(&[("breaker", "closed", None, 0.0), ("handler", "answered", Some(502), 0.0)])
    );
}

#[tokio::test]
async fn cache_shows_its_status() {
    let (app, _) = app(10);
    let miss = id_of(&app.get("/explained/cached").send().await);
    let request = explained(&app, &miss).await;
    let expected = entries(&[
        ("router", "matched", None, 0.0),
        ("body_limit", "passed", None, 0.0),
        ("cache", "forwarded", None, 0.0),
        ("handler", "answered", Some(200), 25.0),
        ("cache", "miss", Some(200), 0.0),
        ("response", "sent", None, 0.0),
    ]);
    assert_eq!(policies(&request), expected);
    assert_eq!(request["policies"][4]["detail"], "routekit; fwd=uri-miss; stored");
    let asked = app.get("/explained/cached?b=1").header("cache-control", "only-if-cached").send().await;
    assert_eq!(asked.status(), 504);
    assert_eq!(list(&app).await.len(), 1, "the client chose this 504");
}

#[tokio::test]
async fn secrets_are_masked() {
    const SECRET: &str = "hunter2hunter2hunter2";
    let (app, _) = app(10);
    let request = app
        .get(&format!("/explained/fails/1?{SECRET}&code={SECRET}&state="))
        .header("authorization", &format!("Bearer {SECRET}"))
        .header("cookie", &format!("id={SECRET}"))
        .header("x-customer", SECRET)
        .header("x-api-key", SECRET)
        .header("referer", &format!("https://shop/?{SECRET}"));
    let id = id_of(&request.send().await);
    let request = explained(&app, &id).await;
    assert!(!request.to_string().contains("hunter2"), "{request}");
    assert_eq!(request["query"], "***&code=***&***");
    let headers = request["headers"].as_array().unwrap().iter();
    let headers: Vec<_> =
        headers.map(|header| (header["name"].as_str().unwrap(), header["value"].as_str().unwrap())).collect();
    let expected = [
        ("authorization", "***"),
        ("cookie", "***"),
        ("x-customer", "***"),
        ("x-api-key", "***"),
        ("referer", "https://shop/?***"),
    ];
    assert_eq!(headers, expected);
    assert!(!app.admin().get("/requests").send().await.text().contains("hunter2"));
}

#[tokio::test]
async fn only_the_last_requests_of_each_kind_are_kept_newest_first() {
    let (app, clock) = app(3);
    for number in 0..5 {
        for path in ["/explained/fails/1", "/explained/nothing"] {
            app.get(path).header("x-correlation-id", &format!("{number}{}", path.len())).send().await;
            clock.advance(MS);
        }
    }
    let ids: Vec<_> = list(&app).await.iter().map(|request| request["correlationId"].clone()).collect();
    assert_eq!(ids, ["418", "418", "318", "318", "218", "218"]);
    let newest: Value = app.admin().get("/requests?limit=2").send().await.json();
    assert_eq!(newest["requests"].as_array().unwrap().len(), 2);
    assert_eq!(app.admin().get("/requests?limit=two").send().await.status(), 400);
    assert_eq!(app.admin().get("/requests?limits=2").send().await.status(), 400);
    let gone = app.admin().get("/requests/118").send().await;
    assert_eq!(gone.status(), 404);
    let detail = gone.json::<Value>()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("no request with this correlation id is kept"), "{detail}");
    let both: Value = app.admin().get("/requests/418").send().await.json();
    let routes: Vec<_> = both["requests"].as_array().unwrap().iter().map(|request| &request["route"]).collect();
    assert_eq!(routes, [&Value::Null, &json!("/explained/fails/{id}")], "a client may use an id twice");
}

#[tokio::test]
async fn cancelled_request_is_unfinished() {
    let (app, clock) = app(3);
    let request = Request::get("/explained/hangs").header("x-correlation-id", "left").body(Body::empty()).unwrap();
    {
        let call = app.call(request);
        futures_util::pin_mut!(call);
        assert!(futures_util::poll!(&mut call).is_pending());
        clock.advance(5 * MS);
    }
    let request = explained(&app, "left").await;
    assert_eq!((&request["status"], &request["errorType"]), (&Value::Null, &json!("cancelled")));
    assert_eq!(policies(&request).pop(), entries(&[("response", "unfinished", None, 5.0)]).pop());
}

#[tokio::test]
async fn failure_is_kept_while_clients_leave_and_routes_are_slow() {
    let (app, _) = app(3);
    app.get("/explained/fails/1").header("x-correlation-id", "failed").send().await;
    for number in 0..4 {
        {
            let call = app.call(Request::get("/explained/hangs").body(Body::empty()).unwrap());
            futures_util::pin_mut!(call);
            assert!(futures_util::poll!(&mut call).is_pending());
        }
        let slow = app.get("/explained/slow").header("x-correlation-id", &format!("slow{number}")).send().await;
        assert_eq!(slow.status(), 200);
        app.get("/explained/nothing").send().await;
    }
    assert_eq!(explained(&app, "failed").await["status"], 500);
    assert_eq!(explained(&app, "slow3").await["slow"], true, "a scanner does not push it out");
    assert_eq!(list(&app).await.len(), 1 + 3 + 3);
}

#[tokio::test]
async fn id_of_many_requests_shows_the_newest() {
    let (app, clock) = app(100);
    for number in 0..15 {
        for path in ["/explained/fails/1", "/explained/nothing"] {
            app.get(&format!("{path}?{number}=1")).header("x-correlation-id", "same").send().await;
            clock.advance(MS);
        }
    }
    let found: Value = app.admin().get("/requests/same").send().await.json();
    let found = found["requests"].as_array().unwrap();
    let queries: Vec<_> = found.iter().map(|request| request["query"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<_> =
        (5..15).rev().flat_map(|number| [format!("{number}=***"), format!("{number}=***")]).collect();
    assert_eq!(queries, expected);
}

#[tokio::test]
async fn explained_requests_are_off_by_default() {
    let app = TestApp::new(App::with_routes(routes![plain])).admin();
    for path in ["/requests", "/requests/abc"] {
        let off = app.get(path).send().await;
        assert_eq!(off.status(), 404);
        let detail = off.json::<Value>()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("set `explain_requests = 200`"), "{detail}");
    }
}

#[test]
fn too_many_explained_requests_are_a_startup_error() {
    let app = App::with_routes(routes![plain])
        .config(Default::default())
        .configure(|config| config.set_explain_requests(10_001));
    let error = app.into_router().unwrap_err().to_string();
    assert!(error.contains("explain_requests") && error.contains("more than 10000"), "{error}");
}

#[tokio::test]
async fn two_apps_keep_their_own_requests() {
    let ((one, _), (two, _)) = (app(10), app(10));
    one.get("/explained/fails/1").header("x-correlation-id", "one").send().await;
    two.get("/explained/fails/2").header("x-correlation-id", "two").send().await;
    assert_eq!(explained(&one, "one").await["path"], "/explained/fails/1");
    assert_eq!(one.admin().get("/requests/two").send().await.status(), 404);
    assert_eq!(list(&two).await.len(), 1);
}
