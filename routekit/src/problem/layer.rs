//! The layer outside everything else, which gives problems their last details.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{body::Body, extract::OriginalUri, response::Response};
use http::{HeaderValue, Method, Request, Uri, header};
use http_body::Body as _;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::Problem;

/// Renders problems with the request they answer, and bare error statuses as problems.
///
/// See the [module docs](crate::problem) for the rules.
#[derive(Debug, Clone, Default)]
pub struct RenderLayer {
    // Built by `new`, so that a setting can come.
    _private: (),
}

impl RenderLayer {
    /// The layer; it has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self { _private: () }
    }
}

impl<S> Layer<S> for RenderLayer {
    type Service = RenderService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RenderService { inner }
    }
}

/// The service of [`RenderLayer`].
#[derive(Debug, Clone)]
pub struct RenderService<S> {
    inner: S,
}

accessors!(RenderService);

impl<S, B> Service<Request<B>> for RenderService<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = RenderFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Below a `nest`, the URI has lost its beginning.
        let uri = request.extensions().get::<OriginalUri>().map_or_else(|| request.uri().clone(), |uri| uri.0.clone());
        let head = request.method() == Method::HEAD;
        RenderFuture { inner: self.inner.call(request), uri, head }
    }
}

pin_project! {
    /// The future of [`RenderService`].
    #[derive(Debug)]
    pub struct RenderFuture<F> {
        #[pin]
        inner: F,
        uri: Uri,
        head: bool,
    }
}

impl<F, E> Future for RenderFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        let status = response.status();
        if !(status.is_client_error() || status.is_server_error()) {
            return Poll::Ready(Ok(response));
        }
        Poll::Ready(Ok(render(response, this.uri, *this.head)))
    }
}

fn render(mut response: Response, uri: &Uri, head: bool) -> Response {
    let travelling = response.extensions_mut().remove::<Problem>();
    let problem = match travelling {
        // Somebody further out has replaced the document: theirs stands.
        Some(_) if !Problem::is_content_of(response.headers()) => return response,
        // Or has another status: `(StatusCode::GONE, problem)`.
        Some(problem) => problem.sent_as(response.status()),
        None if is_bare(&response) => bare(&response),
        None => return response,
    };
    let problem = if problem.has_instance() { problem } else { problem.instance(uri.path()) };
    let mut response = problem.write_into(response);
    if head {
        // The length of what a GET would have brought, without it (RFC 9110 §9.3.2).
        if let Some(length) = response.body().size_hint().exact() {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        *response.body_mut() = Body::empty();
    }
    response
}

fn is_bare(response: &Response) -> bool {
    !response.headers().contains_key(header::CONTENT_TYPE) && response.body().size_hint().exact() == Some(0)
}

fn bare(response: &Response) -> Problem {
    let problem = Problem::new(response.status());
    match response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok()) {
        Some(allow) => problem.detail(format!("the methods here are {}", allow.replace(',', ", "))),
        None => problem,
    }
}
