//! What a repeat is answered with.

use http::StatusCode;
use routekit::{prelude::*, test::TestApp};
use serde_json::Value;

use super::{KEY, SECOND, app, is_replayed, routes, send, start};
use crate::support::MINUTE;

const KIND: &str = "https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07";

#[tokio::test]
async fn repeat_gets_the_stored_response() {
    let (app, _) = app();
    let first = send(&app, "/idem/pay/1", "201").await;
    assert_eq!((first.status(), first.text(), is_replayed(&first)), (StatusCode::CREATED, "run 1", false));
    assert_eq!((first.header("set-cookie"), first.header("cache-control")), (Some("session=1"), Some("max-age=60")));
    for _ in 0..3 {
        let repeat = send(&app, "/idem/pay/1", "201").await;
        assert_eq!((repeat.status(), repeat.text(), is_replayed(&repeat)), (StatusCode::CREATED, "run 1", true));
        assert_eq!((repeat.header("x-own"), repeat.header("cache-control")), (Some("of the first"), Some("no-store")));
        assert_eq!(repeat.header("set-cookie"), None, "a cookie is for the client that got the first response");
        assert_ne!(repeat.header("x-correlation-id"), first.header("x-correlation-id"));
    }
    let without_key = app.post("/idem/pay/1").send().await;
    assert_eq!((without_key.text(), is_replayed(&without_key)), ("run 2", false));
}

#[tokio::test]
async fn response_is_replayed_for_the_ttl() {
    let (app, clock) = app();
    assert_eq!(send(&app, "/idem/pay/1", "201").await.text(), "run 1");
    clock.advance(60 * MINUTE - SECOND);
    assert_eq!(send(&app, "/idem/pay/1", "201").await.text(), "run 1");
    clock.advance(SECOND);
    assert_eq!(send(&app, "/idem/pay/1", "201").await.text(), "run 2");
}

/// `Idempotency-Key` is read before the handler runs, whatever it holds.
#[tokio::test]
async fn key_that_cannot_be_read_is_400() {
    let (app, _) = app();
    for key in ["", " ", "\"", "\"a", "\"a\" x", "a b", "a,b", "a;b", "\"\"", "\\", &"k".repeat(256)] {
        let refused = app.post("/idem/pay/1").header("idempotency-key", key).send().await;
        let problem: Value = refused.json();
        assert_eq!((refused.status(), &problem["type"]), (StatusCode::BAD_REQUEST, &KIND.into()), "{key}");
        assert_eq!(problem["title"], "Idempotency-Key is malformed", "{key}");
    }
    let mut bytes = super::request("/idem/pay/1");
    bytes.headers_mut().insert("idempotency-key", http::HeaderValue::from_bytes(b"\"\xff\"").unwrap());
    assert_eq!(app.call(bytes).await.status(), 400);
    let mut two = super::request("/idem/pay/1");
    two.headers_mut().append("idempotency-key", http::HeaderValue::from_static("b"));
    assert_eq!(app.call(two).await.status(), 400);
    assert_eq!(send(&app, "/idem/pay/1", "201").await.text(), "run 1", "none of them ran the handler");
}

#[tokio::test]
async fn key_without_quotes_is_the_same_key() {
    let (app, _) = app();
    for (key, replayed) in [(KEY, false), (KEY.trim_matches('"'), true), ("\"8e03978e-40d5-43dd\";v=1", true)] {
        let answer = app.post("/idem/pay/1").header("idempotency-key", key).send().await;
        assert_eq!((answer.text(), is_replayed(&answer)), ("run 1", replayed), "{key}");
    }
}

#[tokio::test]
async fn missing_key_is_400_if_it_is_required() {
    let (app, _) = app();
    let refused = app.post("/idem/refund").send().await;
    let problem: Value = refused.json();
    assert_eq!(refused.status(), 400);
    assert_eq!((&problem["type"], &problem["title"]), (&KIND.into(), &"Idempotency-Key is missing".into()));
    assert_eq!(send(&app, "/idem/refund", "201").await.text(), "run 1");
}

#[tokio::test]
async fn another_request_with_the_same_key_is_422() {
    let (app, _) = app();
    let post = |path: &str| app.post(path).header("idempotency-key", KEY).header("content-type", "text/plain");
    assert_eq!(post("/idem/pay/1?a=1").body("body").send().await.text(), "run 1");
    for (name, request) in [
        ("another body", post("/idem/pay/1?a=1").body("bodY")),
        ("no body", post("/idem/pay/1?a=1")),
        ("another query", post("/idem/pay/1?a=2").body("body")),
        ("another path of the route", post("/idem/pay/2?a=1").body("body")),
        ("another type", post("/idem/pay/1?a=1").header("content-type", "text/html").body("body")),
        ("another host", post("/idem/pay/1?a=1").header("host", "other.example").body("body")),
    ] {
        let refused = request.send().await;
        let problem: Value = refused.json();
        assert_eq!(refused.status(), 422, "{name}");
        assert_eq!((&problem["type"], &problem["title"]), (&KIND.into(), &"Idempotency-Key is already used".into()));
    }
    let repeat = post("/idem/pay/1?a=1").header("user-agent", "another").body("body").send().await;
    assert_eq!((repeat.text(), is_replayed(&repeat)), ("run 1", true));
}

