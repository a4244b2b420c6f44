use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    response::Response,
};
use tower_service::Service;

use super::{
    WatchFuture,
    body::CountedBody,
    matched::Learning,
    sample::{Sample, Shared},
};
use crate::observe::Exchange;

/// The service of [`WatchLayer`](super::WatchLayer).
#[derive(Debug, Clone)]
pub struct Watch<S> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared>,
    pub(super) learning: Option<Learning>,
}

/// Up to here an announced length is taken at its word.
const TRUSTED_BYTES: u64 = 64 * 1024;

accessors!(Watch);

impl<S> Service<Request> for Watch<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = WatchFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        // An app within an app, or a layer within one: the outermost watches, and routes say to it which they are.
        let extensions = request.extensions();
        if !extensions.is_empty() && extensions.get::<Exchange>().is_some() {
            return WatchFuture::new(self.inner.call(request), None);
        }
        // A client may announce more than it ever sends: what is large is counted as it passes.
        let length = request.body().size_hint().exact().filter(|length| *length <= TRUSTED_BYTES);
        let exchange = Exchange::new(request.method().clone(), self.shared.clock.now(), length);
        // Made before anything can panic.
        let sample = Sample::new(exchange.clone(), Arc::clone(&self.shared));
        if let Some(route) = self.learning.as_ref().and_then(|learning| learning.route(&request)) {
            exchange.matched(&route);
        }
        if length.is_none() {
            let body = std::mem::take(request.body_mut());
            *request.body_mut() = Body::new(CountedBody::new(body, exchange.clone()));
        }
        exchange.travel(request.extensions_mut());
        WatchFuture::new(self.inner.call(request), Some(sample))
    }
}
