//! Limits of a route: what passes, what is refused, and what the response says.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use http::{StatusCode, request::Parts};
use routekit::{auth::ApiKeys, cache::Cache, prelude::*, test::TestResponse};
use serde_json::Value;
use tokio::sync::Barrier;

use super::{from, statuses, still};
use crate::support::{Runs, SECOND};

#[get("/r/one", rate_limit("10/s", burst = 20, name = "burst"))]
async fn one() {}

#[get("/r/two", auth(optional), rate_limit("2/s"), rate_limit("5/day", per = "user", name = "daily"))]
async fn two() {}

#[get("/r/both-by-ip", rate_limit("2/s"), rate_limit("3/day", name = "daily"))]
async fn both_by_ip() {}

#[get("/r/by-header", rate_limit("2/h", per = "header:X-Api-Key"))]
async fn by_header() {}

#[get("/r/by-function", rate_limit("2/h", per = tenant))]
async fn by_function() {}

#[get("/r/unlimited")]
async fn unlimited() {}

fn tenant(parts: &Parts) -> String {
    parts.uri.query().unwrap_or_default().to_owned()
}

fn limits(response: &TestResponse) -> (u16, &str, Option<&str>) {
    (response.status().as_u16(), response.header("ratelimit").unwrap_or("none"), response.header("retry-after"))
}

