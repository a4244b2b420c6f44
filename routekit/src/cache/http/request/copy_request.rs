//! Copies a request, to send it to the handler again.

use axum::{body::Body, extract::Request};

use crate::observe::{Exchange, RunningPermit};

/// A copy of a request without a body. It belongs to no exchange with a client, is not counted as a request, and holds
/// no permit of a concurrency limit around the cache.
pub(in crate::cache) fn copy_request(request: &Request) -> Request {
    let mut copy = Request::new(Body::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    copy.extensions_mut().remove::<Exchange>();
    copy.extensions_mut().remove::<RunningPermit>();
    copy
}
