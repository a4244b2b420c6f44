//! Handlers that invalidate, for each way in which they can end.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Query, Request},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::{FutureExt, stream};
use http::StatusCode;
use routekit::{
    cache::{Cache, CacheLayer, InvalidateLayer},
    prelude::*,
    test::TestApp,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tower::{Layer, ServiceExt, service_fn};

use super::{MINUTE, Runs, app, ask, did, exact, get_of, is_pending, start};

#[get("/cache/end", cache(ttl = 60, tags = "end"))]
async fn end(calls: Dep<Runs>) -> String {
    calls.next().to_string()
}

#[derive(Serialize, Deserialize, Validate)]
struct Change {
    times: u32,
}

#[post("/cache/end/{how}", invalidates("end"), timeout = "1s", body_limit = 32)]
async fn ending(how: String) -> Response {
    let status = |status| StatusCode::from_u16(status).unwrap().into_response();
    match how.as_str() {
        "redirect" => Redirect::to("/").into_response(),
        "panic" => panic!("as it should"),
        "timeout" => std::future::pending().await,
        "problem" => Problem::conflict("not now").into_response(),
        "internal" => Problem::internal(std::io::Error::other("half of it is done")).into_response(),
        other => status(other.parse().unwrap()),
    }
}

#[post("/cache/end-extracted/{id}", invalidates("end"), body_limit = 32)]
async fn extracted(id: u32, Query(change): Query<Change>, body: Json<Change>) -> String {
    (id + change.times + body.0.times).to_string()
}

#[post("/cache/end-closed", auth, invalidates("end"))]
async fn closed() {}

#[tokio::test(start_paused = true)]
async fn handler_invalidates_however_it_ends_but_for_4xx() {
    for (how, status, expected) in [
        ("200", 200, "MISS"),
        ("204", 204, "MISS"),
        ("redirect", 303, "MISS"),
        ("304", 304, "MISS"),
        ("400", 400, "HIT"),
        ("404", 404, "HIT"),
        ("409", 409, "HIT"),
        ("problem", 409, "HIT"),
        ("499", 499, "HIT"),
        ("500", 500, "MISS"),
        ("503", 503, "MISS"),
        ("internal", 500, "MISS"),
        ("panic", 500, "MISS"),
        ("timeout", 504, "MISS"),
    ] {
        let (app, _) = start(app(routes![end, ending]));
        did(&app, "/cache/end").await;
        assert_eq!(app.post(&format!("/cache/end/{how}")).send().await.status(), status, "{how}");
        assert_eq!(did(&app, "/cache/end").await, expected, "{how}");
        assert_eq!(did(&app, "/cache/end").await, "HIT", "{how}");
    }
}

#[tokio::test]
async fn refusal_before_the_handler_invalidates_nothing() {
    let body = |times: u32| serde_json::to_string(&Change { times }).unwrap();
    for (name, path, body, status, expected) in [
        ("nothing is wrong", "/cache/end-extracted/1?times=1", body(1), 200, "MISS"),
        ("a placeholder", "/cache/end-extracted/x?times=1", body(1), 400, "HIT"),
        ("the query", "/cache/end-extracted/1", body(1), 400, "HIT"),
        ("no JSON", "/cache/end-extracted/1?times=1", "{".to_owned(), 400, "HIT"),
        ("other JSON", "/cache/end-extracted/1?times=1", "{}".to_owned(), 422, "HIT"),
        ("too much", "/cache/end-extracted/1?times=1", body(1) + &" ".repeat(32), 413, "HIT"),
        ("no credentials", "/cache/end-closed", body(1), 401, "HIT"),
    ] {
        let (app, _) = start(app(routes![end, extracted, closed]).verifier(crate::auth::Header));
        did(&app, "/cache/end").await;
        let answer = app.post(path).header("content-type", "application/json").body(body).send().await;
        assert_eq!(answer.status(), status, "{name}: {}", answer.text());
        assert_eq!(did(&app, "/cache/end").await, expected, "{name}");
    }
}

#[post("/cache/end-gated", invalidates("end"))]
async fn gated(gate: Dep<Semaphore>) -> Body {
    gate.acquire().await.unwrap().forget();
    Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())
}

