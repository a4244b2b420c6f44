use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderName, Request};
use tower_service::Service;

/// The service of [`SecretHeadersLayer`](super::SecretHeadersLayer).
#[derive(Debug, Clone)]
pub struct SecretHeaders<S> {
    pub(super) inner: S,
    pub(super) names: Arc<[HeaderName]>,
}

accessors!(SecretHeaders);

impl<S, B> Service<Request<B>> for SecretHeaders<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        for (name, value) in request.headers_mut() {
            if self.names.contains(name) {
                value.set_sensitive(true);
            }
        }
        self.inner.call(request)
    }
}
