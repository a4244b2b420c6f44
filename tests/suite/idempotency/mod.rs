//! Idempotency keys: which response a repeat gets, and when the handler runs again.

mod answers;
mod bodies;
mod claims;
#[cfg(unix)]
mod file_store;
mod layers;
#[cfg(unix)]
mod process;
mod race;
mod setup;

use std::time::Duration;

use axum::{body::Bytes, extract::Request, response::Response};
use http::{HeaderName, HeaderValue, StatusCode};
use routekit::{
    ManualClock,
    cache::{CacheStore, ClaimOutcome, Entry, Key, Lookup, Stamp, StoreError, StoreFuture, StoreSize, Target},
    prelude::*,
    route::Route,
    test::{TestApp, TestResponse},
};
use tokio::sync::Semaphore;

use crate::support::Runs;

const KEY: &str = "\"8e03978e-40d5-43dd\"";

/// What the handlers of these tests share.
#[derive(Default)]
struct Till {
    /// The handlers that ran.
    runs: Runs,
    /// Handlers that have ended.
    ended: Runs,
}

/// A permit for each handler that may end. There are none at first.
struct Gate(Semaphore);

/// Answers with the number of its run. The header `x-end` decides how.
async fn end(till: &Till, headers: &http::HeaderMap) -> Response {
    let run = till.runs.next();
    let end = headers.get("x-end").map_or("201", |end| end.to_str().unwrap()).to_owned();
    let mut response = Response::new(format!("run {run}").into());
    *response.status_mut() = StatusCode::CREATED;
    match &*end {
        "panic" => panic!("as the test wants"),
        "never" => std::future::pending().await,
        "stream" => {
            let chunk = Ok::<_, std::io::Error>("a stream");
            *response.body_mut() = axum::body::Body::from_stream(futures_util::stream::iter([chunk]));
        }
        "large" => *response.body_mut() = vec![b'x'; 2000].into(),
        status => *response.status_mut() = status.parse().unwrap(),
    }
    let value = HeaderValue::from_static("of the first");
    response.headers_mut().insert(HeaderName::from_static("x-own"), value);
    response.headers_mut().insert("set-cookie", HeaderValue::from_static("session=1"));
    response.headers_mut().insert("cache-control", HeaderValue::from_static("max-age=60"));
    till.ended.next();
    response
}

#[post("/idem/pay/{id}", idempotent(ttl = "1h", max_body = 1000), timeout = "5s")]
async fn pay(id: u32, till: Dep<Till>, headers: http::HeaderMap, body: String) -> Response {
    let _ = (id, body);
    end(&till, &headers).await
}

#[post("/idem/refund", idempotent(required), body_limit = "1KiB")]
async fn refund(till: Dep<Till>, headers: http::HeaderMap, body: String) -> Response {
    let _ = body;
    end(&till, &headers).await
}

#[put("/idem/mine", idempotent, auth)]
async fn mine(till: Dep<Till>, who: Identity) -> String {
    format!("{} {}", who.sub(), till.runs.next())
}

/// Ends when the gate opens.
#[post("/idem/waits", idempotent, timeout = "5s")]
async fn waits(till: Dep<Till>, gate: Dep<Gate>) -> String {
    let run = till.runs.next();
    gate.0.acquire().await.unwrap().forget();
    till.ended.next();
    format!("run {run}")
}

/// The same, for as long as it takes.
#[post("/idem/long", idempotent)]
async fn long(till: Dep<Till>, gate: Dep<Gate>) -> String {
    waits(till, gate).await
}

/// The same, and continues after its timeout.
#[post("/idem/changes", idempotent, timeout = "5s", invalidates("idem"))]
async fn changes(till: Dep<Till>, gate: Dep<Gate>, request: http::HeaderMap) -> Response {
    gate.0.acquire().await.unwrap().forget();
    end(&till, &request).await
}

/// Fails, and leaves a task that ends when the gate opens.
#[post("/idem/leaves", idempotent)]
async fn leaves(till: Dep<Till>, gate: Dep<Gate>, permit: routekit::concurrency::RunningPermit) -> StatusCode {
    till.runs.next();
    tokio::spawn(async move {
        let _permit = permit;
        gate.0.acquire().await.unwrap().forget();
    });
    StatusCode::BAD_GATEWAY
}

fn routes() -> Vec<Route> {
    routes![pay, refund, mine, waits, long, changes, leaves].into_iter().collect()
}

/// An app with these routes, its clock, and what its handlers share.
fn start(app: App) -> (TestApp, ManualClock) {
    let clock = ManualClock::new();
    let app = app.provide(Till::default()).provide(Gate(Semaphore::new(0))).verifier(crate::auth::Header);
    (TestApp::builder(app).clock(clock.clock()).build(), clock)
}

fn app() -> (TestApp, ManualClock) {
    start(App::with_routes(routes()))
}

/// A request with the key of these tests.
async fn send(app: &TestApp, path: &str, end: &str) -> TestResponse {
    app.post(path).header("idempotency-key", KEY).header("x-end", end).send().await
}

fn is_replayed(response: &TestResponse) -> bool {
    response.header("idempotency-replayed") == Some("true")
}

/// The same as a raw request.
fn request(path: &str) -> Request {
    http::Request::post(path).header("idempotency-key", KEY).body(axum::body::Body::empty()).unwrap()
}

const SECOND: Duration = crate::support::SECOND;

/// A store that cannot be reached.
struct Away {
    has_claims: bool,
}

fn away<T: Send + 'static>() -> StoreFuture<'static, T> {
    Box::pin(std::future::ready(Err(StoreError::new("away"))))
}

impl CacheStore for Away {
    fn lookup<'a>(&'a self, _: &'a Key) -> StoreFuture<'a, Lookup> {
        away()
    }

    fn put(&self, _: Entry) -> StoreFuture<'_, ()> {
        away()
    }

    fn is_valid<'a>(&'a self, _: &'a Entry) -> StoreFuture<'a, bool> {
        away()
    }

    fn invalidate<'a>(&'a self, _: &'a [Target]) -> StoreFuture<'a, Stamp> {
        away()
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        away()
    }

    fn has_claims(&self) -> bool {
        self.has_claims
    }

    fn claim<'a>(&'a self, _: &'a Key, _: Bytes, _: Duration) -> StoreFuture<'a, ClaimOutcome> {
        away()
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        away()
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        away()
    }
}