fn post_of(path: &str) -> Request {
    Request::post(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn invalidation_happens_after_the_handler_and_before_the_head() {
    let gate = Arc::new(Semaphore::new(0));
    let (app, _) = start(app(routes![end, gated]).provide_shared(Arc::clone(&gate)));
    did(&app, "/cache/end").await;
    let mut changing = std::pin::pin!(app.call(post_of("/cache/end-gated")));
    assert!(is_pending(&mut changing).await);
    tokio::task::yield_now().await;
    assert_eq!(did(&app, "/cache/end").await, "HIT", "the handler runs");
    gate.add_permits(1);
    let _unread = changing.await;
    assert_eq!(did(&app, "/cache/end").await, "MISS", "the head is there, the body is not");
}

#[post("/cache/end-seen/{how}", invalidates("end"))]
async fn seen(how: String, app: Dep<tokio::sync::OnceCell<TestApp>>) -> String {
    // A fill that runs while the handler runs may store the old response.
    let app = app.get().unwrap();
    format!("{how} {} {}", did(app, "/cache/end").await, did(app, "/cache/end").await)
}

#[tokio::test]
async fn response_stored_while_the_handler_runs_is_invalid_afterwards() {
    let cell = Arc::new(tokio::sync::OnceCell::new());
    let (app, _) = start(app(routes![end, seen]).provide_shared(Arc::clone(&cell)));
    cell.set(app.clone()).unwrap();
    assert_eq!(app.post("/cache/end-seen/x").send().await.text(), "x MISS HIT");
    assert_eq!(did(&app, "/cache/end").await, "MISS");
}

/// A cache, and whether it still holds `/end` after a request to this service.
async fn then_at<S>(cache: &Cache, inner: S) -> (Option<u16>, String)
where
    S: tower::Service<Request, Response = Response, Error = std::convert::Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
{
    let cached = CacheLayer::new(cache.clone()).ttl(MINUTE).tags(["end"]);
    let cached = cached.layer(service_fn(async |_: Request| Ok("x".into_response())));
    let changing = InvalidateLayer::new(cache.clone()).tags(["end"]).layer(inner);
    ask(&cached, get_of("/end")).await;
    let answer = AssertUnwindSafe(changing.oneshot(post_of("/end"))).catch_unwind().await;
    let status = answer.ok().map(|answer| answer.unwrap().status().as_u16());
    (status, ask(&cached, get_of("/end")).await.x_cache().to_owned())
}

#[tokio::test]
async fn invalidation_layer_works_around_any_service() {
    for (name, cache) in
        [("with a spawner", exact().spawner(routekit::Spawner::tokio()).build()), ("without", exact().build())]
    {
        for (status, expected) in [(200, "MISS"), (302, "MISS"), (404, "HIT"), (500, "MISS")] {
            let inner =
                service_fn(move |_: Request| async move { Ok(StatusCode::from_u16(status).unwrap().into_response()) });
            assert_eq!(then_at(&cache, inner).await, (Some(status), expected.to_owned()), "{name}, {status}");
            cache.clear().await.unwrap();
        }
        let inner = service_fn(async |_: Request| panic!("as it should"));
        let (status, x_cache) = then_at(&cache, inner).await;
        assert_eq!(status, None, "{name}: a panic goes on through the layer, as through any other");
        assert_eq!(x_cache, "MISS", "{name}, a panic");
    }
}

#[tokio::test(start_paused = true)]
async fn handler_without_a_spawner_ends_with_its_client() {
    let cache = exact().build();
    let cached = CacheLayer::new(cache.clone()).ttl(MINUTE).tags(["end"]);
    let cached = cached.layer(service_fn(async |_: Request| Ok("x".into_response())));
    let ended = Arc::new(());
    let held = Arc::clone(&ended);
    let changing = InvalidateLayer::new(cache).tags(["end"]).layer(service_fn(move |_: Request| {
        let held = Arc::clone(&held);
        async move {
            let _held = held;
            tokio::time::sleep(Duration::from_secs(5)).await;
            Ok::<_, std::convert::Infallible>("x".into_response())
        }
    }));
    ask(&cached, get_of("/end")).await;
    let mut request = Box::pin(changing.clone().oneshot(post_of("/end")));
    assert!(is_pending(&mut request).await);
    assert_eq!(ask(&cached, get_of("/end")).await.x_cache(), "HIT");
    let before = Arc::strong_count(&ended);
    drop(request);
    assert_eq!(Arc::strong_count(&ended), before - 1, "the handler is dropped");
    assert_eq!(ask(&cached, get_of("/end")).await.x_cache(), "MISS");
}
