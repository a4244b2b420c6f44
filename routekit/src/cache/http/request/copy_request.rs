//! Copies a request, to send it to the handler again.

use axum::{body::Body, extract::Request};

use crate::{
    base::message::copy_head::copy_head,
    observe::{Exchange, RunningPermit},
};

/// A copy of a request without a body. It belongs to no exchange with a client, is not counted as a request, and holds
/// no permit of a concurrency limit around the cache.
pub(in crate::cache) fn copy_request(request: &Request) -> Request {
    let mut copy = copy_head(request).map(|()| Body::empty());
    copy.extensions_mut().remove::<Exchange>();
    copy.extensions_mut().remove::<RunningPermit>();
    copy
}
