//! A layer that calls its service on another task.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use futures_util::future::BoxFuture;
use tower::Service;

/// Calls the inner service on another task, which continues if the caller goes away.
#[derive(Clone)]
pub(crate) struct OnTask<S>(pub(crate) S);

impl<S> Service<Request> for OnTask<S>
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
        let task = tokio::spawn(self.0.call(request));
        Box::pin(async { task.await.unwrap() })
    }
}
