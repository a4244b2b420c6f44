use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use tower_service::Service;

use super::{AuthFuture, gate::Gate};

/// The service of [`AuthLayer`](super::AuthLayer).
#[derive(Debug, Clone)]
pub struct Auth<S> {
    pub(super) inner: S,
    /// `None` where everybody may pass.
    pub(super) gate: Option<Arc<Gate>>,
}

accessors!(Auth);

impl<S> Service<Request> for Auth<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = AuthFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Some(gate) = &self.gate else { return AuthFuture::passed(self.inner.call(request)) };
        let gate = Arc::clone(gate);
        // The one that was made ready goes along.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        AuthFuture::asked(async move { gate.admit(request).await.map(|request| inner.call(request)) })
    }
}
