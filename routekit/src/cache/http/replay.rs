//! What is stale is made anew while it is given (RFC 5861 §3).

use axum::{body::Body, extract::Request, response::Response};
use tower_service::Service;
use tracing::Instrument;

use crate::cache::{flight::Lead, serve::Asking};
use crate::observe::Exchange;

/// The same request once more, which no client waits for. It has no body.
pub(in crate::cache) fn request(request: &Request) -> Request {
    let mut again = Request::new(Body::empty());
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.version_mut() = request.version();
    *again.headers_mut() = request.headers().clone();
    *again.extensions_mut() = request.extensions().clone();
    // It is no exchange with anybody, and is counted as none.
    again.extensions_mut().remove::<Exchange>();
    again
}

/// Asks the handler, and has the store know.
pub(in crate::cache) async fn run<S>(asking: Asking<S>, lead: Lead)
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    let span = tracing::info_span!(parent: None, "cache refresh", path = asking.policy.template);
    // Its failure has been told to whoever waits, and is nobody else's.
    let _ = asking.fill_if_stale(lead).instrument(span).await;
}
