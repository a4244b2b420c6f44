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
        let length = request.body().size_hint().exact();
        let exchange = Exchange::new(request.method().clone(), self.shared.clock.now(), length);
        // Made before anything can panic.
        let sample = Sample::new(exchange.clone(), Arc::clone(&self.shared));
        if let Some(route) = self.learning.as_ref().and_then(|learning| learning.route(&request)) {
            exchange.matched(route);
        }
        if length.is_none() {
            let body = std::mem::take(request.body_mut());
            *request.body_mut() = Body::new(CountedBody::new(body, exchange.clone()));
        }
        exchange.travel(request.extensions_mut());
        WatchFuture::new(self.inner.call(request), sample)
    }
}
