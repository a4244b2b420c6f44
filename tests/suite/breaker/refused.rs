//! Requests that do not reach the handler are neutral.

use std::{
    convert::Infallible,
    future::ready,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, Request},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::{FutureExt, future::BoxFuture};
use http::{StatusCode, request::Parts};
use routekit::{
    ManualClock,
    breaker::{CircuitBreaker, HttpBreakerLayer, Outcome, State},
    prelude::*,
    test::{TestApp, TestRequest},
};
use serde::Deserialize;
use serde_json::json;
use tower::{Layer, Service, ServiceExt};

use super::SECOND;
use crate::support::Runs;

#[derive(Deserialize, Validate)]
struct Payment {
    euros: u32,
}

#[post("/refused/{id}", breaker(name = "bank"))]
async fn pay(id: u32, body: Json<Payment>, runs: Dep<Runs>) -> StatusCode {
    runs.next();
    let _ = id;
    if body.euros == 0 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST }
}

/// An extractor that rejects every request, as the header `x-answer` says.
struct Refuses;

impl<S: Sync> FromRequestParts<S> for Refuses {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let status = parts.headers["x-answer"].to_str().unwrap();
        Err(match status {
            "redirect" => Redirect::to("/login").into_response(),
            "outcome" => (StatusCode::UNAUTHORIZED, axum::Extension(Outcome::Failure)).into_response(),
            status => StatusCode::from_u16(status.parse().unwrap()).unwrap().into_response(),
        })
    }
}

#[get("/refused/own", breaker(name = "bank", classify = all_successes))]
async fn own(_refuses: Refuses) {}

fn all_successes(_: &Response) -> Outcome {
    Outcome::Success
}

/// A layer that answers with a 429 in place of the handler if the request has the header `x-busy`.
#[derive(Clone)]
struct Busy<S = ()>(S);

impl<S> Layer<S> for Busy {
    type Service = Busy<S>;

    fn layer(&self, inner: S) -> Busy<S> {
        Busy(inner)
    }
}

impl<S> Service<Request> for Busy<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match request.headers().contains_key("x-busy") {
            true => ready(Ok(StatusCode::TOO_MANY_REQUESTS.into_response())).boxed(),
            false => self.0.call(request).boxed(),
        }
    }
}

#[post("/refused/layered", breaker(name = "bank"), layer(Busy(())))]
async fn layered(body: Json<Payment>) -> StatusCode {
    if body.euros == 0 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::NOT_FOUND }
}

struct Bank {
    app: TestApp,
    breaker: CircuitBreaker,
    clock: ManualClock,
    runs: Arc<Runs>,
}

impl Bank {
    fn new() -> Self {
        let (clock, runs) = (ManualClock::new(), Arc::new(Runs::default()));
        let breaker = CircuitBreaker::builder("bank").window(4_u32).clock(clock.clock()).build().unwrap();
        let app = App::with_routes(routes![pay, own, layered]).breaker(breaker.clone());
        let app = TestApp::builder(app.provide_shared(Arc::clone(&runs))).clock(clock.clock()).build();
        Self { app, breaker, clock, runs }
    }

    async fn status(&self, request: TestRequest) -> u16 {
        request.send().await.status().as_u16()
    }

    /// A call that reaches the handler, which succeeds or fails.
    async fn pay(&self, euros: u32) -> u16 {
        self.status(self.app.post("/refused/1").json(&json!({ "euros": euros }))).await
    }

    /// The numbers of successes and failures in the window.
    fn counts(&self) -> (u64, u64) {
        let snapshot = self.breaker.snapshot();
        (snapshot.success_count, snapshot.failure_count)
    }
}

#[tokio::test]
async fn refusals_of_extractors_count_as_neither() {
    let bank = Bank::new();
    for (request, status) in [
        (bank.app.post("/refused/x").json(&json!({ "euros": 1 })), 400),
        (bank.app.post("/refused/1").body("{"), 415),
        (bank.app.post("/refused/1").header("content-type", "application/json").body("{"), 400),
        (bank.app.post("/refused/1").json(&json!({ "euros": "x" })), 422),
        (bank.app.get("/refused/own").header("x-answer", "401"), 401),
        (bank.app.get("/refused/own").header("x-answer", "redirect"), 303),
    ] {
        assert_eq!(bank.status(request).await, status);
    }
    assert_eq!((bank.counts(), bank.runs.count()), ((0, 0), 0));
    assert_eq!(bank.pay(1).await, 400);
    assert_eq!(bank.counts(), (1, 0), "a 400 of the handler is a success");
}

#[tokio::test]
async fn malformed_requests_between_failures_do_not_keep_the_breaker_closed() {
    let bank = Bank::new();
    for _ in 0..4 {
        for _ in 0..2 {
            assert_eq!(bank.status(bank.app.post("/refused/x")).await, 400);
        }
        assert_eq!(bank.pay(0).await, 500);
    }
    assert_eq!(bank.breaker.state(), State::Open);
    assert_eq!(bank.pay(0).await, 503);
}

#[tokio::test]
async fn malformed_request_does_not_close_a_half_open_breaker() {
    let bank = Bank::new();
    for _ in 0..4 {
        bank.pay(0).await;
    }
    bank.clock.advance(60 * SECOND);
    assert_eq!(bank.status(bank.app.post("/refused/x")).await, 400, "it is admitted as a probe");
    assert_eq!(bank.breaker.state(), State::HalfOpen);
    assert_eq!(bank.pay(1).await, 400, "the slot of the probe is free again");
    assert_eq!(bank.breaker.state(), State::Closed);
}

#[tokio::test]
async fn extractor_that_fails_or_names_the_outcome_counts() {
    let bank = Bank::new();
    for _ in 0..4 {
        let answer = bank.status(bank.app.get("/refused/own").header("x-answer", "503")).await;
        assert_eq!(answer, 503);
    }
    assert_eq!(bank.counts(), (4, 0), "a 5xx is classified, here as a success");
    for _ in 0..2 {
        assert_eq!(bank.status(bank.app.get("/refused/own").header("x-answer", "outcome")).await, 401);
    }
    assert_eq!(bank.breaker.state(), State::Open, "an outcome in the extensions of the refusal counts");
}

#[tokio::test]
async fn layer_that_answers_in_place_of_the_handler_counts_as_neither() {
    let bank = Bank::new();
    let layered = |body| bank.app.post("/refused/layered").json(&body);
    let (fine, failing) = (json!({ "euros": 1 }), json!({ "euros": 0 }));
    assert_eq!(bank.status(layered(fine.clone()).header("x-busy", "1")).await, 429);
    assert_eq!(bank.status(layered(json!({}))).await, 422);
    assert_eq!(bank.counts(), (0, 0));
    assert_eq!(bank.status(layered(fine)).await, 404);
    assert_eq!(bank.status(layered(failing)).await, 500);
    assert_eq!(bank.counts(), (1, 1), "the handler has answered");
}

#[tokio::test]
async fn rejection_of_a_routekit_extractor_on_a_plain_router_counts_as_neither() {
    async fn plain(_body: Json<Payment>) {}

    let breaker = CircuitBreaker::builder("plain").build().unwrap();
    let app: Router =
        Router::new().route("/", axum::routing::post(plain)).layer(HttpBreakerLayer::new(breaker.clone()));
    let answer = app.oneshot(Request::post("/").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 415);
    assert_eq!(breaker.snapshot().request_count, 0);
}