#[tokio::test]
async fn keys_belong_to_a_route_and_an_identity() {
    let (app, _) = app();
    assert_eq!(send(&app, "/idem/pay/1", "201").await.text(), "run 1");
    assert_eq!(send(&app, "/idem/refund", "201").await.text(), "run 2", "another route");
    let mine = async |identity: &Identity| {
        let answer = app.put("/idem/mine").header("idempotency-key", KEY).identity(identity).send().await;
        (answer.text().to_owned(), is_replayed(&answer), answer.header("cache-control").map(str::to_owned))
    };
    let no_store = || Some("no-store".to_owned());
    let (ann, ben) = (Identity::new("ann"), Identity::new("ben"));
    assert_eq!(mine(&ann).await.0, "ann 3");
    assert_eq!(mine(&ben).await.0, "ben 4", "another client never gets the response");
    assert_eq!(mine(&ann.clone().with_issuer("elsewhere")).await.0, "ann 5", "another client of this name");
    assert_eq!(mine(&ann.clone().with_roles(["admin"])).await, ("ann 3".to_owned(), true, no_store()));
    assert_eq!(mine(&ben).await, ("ben 4".to_owned(), true, no_store()));
    let refused = app.put("/idem/mine").header("idempotency-key", KEY).send().await;
    assert_eq!(refused.status(), 401, "a replay is behind `auth`");
}

#[tokio::test]
async fn status_below_500_is_replayed_unless_the_client_may_try_again() {
    for status in [200, 204, 301, 303, 400, 403, 404, 409, 410, 422] {
        let (app, _) = app();
        let first = send(&app, "/idem/pay/1", &status.to_string()).await;
        let repeat = send(&app, "/idem/pay/1", &status.to_string()).await;
        assert_eq!((first.status().as_u16(), repeat.status().as_u16()), (status, status));
        assert!(is_replayed(&repeat) && !is_replayed(&first), "{status}");
    }
    for end in ["408", "425", "429", "500", "501", "503", "507", "panic", "never", "large", "stream"] {
        tokio::time::pause();
        let (app, _) = app();
        send(&app, "/idem/pay/1", end).await;
        let next = app.post("/idem/pay/1").header("idempotency-key", KEY).send().await;
        assert_eq!((next.text(), is_replayed(&next)), ("run 2", false), "{end}: the key is free at once");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn problem_is_replayed_with_the_id_of_its_request() {
    #[post("/idem/fails", idempotent)]
    async fn fails() -> Result<()> {
        Err(Problem::conflict("sold out").with_member("left", 0))
    }
    let app = TestApp::new(App::with_routes(routes![fails]));
    let [first, repeat] = [send(&app, "/idem/fails", "").await, send(&app, "/idem/fails", "").await];
    assert!(is_replayed(&repeat));
    for answer in [&first, &repeat] {
        let problem: Value = answer.json();
        assert_eq!((&problem["detail"], &problem["left"]), (&"sold out".into(), &0.into()));
        assert_eq!(problem["correlationId"], answer.header("x-correlation-id").unwrap());
    }
}

#[tokio::test]
async fn body_is_read_up_to_the_limit_of_the_route() {
    let (app, _) = app();
    let send = async |body: axum::body::Body| {
        let request = app.post("/idem/refund").header("idempotency-key", KEY).body(body);
        request.send().await.status().as_u16()
    };
    let chunks = |chunks: Vec<Result<Vec<u8>, std::io::Error>>| {
        axum::body::Body::from_stream(futures_util::stream::iter(chunks))
    };
    assert_eq!(send(vec![0; 1025].into()).await, 413);
    assert_eq!(send(chunks(vec![Ok(vec![b'a'; 512]), Ok(vec![b'a'; 513])])).await, 413);
    assert_eq!(send(chunks(vec![Ok(vec![b'a'; 512]), Err(std::io::Error::other("gone"))])).await, 400);
    assert_eq!(send(chunks(vec![Ok(vec![b'a'; 512]), Ok(vec![b'a'; 512])])).await, 201, "no key was claimed");
    assert_eq!(send(vec![b'a'; 1024].into()).await, 201, "chunks make no difference");
    let text = app.metrics();
    let route = r#"http_request_method="POST",http_route="/idem/refund""#;
    let refused = format!(r#"routekit_policy_answers_total{{{route},policy="body_limit"}} 2"#);
    let replayed = format!(r#"routekit_policy_answers_total{{{route},policy="idempotency_replay"}} 1"#);
    assert!(text.contains(&refused) && text.contains(&replayed), "{text}");
}

#[tokio::test]
async fn outcomes_are_counted_and_explained() {
    let (app, _) = start(App::with_routes(routes()).configure(|config| {
        config.set_explain_requests(10);
        config.set_admin_addr(routekit::config::AdminAddr::Own(([127, 0, 0, 1], 0).into()));
    }));
    let mut ids = Vec::new();
    for (body, end) in [("a", "400"), ("a", "400"), ("b", "400"), ("a", "400")] {
        let request = app.post("/idem/pay/1").header("idempotency-key", KEY).header("x-end", end).body(body);
        ids.push(request.send().await.header("x-correlation-id").unwrap().to_owned());
    }
    let malformed = app.post("/idem/pay/1").header("idempotency-key", "a b").send().await;
    ids.push(malformed.header("x-correlation-id").unwrap().to_owned());
    let text = app.metrics();
    for (policy, count) in [("idempotency_replay", 2), ("idempotency_mismatch", 1), ("idempotency_key", 1)] {
        let route = r#"http_request_method="POST",http_route="/idem/pay/{id}""#;
        let line = format!(r#"routekit_policy_answers_total{{{route},policy="{policy}"}} {count}"#);
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let mut decisions = Vec::new();
    for id in &ids {
        let found: Value = app.admin().get(&format!("/requests/{id}")).send().await.json();
        let policies = found["requests"][0]["policies"].as_array().unwrap().clone();
        let own = policies.iter().filter(|entry| entry["policy"] == "idempotency");
        decisions.push(own.map(|entry| entry["decision"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" "));
    }
    assert_eq!(decisions, ["claimed", "replayed", "mismatch", "replayed", "refused"]);
}
