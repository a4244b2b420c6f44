//! Marks a route as deprecated, with `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) on every response.
//!
//! ```
//! use routekit::get;
//!
//! #[get("/v1/users", deprecated(since = "2026-01-01", sunset = "2026-12-31"))]
//! async fn users() {}
//! # let _ = users;
//! ```
//!
//! A header that the handler has set is not replaced.
//!
//! [`DeprecationLayer`] applies the policy to any axum router:
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use http::HeaderValue;
//! use routekit::deprecation::DeprecationLayer;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let since = HeaderValue::from_static("@1767225600");
//! let app: Router = Router::new().route("/", get(|| async {})).layer(DeprecationLayer::new(since));
//! let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
//! assert_eq!(response.headers()["deprecation"], "@1767225600");
//! # }
//! ```

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::Response;
use http::{HeaderName, HeaderValue, Request};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::route::Deprecation;

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// The headers of a deprecated route.
#[derive(Debug, Clone)]
pub(crate) struct DeprecationHeaders {
    since: HeaderValue,
    sunset: Option<HeaderValue>,
}

impl DeprecationHeaders {
    pub(crate) fn for_route(deprecation: Deprecation) -> Self {
        Self {
            since: HeaderValue::from_static(deprecation.since),
            sunset: deprecation.sunset.map(HeaderValue::from_static),
        }
    }

    /// Adds the headers that `response` does not have yet.
    pub(crate) fn add_to(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.entry(DEPRECATION).or_insert_with(|| self.since.clone());
        if let Some(sunset) = &self.sunset {
            headers.entry(SUNSET).or_insert_with(|| sunset.clone());
        }
    }
}

/// Adds the headers of a deprecated route. See the [module docs](crate::deprecation).
#[derive(Debug, Clone)]
pub struct DeprecationLayer {
    headers: Arc<DeprecationHeaders>,
}

impl DeprecationLayer {
    /// Creates a layer that adds `Deprecation` with this value, such as `@1767225600` (RFC 9745 §2.1).
    #[must_use]
    pub fn new(since: HeaderValue) -> Self {
        Self { headers: Arc::new(DeprecationHeaders { since, sunset: None }) }
    }

    /// Sets the value of `Sunset`, an HTTP date (RFC 8594 §3). Defaults to none.
    #[must_use]
    pub fn sunset(mut self, sunset: HeaderValue) -> Self {
        Arc::make_mut(&mut self.headers).sunset = Some(sunset);
        self
    }
}

impl<S> Layer<S> for DeprecationLayer {
    type Service = Deprecated<S>;

    fn layer(&self, inner: S) -> Deprecated<S> {
        Deprecated { inner, headers: Arc::clone(&self.headers) }
    }
}

/// The service of [`DeprecationLayer`].
#[derive(Debug, Clone)]
pub struct Deprecated<S> {
    inner: S,
    headers: Arc<DeprecationHeaders>,
}

accessors!(Deprecated);

pin_project! {
    /// The future of [`Deprecated`].
    #[derive(Debug)]
    pub struct DeprecationFuture<F> {
        #[pin]
        inner: F,
        headers: Arc<DeprecationHeaders>,
    }
}

impl<F, E> Future for DeprecationFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Changed in place, because moving a response is expensive.
        let mut polled = this.inner.poll(cx);
        if let Poll::Ready(Ok(response)) = &mut polled {
            this.headers.add_to(response);
        }
        polled
    }
}

impl<S, B> Service<Request<B>> for Deprecated<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = DeprecationFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        DeprecationFuture { inner: self.inner.call(request), headers: Arc::clone(&self.headers) }
    }
}
