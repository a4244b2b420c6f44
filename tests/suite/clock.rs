//! One clock for everything that routekit times in a test app.

use std::{future::pending, pin::pin};

use futures_util::FutureExt;
use http::StatusCode;
use jsonwebtoken::{EncodingKey, Header, encode};
use routekit::{
    ManualClock,
    auth::jwt::{Algorithm, Jwt, VerifyingKey},
    breaker::{CircuitBreaker, State},
    cache::Cache,
    prelude::*,
    test::TestApp,
};
use serde_json::json;

use crate::{
    jwt,
    support::{MINUTE, SECOND},
};

#[get("/clock/hangs", timeout = "2s")]
async fn hangs() {
    pending::<()>().await;
}

#[get("/clock/page", timeout = "2s", cache(ttl = 60))]
async fn page() {
    pending::<()>().await;
}

#[get("/clock/bank", breaker(name = "bank"))]
async fn bank() -> StatusCode {
    StatusCode::BAD_GATEWAY
}

#[get("/clock/me", auth)]
async fn me(who: Identity) -> String {
    who.sub().to_owned()
}

fn start(app: App) -> (TestApp, ManualClock) {
    let clock = ManualClock::new();
    (TestApp::builder(app).clock(clock.clock()).build(), clock)
}

#[tokio::test]
async fn timeout_expires_when_the_manual_clock_reaches_it() {
    for path in ["/clock/hangs", "/clock/page"] {
        let cache = Cache::builder().ttl_jitter(0.0);
        let (app, clock) = start(App::with_routes(routes![hangs, page]).cache(cache));
        let mut answer = pin!(app.get(path).send());
        assert!(answer.as_mut().now_or_never().is_none());
        clock.advance(2 * SECOND - SECOND / 1000);
        assert!(answer.as_mut().now_or_never().is_none(), "{path}");
        clock.advance(SECOND / 1000);
        let answer = answer.now_or_never().expect("the time is up");
        assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT, "{path}");
    }
}

#[tokio::test]
async fn manual_clock_wakes_the_task_of_a_request() {
    let (app, clock) = start(App::with_routes(routes![hangs]));
    let task = tokio::spawn(async move { app.get("/clock/hangs").send().await.status() });
    tokio::task::yield_now().await;
    clock.advance(2 * SECOND);
    assert_eq!(task.await.unwrap(), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn timeout_also_expires_on_tokio_time() {
    let (app, _clock) = start(App::with_routes(routes![hangs]));
    assert_eq!(app.get("/clock/hangs").send().await.status(), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
async fn breaker_of_the_program_runs_on_the_clock_of_the_app() {
    let breaker = CircuitBreaker::builder("bank").build().unwrap();
    let (app, clock) = start(App::with_routes(routes![bank]).breaker(breaker.clone()));
    for _ in 0..10 {
        assert_eq!(app.get("/clock/bank").send().await.status(), StatusCode::BAD_GATEWAY);
    }
    assert_eq!(app.get("/clock/bank").send().await.header("retry-after"), Some("60"));
    clock.advance(MINUTE);
    assert_eq!(app.get("/clock/bank").send().await.status(), StatusCode::BAD_GATEWAY, "a probe");
    clock.advance(MINUTE);
    breaker.call(async || Ok::<_, ()>(())).await.unwrap();
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn breaker_with_a_clock_of_its_own_keeps_it() {
    let own = ManualClock::new();
    let breaker = CircuitBreaker::builder("bank").clock(own.clock()).build().unwrap();
    let (app, clock) = start(App::with_routes(routes![bank]).breaker(breaker));
    for _ in 0..10 {
        app.get("/clock/bank").send().await;
    }
    clock.advance(MINUTE);
    assert_eq!(app.get("/clock/bank").send().await.status(), StatusCode::SERVICE_UNAVAILABLE);
    own.advance(MINUTE);
    assert_eq!(app.get("/clock/bank").send().await.status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn token_of_today_has_expired_on_a_new_manual_clock() {
    const SECRET: &[u8] = b"a secret of more than thirty-two bytes, as HS256 wants";
    let tokens = Jwt::new(jwt::ISSUER, jwt::AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, SECRET));
    let (app, clock) = start(App::with_routes(routes![me]).verifier(tokens));
    for (expires, status) in [(jwt::unix_time() + 60, 401), (clock.unix_time().as_secs() + 60, 200)] {
        let token =
            encode(&Header::default(), &jwt::claims(&json!({ "exp": expires })), &EncodingKey::from_secret(SECRET));
        let answer = app.get("/clock/me").header("authorization", &format!("Bearer {}", token.unwrap())).send().await;
        assert_eq!(answer.status().as_u16(), status, "{expires}");
    }
}
