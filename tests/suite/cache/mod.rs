//! What clients see of the cache, in an app and in front of any other service.

mod bypass;
mod ends;
mod found;
mod freshness;
mod head;
mod hostile;
mod invalidation;
mod keys;
mod leaving;
mod nested;
mod patterns;
mod stored;

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::Poll,
    time::Duration,
};

use axum::{body::Body, extract::Request, response::Response};
use http::HeaderMap;
use http_body_util::BodyExt;
use routekit::{
    Clock, Route, Spawner,
    cache::{Cache, CacheBuilder},
    prelude::*,
    test::{TestApp, TestRequest},
};
use tower::{Service, ServiceExt};

/// How often handlers were asked; what they answer says it, so that a stored answer is told from a new one.
#[derive(Default)]
struct Calls(AtomicUsize);

impl Calls {
    fn next(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }
}

fn exact() -> CacheBuilder {
    Cache::builder().ttl_jitter(0.0)
}

fn spawner() -> Spawner {
    Spawner::new(|task| drop(tokio::spawn(task)))
}

/// An app of these routes on a clock that stands still, with lifetimes as they are declared.
fn app(routes: impl IntoIterator<Item = Route>) -> App {
    App::with_routes(routes).cache(exact()).provide(Calls::default())
}

fn start(app: App) -> (TestApp, Clock) {
    let clock = Clock::manual();
    (TestApp::builder(app).clock(clock.clone()).build(), clock)
}

/// What came back: `MISS 1`.
async fn said(request: TestRequest) -> String {
    let answer = request.send().await;
    let head = answer.header("x-cache").unwrap_or("none").to_owned();
    if answer.text().is_empty() { head } else { format!("{head} {}", answer.text()) }
}

/// What the cache did for a path.
async fn did(app: &TestApp, path: &str) -> String {
    app.get(path).send().await.header("x-cache").unwrap_or("none").to_owned()
}

/// An answer that was read to its end.
#[derive(Debug, PartialEq)]
struct Read {
    status: u16,
    headers: HeaderMap,
    body: String,
    trailers: Option<HeaderMap>,
}

impl Read {
    async fn all(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let collected = body.collect().await.unwrap();
        let trailers = collected.trailers().cloned();
        let body = String::from_utf8(collected.to_bytes().to_vec()).unwrap();
        Self { status: parts.status.as_u16(), headers: parts.headers, body, trailers }
    }

    fn x_cache(&self) -> &str {
        self.headers.get("x-cache").map_or("none", |value| value.to_str().unwrap())
    }
}

/// Asks a service of its own.
async fn ask<S>(service: &S, request: Request) -> Read
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    Read::all(service.clone().oneshot(request).await.unwrap()).await
}

fn get_of(path: &str) -> Request {
    Request::get(path).body(Body::empty()).unwrap()
}

/// Whether it still waits, after a poll.
async fn is_pending<F: Future + Unpin>(future: &mut F) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_pending())).await
}

const MINUTE: Duration = Duration::from_secs(60);
