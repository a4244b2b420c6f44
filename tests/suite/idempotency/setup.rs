//! Configuration, what `explain` shows, and what keeps an app from starting.

use std::convert::Infallible;

use axum::response::{IntoResponse, Sse, sse::Event};
use routekit::{config::Config, prelude::*, route::Route, test::TestApp};

use super::{Away, KEY, SECOND, is_replayed, routes, send, start};

fn configured(toml: &str) -> Result<Config, routekit::Error> {
    Config::builder().toml("routekit.toml", toml).build()
}

#[tokio::test]
async fn configuration_changes_the_ttl_and_switches_a_route_off() {
    let explained = |toml: &str, route: &str| {
        let (app, _) = start(App::with_routes(routes()).config(configured(toml).unwrap()));
        let said = app.table().explain(route).unwrap().to_string();
        said.lines().find(|line| line.contains("idempotent =")).unwrap().trim().to_owned()
    };
    let (pay, refund) = ("POST /idem/pay/{id}", "POST /idem/refund");
    for (toml, route, expected) in [
        ("", pay, "idempotency       idempotent = on, ttl 3600s, max_body 1000 (attribute)"),
        ("", refund, "idempotency       idempotent = on, ttl 86400s, required (attribute)"),
        ("[idempotency]\nttl = '2h'", pay, "idempotency       idempotent = on, ttl 3600s, max_body 1000 (attribute)"),
        ("[idempotency]\nttl = '2h'", refund, "idempotency       idempotent = on, ttl 7200s, required (routekit.toml)"),
        (
            "[route.'POST /idem/refund']\nidempotent_ttl = 10",
            refund,
            "idempotency       idempotent = on, ttl 10s, required (routekit.toml)",
        ),
        (
            "[route.'POST /idem/refund']\nidempotent_ttl = 'off'",
            refund,
            "idempotency       idempotent = off (routekit.toml)",
        ),
    ] {
        assert_eq!(explained(toml, route), expected, "{toml}");
    }
    let toml =
        "[route.'POST /idem/refund']\nidempotent_ttl = 10\n[route.'POST /idem/pay/{id}']\nidempotent_ttl = 'off'";
    let (app, clock) = start(App::with_routes(routes()).config(configured(toml).unwrap()));
    for path in ["/idem/refund", "/idem/pay/1"] {
        send(&app, path, "201").await;
    }
    clock.advance(9 * SECOND);
    assert!(is_replayed(&send(&app, "/idem/refund", "201").await));
    clock.advance(SECOND);
    assert!(!is_replayed(&send(&app, "/idem/refund", "201").await));
    assert!(!is_replayed(&send(&app, "/idem/pay/1", "201").await));
    assert_eq!(app.post("/idem/pay/1").header("idempotency-key", "a b").send().await.status(), 201);
}

#[test]
fn values_that_make_no_sense_are_rejected() {
    for (toml, expected) in [
        ("[idempotency]\nttl = 0", "idempotency.ttl"),
        ("[idempotency]\nlease = '500ms'", "idempotency.lease"),
        ("[idempotency]\nclaim_bytes = 0", "idempotency.claim_bytes"),
        ("[route.'POST /idem/refund']\nidempotent_ttl = 0", "idempotent_ttl"),
    ] {
        let said = match configured(toml) {
            Err(error) => error.to_string(),
            Ok(config) => App::with_routes(routes()).config(config).into_router().unwrap_err().to_string(),
        };
        assert!(said.contains(expected), "{said}");
    }
}

#[post("/idem/plain")]
async fn plain() {}

#[test]
fn ttl_of_a_route_without_keys_is_an_error() {
    let config = configured("[route.'POST /idem/plain']\nidempotent_ttl = 10").unwrap();
    let error = App::with_routes(routes![plain]).config(config).into_router().unwrap_err();
    let said = error.to_string();
    assert!(said.contains("the route declares no `idempotent`") && said.contains("idempotent_ttl"), "{said}");
}

/// The macro does not see through it.
type Events = Sse<futures_util::stream::Empty<Result<Event, Infallible>>>;

#[post("/idem/events", idempotent)]
async fn events() -> Events {
    Sse::new(futures_util::stream::empty())
}

#[post("/idem/opaque", idempotent)]
async fn opaque() -> impl IntoResponse {
    Sse::new(futures_util::stream::empty::<Result<Event, Infallible>>())
}

fn codes(app: App) -> Vec<(&'static str, Vec<String>)> {
    let error = app.config(Config::default()).into_router().unwrap_err();
    error.problems().iter().map(|problem| (problem.code(), problem.locations().to_vec())).collect()
}

#[tokio::test]
async fn streamed_response_is_an_error_if_its_type_says_so() {
    let problems = codes(App::with_routes(routes![events, opaque]));
    assert_eq!(problems.len(), 1, "{problems:?}");
    let (code, locations) = &problems[0];
    assert_eq!(*code, "idempotent-stream");
    assert!(locations.len() == 1 && locations[0].starts_with("POST /idem/events ("), "{locations:?}");
    // Another stream is found when it is returned: a repeat is processed again.
    let app = TestApp::new(App::with_routes(routes![opaque]));
    for _ in 0..2 {
        let answer = app.post("/idem/opaque").header("idempotency-key", KEY).send().await;
        assert_eq!((answer.status().as_u16(), is_replayed(&answer)), (200, false));
    }
}

#[test]
fn store_without_claims_is_an_error() {
    let store = || Away { has_claims: false };
    let idempotent: Vec<Route> = routes![opaque].into_iter().collect();
    let problems = codes(App::with_routes(idempotent).cache(routekit::cache::Cache::builder().store(store())));
    assert_eq!(problems.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["store-without-claims"]);
    let plain = App::with_routes(routes![plain]).cache(routekit::cache::Cache::builder().store(store()));
    assert!(plain.config(Config::default()).into_router().is_ok(), "only idempotent routes need claims");
}
