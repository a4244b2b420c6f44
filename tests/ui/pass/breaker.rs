//! Every way to say how a route is protected from what it calls.

use std::time::Duration;

use routekit::{axum::extract::State, prelude::*};

#[get("/bare", breaker)]
async fn bare() {}

#[get(
    "/all",
    breaker(
        failure_rate = 0.25,
        window = 100,
        min_calls = 20,
        open_for = 30,
        half_open_calls = 20,
        slow_call = "1s500ms",
        slow_rate = 1,
        backoff = 1.5,
        max_open_for = "30s",
        fallback = self::fallbacks::sorry::<1>,
        name = "payments",
    ),
    concurrency = 64
)]
async fn all() {}

mod fallbacks {
    pub(crate) async fn sorry<const N: u32>() -> String {
        N.to_string()
    }
}

// An integer is calls here, and a window of fewer calls than usually wanted is one.
#[post("/small", breaker(window = 3, half_open_calls = 3))]
async fn small() {}

#[post("/time", breaker(window = "10ms", open_for = "1m", backoff = 100, max_open_for = "1m", slow_call = 1))]
async fn time() {}

#[post("/fine", breaker(failure_rate = 0.000_001, slow_call = "1ms", slow_rate = 0.3333330))]
async fn fine() {}

#[derive(Clone)]
struct Shop;

struct Prices;

// The fallback is of the route's state, wherever that stands.
#[get("/state", breaker(fallback = with_state), state = Shop)]
async fn state(_: State<Shop>) {}

async fn with_state(_: State<Shop>, _body: String) -> &'static str {
    "later"
}

#[get("/deps", breaker(fallback = with_deps), cache(ttl = 60, stale_if_error = "5m"), concurrency = 1)]
async fn deps() {}

async fn with_deps(_: Dep<Prices>) -> Result<Json<u32>> {
    Ok(Json(1))
}

macro_rules! protected {
    ($name:ident, $rate:literal, $calls:literal, $fallback:path) => {
        #[get("/things", breaker(failure_rate = $rate, window = $calls, fallback = $fallback), concurrency = $calls)]
        async fn $name() {}
    };
}

protected!(things, 0.5, 50, crate::with_deps);

fn main() {
    let _ = routes![bare, small, time, fine, state, deps, things];

    let all = all::ROUTE.meta().policies();
    assert_eq!(all.concurrency(), Some(64));
    let said = all.breaker().unwrap();
    assert_eq!(said.failure_rate().unwrap().to_string(), "0.25");
    assert_eq!(said.window().unwrap().to_string(), "100 calls");
    assert_eq!((said.min_calls(), said.half_open_calls()), (Some(20), Some(20)));
    assert_eq!((said.open_for(), said.max_open_for()), (Some(Duration::from_secs(30)), Some(Duration::from_secs(30))));
    assert_eq!(said.slow_call(), Some(Duration::from_millis(1500)));
    assert_eq!((said.slow_rate().unwrap().to_string(), said.backoff().unwrap().to_string()), ("1".into(), "1.5".into()));
    assert_eq!((said.has_fallback(), said.name()), (true, Some("payments")));

    let bare = bare::ROUTE.meta().policies().breaker().unwrap();
    assert!(bare.failure_rate().is_none() && bare.window().is_none() && bare.name().is_none());
    assert_eq!(things::ROUTE.meta().policies().breaker().unwrap().window().unwrap().to_string(), "50 calls");
    assert_eq!(time::ROUTE.meta().policies().breaker().unwrap().window().unwrap().to_string(), "10ms");
    assert_eq!(fine::ROUTE.meta().policies().breaker().unwrap().failure_rate().unwrap().millionths(), 1);
}
