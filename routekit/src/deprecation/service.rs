use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::response::Response;
use http::Request;
use tower_service::Service;

use super::{DeprecationFuture, layer::Headers};

/// The service of [`DeprecationLayer`](super::DeprecationLayer).
#[derive(Debug, Clone)]
pub struct Deprecated<S> {
    pub(super) inner: S,
    pub(super) headers: Option<Arc<Headers>>,
}

accessors!(Deprecated);

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
        DeprecationFuture { inner: self.inner.call(request), headers: self.headers.clone() }
    }
}
