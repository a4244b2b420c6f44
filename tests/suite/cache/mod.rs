//! The cache as clients see it, in an app and in front of any other service.

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

use std::convert::Infallible;

use axum::{body::Body, extract::Request, response::Response};
use http::HeaderMap;
use http_body_util::BodyExt;
use routekit::{
    ManualClock,
    prelude::*,
    route::Route,
    test::{TestApp, TestRequest},
};
use tower::{Service, ServiceExt};

use crate::support::{MINUTE, Runs, exact, is_pending, tenant, x_cache_of as did};

/// An app of these routes on a manual clock, without jitter of lifetimes.
fn app(routes: impl IntoIterator<Item = Route>) -> App {
    App::with_routes(routes).cache(exact()).provide(Runs::default())
}

fn start(app: App) -> (TestApp, ManualClock) {
    let clock = ManualClock::new();
    (TestApp::builder(app).clock(clock.clock()).build(), clock)
}

/// `X-Cache` and the content of the answer: `MISS 1`.
async fn said(request: TestRequest) -> String {
    let answer = request.send().await;
    let head = answer.header("x-cache").unwrap_or("none").to_owned();
    if answer.text().is_empty() { head } else { format!("{head} {}", answer.text()) }
}

/// A response, read to its end.
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

/// Runs a service once.
async fn ask<S>(service: &S, request: Request) -> Read
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    Read::all(service.clone().oneshot(request).await.unwrap()).await
}

fn get_of(path: &str) -> Request {
    Request::get(path).body(Body::empty()).unwrap()
}
