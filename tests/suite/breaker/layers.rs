//! The breaker's layers on plain axum and tower.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use routekit::breaker::{Breaker, BreakerLayer, CallError, HttpBreakerLayer, Outcome, State};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::{SECOND, breaker, opened};

async fn status(router: &Router, path: &str) -> u16 {
    router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn breaker_layer_protects_any_service() {
    let (breaker, clock) = breaker(|b| b);
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let inner = service_fn(move |well: bool| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move { if well { Ok("well") } else { Err("down") } }
    });
    let mut service = BreakerLayer::new(breaker.clone()).layer(inner);
    for _ in 0..10 {
        assert_eq!(service.ready().await.unwrap().call(false).await, Err(CallError::Failed("down")));
    }
    let refused = service.ready().await.unwrap().call(true).await;
    assert!(matches!(refused, Err(CallError::Open(_))));
    assert_eq!(calls.load(Ordering::SeqCst), 10);
    clock.advance(60 * SECOND);
    assert_eq!(service.ready().await.unwrap().call(true).await, Ok("well"));
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn http_breaker_layer_counts_statuses_of_a_client() {
    let (breaker, _) = breaker(|b| b);
    let inner = service_fn(|status: u16| async move {
        Ok::<_, std::io::Error>(http::Response::builder().status(status).body(()).unwrap())
    });
    let service: Breaker<_, _> =
        BreakerLayer::new(breaker.clone()).classify(Outcome::of_response::<(), std::io::Error>).layer(inner);
    for _ in 0..100 {
        assert_eq!(service.clone().oneshot(404).await.unwrap().status(), 404);
    }
    for _ in 0..100 {
        assert_eq!(service.clone().oneshot(500).await.unwrap().status(), 500);
    }
    assert!(matches!(service.oneshot(200).await, Err(CallError::Open(_))), "100 of 200 have failed");
}

async fn fails() -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

#[tokio::test]
async fn breaker_layer_is_shared_by_clones_of_a_router() {
    let (breaker, _) = breaker(|b| b);
    let layer = HttpBreakerLayer::new(breaker.clone());
    let router: Router =
        Router::new().route("/a", get(fails).layer(layer.clone())).route("/b", get(fails).layer(layer));
    for _ in 0..5 {
        assert_eq!((status(&router, "/a").await, status(&router, "/b").await), (500, 500));
    }
    assert_eq!((status(&router, "/a").await, status(&router, "/b").await), (503, 503));
    assert_eq!(breaker.snapshot().rejected, 2);
}

#[tokio::test]
async fn outcome_extension_overrides_the_status() {
    let (breaker, _) = breaker(|b| b);
    let saying = |status: u16, outcome: Outcome| {
        let mut response: Response = StatusCode::from_u16(status).unwrap().into_response();
        response.extensions_mut().insert(outcome);
        response
    };
    let layer = HttpBreakerLayer::new(breaker.clone()).classify(|response| match response.status().as_u16() {
        418 => Outcome::Failure,
        _ => Outcome::Success,
    });
    let router: Router = Router::new()
        .route("/fine", get(move || async move { saying(500, Outcome::Success) }))
        .route("/neutral", get(move || async move { saying(500, Outcome::Neutral) }))
        .route("/degraded", get(move || async move { saying(200, Outcome::Failure) }))
        .route("/judged", get(|| async { StatusCode::IM_A_TEAPOT }))
        .route("/judged-well", get(fails))
        .layer(layer);
    let counts = || {
        let snapshot = breaker.snapshot();
        (snapshot.success_count, snapshot.failure_count)
    };
    for (path, expected) in
        [("/fine", (1, 0)), ("/neutral", (1, 0)), ("/degraded", (1, 1)), ("/judged", (1, 2)), ("/judged-well", (2, 2))]
    {
        status(&router, path).await;
        assert_eq!(counts(), expected, "{path}");
    }
}

#[tokio::test]
async fn fallback_can_be_any_handler() {
    let (breaker, _) = opened(|b| b);
    let layer = HttpBreakerLayer::new(breaker).fallback(async |uri: http::Uri| format!("in place of {uri}"));
    let router: Router = Router::new().route("/a", get(fails)).layer(layer);
    let answer = router.oneshot(Request::get("/a").body(Body::empty()).unwrap()).await.unwrap();
    let body = axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
    assert_eq!(body, "in place of /a");
}
