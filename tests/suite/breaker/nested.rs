//! Calls within calls of the same breaker are counted once.

use std::convert::Infallible;

use axum::{extract::Request, response::IntoResponse};
use futures_util::FutureExt;
use http::StatusCode;
use routekit::{
    ManualClock,
    breaker::{BreakerLayer, Breakers, CallError, CircuitBreaker, HttpBreakerLayer, State},
    prelude::*,
    test::TestApp,
};
use tower::{Layer, ServiceExt, layer::layer_fn, service_fn};

use super::{SECOND, breaker, fail};
use crate::support::OnTask;

#[get("/nested/{how}", breaker(name = "bank"))]
async fn through(how: String, breakers: Dep<Breakers>) -> Result<&'static str> {
    call(&how, &breakers).await
}

/// The layer calls the handler on another task.
#[get("/nested/elsewhere/{how}", breaker(name = "bank"), layer(layer_fn(OnTask)))]
async fn elsewhere(how: String, breakers: Dep<Breakers>) -> Result<&'static str> {
    call(&how, &breakers).await
}

async fn call(how: &str, breakers: &Breakers) -> Result<&'static str> {
    let bank = breakers.get("bank").unwrap();
    let call = async || {
        tokio::task::yield_now().await;
        if how == "fine" { Ok("paid") } else { Err(Problem::new(StatusCode::BAD_GATEWAY)) }
    };
    bank.call(call).await.map_err(Problem::from)
}

fn app() -> (TestApp, CircuitBreaker, ManualClock) {
    let clock = ManualClock::new();
    let bank = CircuitBreaker::builder("bank").window(10_u32).clock(clock.clock()).build().unwrap();
    let app = App::with_routes(routes![through, elsewhere]).breaker(bank.clone());
    (TestApp::builder(app).clock(clock.clock()).build(), bank, clock)
}

#[tokio::test]
async fn call_through_the_breaker_of_its_route_is_counted_once() {
    for path in ["/nested", "/nested/elsewhere"] {
        let (app, bank, _) = app();
        assert_eq!(app.get(&format!("{path}/fine")).send().await.status(), 200);
        assert_eq!(app.get(&format!("{path}/failing")).send().await.status(), 502);
        let snapshot = bank.snapshot();
        assert_eq!((snapshot.success_count, snapshot.failure_count), (1, 1), "{path}");
    }
}

#[tokio::test]
async fn probe_whose_handler_calls_through_the_same_breaker_closes_it() {
    for path in ["/nested/fine", "/nested/elsewhere/fine"] {
        let (app, bank, clock) = app();
        fail(&bank, 10);
        assert_eq!(app.get(path).send().await.status(), 503);
        clock.advance(60 * SECOND);
        assert_eq!(app.get(path).send().await.status(), 200, "{path}");
        assert_eq!(bank.state(), State::Closed, "{path}");
    }
}

#[tokio::test]
async fn call_within_a_call_and_a_layer_within_a_layer_are_counted_once() {
    let (breaker, _) = breaker(|b| b);
    let within = breaker.call(|| breaker.call(async || Err::<(), _>("down"))).await;
    assert_eq!(within, Err(CallError::Failed(CallError::Failed("down"))));
    assert_eq!((breaker.snapshot().failure_count, breaker.snapshot().request_count), (1, 1));

    let layer = BreakerLayer::new(breaker.clone());
    let service = layer.layer(layer.layer(service_fn(async |()| Err::<(), _>("down"))));
    service.oneshot(()).await.unwrap_err();
    assert_eq!((breaker.snapshot().failure_count, breaker.snapshot().request_count), (2, 2));

    let layer = HttpBreakerLayer::new(breaker.clone());
    let fails = service_fn(async |_: Request| Ok::<_, Infallible>(StatusCode::BAD_GATEWAY.into_response()));
    layer.layer(layer.layer(fails)).oneshot(Request::default()).await.unwrap();
    assert_eq!((breaker.snapshot().failure_count, breaker.snapshot().request_count), (3, 3));
}

#[tokio::test]
async fn other_breakers_and_later_calls_count() {
    let ((one, _), (two, _)) = (breaker(|b| b), breaker(|b| b));
    let call = one.call(|| two.call(|| one.call(async || Ok::<_, Infallible>(())))).await;
    assert!(call.is_ok());
    assert_eq!((one.snapshot().success_count, two.snapshot().success_count), (1, 1));
    let yields = async || {
        tokio::task::yield_now().await;
        Ok::<_, Infallible>(())
    };
    let (first, second) = tokio::join!(one.call(yields), one.call(yields));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(one.snapshot().success_count, 3, "calls beside each other are no calls within each other");
}

#[tokio::test]
async fn call_after_a_panic_within_a_call_counts() {
    let (breaker, _) = breaker(|b| b);
    let call = breaker.call(|| breaker.call(async || -> Result<(), Infallible> { panic!("as it should") }));
    assert!(std::panic::AssertUnwindSafe(call).catch_unwind().await.is_err());
    assert_eq!((breaker.snapshot().failure_count, breaker.snapshot().request_count), (1, 1));
    fail(&breaker, 1);
    assert_eq!(breaker.snapshot().failure_count, 2);
}

#[tokio::test]
async fn call_on_a_task_of_its_own_counts() {
    let (breaker, _) = breaker(|b| b);
    let task = breaker.clone();
    let call = breaker
        .call(async || tokio::spawn(async move { task.call(async || Ok::<_, Infallible>(())).await }).await.unwrap());
    assert!(call.await.is_ok());
    assert_eq!(breaker.snapshot().success_count, 2);
}
