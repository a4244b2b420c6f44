//! An app as a tower service.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router, extract::Request, response::Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    observe::{ActiveRequest, KnowsRequest},
    policy::AroundRouter,
};

/// The router with everything around it.
type AppStack = AroundRouter<Router>;

/// An app as a tower service, for programs with their own server. [`App::serve`](crate::App::serve) calls the same
/// service for each request.
///
/// Created by [`App::into_service`](crate::App::into_service). It is always ready. Cloning it clones a few reference
/// counts.
#[derive(Clone)]
pub struct AppService(pub(super) AppStack);

impl Service<Request> for AppService {
    type Response = Response;
    type Error = Infallible;
    type Future = AppFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> AppFuture {
        AppFuture { inner: self.0.call(request) }
    }
}

impl fmt::Debug for AppService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppService").finish_non_exhaustive()
    }
}

pin_project! {
    /// The future of [`AppService`].
    pub struct AppFuture {
        #[pin]
        inner: <AppStack as Service<Request>>::Future,
    }
}

impl Future for AppFuture {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx)
    }
}

impl KnowsRequest for AppFuture {
    fn take_request(self: Pin<&mut Self>) -> Option<ActiveRequest> {
        self.project().inner.take_request()
    }
}

impl fmt::Debug for AppFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppFuture").finish_non_exhaustive()
    }
}