#[tokio::test]
async fn burst_passes_and_then_the_rate() {
    let (app, clock) = still(App::with_routes(routes![one]));
    for left in (0..20).rev() {
        let response = app.get("/r/one").send().await;
        assert_eq!(limits(&response), (200, &*format!(r#""burst";r={left};t=1"#), None));
        assert_eq!(response.header("ratelimit-policy"), Some(r#""burst";q=20;w=2"#));
    }
    let refused = app.get("/r/one").send().await;
    assert_eq!(limits(&refused), (429, r#""burst";r=0;t=1"#, Some("1")));
    assert_eq!(refused.header("ratelimit-policy"), Some(r#""burst";q=20;w=2"#));
    clock.advance(Duration::from_millis(99));
    assert_eq!(app.get("/r/one").send().await.status(), 429);
    clock.advance(Duration::from_millis(1));
    assert_eq!(statuses(&app, "/r/one", 2).await, [200, 429]);
    clock.advance(SECOND);
    assert_eq!(statuses(&app, "/r/one", 11).await, [vec![200; 10], vec![429]].concat());
}

#[tokio::test]
async fn refusal_is_a_problem_that_names_the_limit() {
    let (app, _) = still(App::with_routes(routes![both_by_ip]));
    statuses(&app, "/r/both-by-ip", 2).await;
    let refused = app.get("/r/both-by-ip").send().await;
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    let problem: Value = refused.json();
    assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
    assert_eq!(problem["status"], 429);
    assert_eq!(problem["violated-policies"], serde_json::json!(["ip"]));
    assert_eq!(problem["detail"], "the limit `ip` of 2/s is used up; one more request passes in 1 second");
    let text = app.metrics();
    let route = r#"http_request_method="GET",http_route="/r/both-by-ip""#;
    for (name, labels, value) in [
        ("rate_limit_requests_total", r#"limit="ip",outcome="allowed""#, 2),
        ("rate_limit_requests_total", r#"limit="ip",outcome="refused""#, 1),
        ("rate_limit_requests_total", r#"limit="daily",outcome="refused""#, 0),
        ("rate_limit_keys", r#"limit="ip""#, 1),
        ("rate_limit_overflows_total", r#"limit="ip""#, 0),
        ("policy_answers_total", r#"policy="rate_limit""#, 1),
    ] {
        let line = format!("routekit_{name}{{{route},{labels}}} {value}");
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn two_limits_are_both_listed_and_the_refusal_names_the_one_that_refused() {
    let (app, clock) = still(App::with_routes(routes![both_by_ip]));
    let response = app.get("/r/both-by-ip").send().await;
    assert_eq!(limits(&response), (200, r#""ip";r=1;t=1, "daily";r=2;t=28800"#, None));
    assert_eq!(response.header("ratelimit-policy"), Some(r#""ip";q=2;w=1, "daily";q=3;w=86400"#));
    app.get("/r/both-by-ip").send().await;

    let refused = app.get("/r/both-by-ip").send().await;
    assert_eq!(limits(&refused), (429, r#""ip";r=0;t=1, "daily";r=1;t=28800"#, Some("1")), "counted in neither");
    assert_eq!(refused.json::<Value>()["violated-policies"], serde_json::json!(["ip"]));

    clock.advance(SECOND);
    assert_eq!(app.get("/r/both-by-ip").send().await.status(), 200);
    let refused = app.get("/r/both-by-ip").send().await;
    assert_eq!(limits(&refused), (429, r#""ip";r=1;t=1, "daily";r=0;t=28799"#, Some("28799")), "given back to `ip`");
    assert_eq!(refused.json::<Value>()["violated-policies"], serde_json::json!(["daily"]));
    assert_eq!(limits(&app.get("/r/both-by-ip").send().await).1, r#""ip";r=1;t=1, "daily";r=0;t=28799"#);

    clock.advance(SECOND * 28_798);
    assert_eq!(app.get("/r/both-by-ip").send().await.status(), 429, "a second before `Retry-After`");
    clock.advance(SECOND);
    assert_eq!(app.get("/r/both-by-ip").send().await.status(), 200, "at `Retry-After`");
}

#[tokio::test]
async fn limit_per_user_counts_identities_and_acts_behind_auth() {
    let (app, clock) = still(App::with_routes(routes![two]).identify(async |_| None));
    let ann = Identity::new("ann");
    let send = async |identity: Option<&Identity>| {
        let request = app.get("/r/two");
        let request = if let Some(identity) = identity { request.identity(identity) } else { request };
        let response = request.send().await;
        (response.status().as_u16(), response.header("ratelimit").unwrap_or_default().to_owned())
    };
    for left in (0..5).rev() {
        let (status, quotas) = send(Some(&ann)).await;
        assert_eq!((status, quotas.contains(&format!(r#""daily";r={left};"#))), (200, true), "{quotas}");
        clock.advance(SECOND);
    }
    let (status, quotas) = send(Some(&ann)).await;
    assert_eq!((status, quotas.starts_with(r#""ip";r=1;t=1, "daily";r=0;t="#)), (429, true), "{quotas}");
    clock.advance(SECOND);
    for other in [Identity::new("bob"), Identity::new("ann").with_issuer("elsewhere")] {
        assert_eq!(send(Some(&other)).await.0, 200);
        clock.advance(SECOND);
    }
    assert_eq!(send(None).await.0, 200, "a client without an identity counts by address");
}

#[tokio::test]
async fn flood_does_not_reach_the_verifiers() {
    let runs = Runs::default();
    let counted = runs.clone();
    let app = App::with_routes(routes![two]).identify(move |request: &Parts| {
        counted.next();
        let name = request.headers.get("x-user").and_then(|name| name.to_str().ok()).map(Identity::new);
        async move { name }
    });
    let (app, _) = still(app);
    for _ in 0..50 {
        app.get("/r/two").header("x-user", "ann").send().await;
    }
    assert_eq!(runs.count(), 2, "the limit by address comes before `auth`");
}

#[tokio::test]
async fn limit_per_header_counts_values_and_falls_back_to_the_address() {
    let (app, _) = still(App::with_routes(routes![by_header]));
    for key in ["a", "b"] {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(app.get("/r/by-header").header("x-api-key", key).send().await.status().as_u16());
        }
        assert_eq!(statuses, [200, 200, 429], "{key}");
    }
    assert_eq!(statuses(&app, "/r/by-header", 3).await, [200, 200, 429], "without the header");
    assert_eq!(app.call(from("192.0.2.1", "/r/by-header")).await.status(), 200, "another address");
}

#[tokio::test]
async fn limit_per_function_counts_its_texts() {
    let (app, _) = still(App::with_routes(routes![by_function]));
    for tenant in ["acme", "globex"] {
        let statuses = statuses(&app, &format!("/r/by-function?{tenant}"), 3).await;
        assert_eq!(statuses, [200, 200, 429], "{tenant}");
    }
    let response = app.get("/r/by-function?initech").send().await;
    assert_eq!(response.header("ratelimit"), Some(r#""tenant";r=1;t=1800"#), "named after the function");
}

#[tokio::test]
async fn route_without_limits_has_no_headers() {
    let (app, _) = still(App::with_routes(routes![unlimited]));
    let response = app.get("/r/unlimited").send().await;
    let names: BTreeSet<&str> = response.headers().keys().map(http::HeaderName::as_str).collect();
    assert!(!names.iter().any(|name| name.contains("ratelimit")), "{names:?}");
}

#[tokio::test]
async fn hit_of_the_cache_counts() {
    #[get("/r/cached", cache(ttl = 60), rate_limit("3/h"))]
    async fn cached() {}

    let (app, _) = still(App::with_routes(routes![cached]).cache(Cache::builder()));
    let mut seen = Vec::new();
    for _ in 0..4 {
        let response = app.get("/r/cached").send().await;
        let cache = response.header("x-cache").unwrap_or("none").to_owned();
        seen.push((response.status().as_u16(), cache, response.header("ratelimit").unwrap().to_owned()));
    }
    let row = |status, cache: &str, left, t| (status, cache.to_owned(), format!(r#""ip";r={left};t={t}"#));
    assert_eq!(
        seen,
        [row(200, "MISS", 2, 1200), row(200, "HIT", 1, 1200), row(200, "HIT", 0, 1200), row(429, "none", 0, 1200),]
    );
}

#[tokio::test]
async fn request_that_auth_refuses_counts_by_address() {
    #[get("/r/members", auth, rate_limit("3/h"), rate_limit("100/h", per = "user"))]
    async fn members() {}

    let app = App::with_routes(routes![members]).verifier(ApiKeys::new().key("0123456789abcdef", Identity::new("ann")));
    let (app, _) = still(app);
    let response = app.get("/r/members").header("x-api-key", "wrong").send().await;
    assert_eq!(limits(&response), (401, r#""ip";r=2;t=1200"#, None), "`user` was not met");
    let response = app.get("/r/members").header("x-api-key", "0123456789abcdef").send().await;
    assert_eq!(limits(&response), (200, r#""ip";r=1;t=1200, "user";r=99;t=36"#, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_requests_pass_exactly_as_often_as_the_burst() {
    #[get("/r/exact", rate_limit("1000/day", burst = 100))]
    async fn exact() {}

    let (app, _) = still(App::with_routes(routes![exact]));
    let barrier = Arc::new(Barrier::new(8));
    let clients = (0..8).map(|_| {
        let (app, barrier) = (app.clone(), Arc::clone(&barrier));
        tokio::spawn(async move {
            barrier.wait().await;
            let mut passed = 0;
            for _ in 0..50 {
                passed += u32::from(app.get("/r/exact").send().await.status() == StatusCode::OK);
            }
            passed
        })
    });
    let mut passed = 0;
    for client in clients.collect::<Vec<_>>() {
        passed += client.await.unwrap();
    }
    assert_eq!(passed, 100);
}

#[tokio::test]
async fn warm_up_counts_in_no_limit() {
    #[get("/r/pages/{id}", cache(ttl = 60), rate_limit("2/h"), rate_limit("1/h", per = tenant))]
    async fn pages(id: u32) -> String {
        id.to_string()
    }

    let app = App::with_routes(routes![pages]).warm("/r/pages/1").warm("/r/pages/2").warm("/r/pages/3");
    let (app, _) = still(app);
    let report = app.warm_up().await;
    assert_eq!((report.pages, report.stored), (3, 3), "{report}");
    assert_eq!(limits(&app.get("/r/pages/1").send().await).1, r#""ip";r=1;t=1800, "tenant";r=0;t=3600"#);
}

#[tokio::test]
async fn only_limit_of_a_route_with_auth_is_shown() {
    #[get("/r/mine", auth, rate_limit("2/h", per = "user"))]
    async fn mine() {}

    let (app, _) = still(App::with_routes(routes![mine]).identify(async |_| None));
    let send = || app.get("/r/mine").identity(&Identity::new("ann")).send();
    assert_eq!(limits(&send().await), (200, r#""user";r=1;t=1800"#, None));
    assert_eq!(limits(&send().await), (200, r#""user";r=0;t=1800"#, None));
    assert_eq!(limits(&send().await), (429, r#""user";r=0;t=1800"#, Some("1800")));
    assert_eq!(limits(&app.get("/r/mine").send().await), (401, "none", None));
}
