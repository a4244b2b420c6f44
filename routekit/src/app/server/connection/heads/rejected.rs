//! Reports rejected heads to the observers of requests without a route.

use std::sync::Arc;

use http::{Method, StatusCode};

use crate::{
    base::clock::Clock,
    observe::{Ending, Exchange, RouteState, TracedRequest},
};

/// The longest request target that hyper accepts, in bytes.
const LONGEST_TARGET: usize = u16::MAX as usize - 1;

/// The observers of requests without a route.
#[derive(Debug)]
pub(in crate::app::server) struct RejectedHeads {
    unmatched: Arc<RouteState>,
    clock: Clock,
}

impl RejectedHeads {
    pub(in crate::app::server) fn new(unmatched: Arc<RouteState>, clock: Clock) -> Self {
        Self { unmatched, clock }
    }

    /// Reports a head that the server answers with this status. It takes no time, because no head was read.
    pub(in crate::app::server::connection) fn report(&self, method: Method, status: StatusCode) {
        let now = self.clock.now();
        let ending = Ending { status: Some(status), failure: None, is_no_failure: false };
        Exchange::new(method, now, Some(0), TracedRequest::default()).finish(&self.unmatched, now, ending, 0);
    }
}

/// The method of a head, or else one that metrics show as `_OTHER`.
pub(in crate::app::server::connection) fn method_of(head: &[u8]) -> Method {
    let method = head.iter().position(|&byte| byte == b' ').and_then(|end| Method::from_bytes(&head[..end]).ok());
    method.unwrap_or_else(|| Method::from_bytes(b"_OTHER").expect("a token"))
}

/// The status that hyper answers to a head that it could not parse. `None` if it sent no response.
pub(in crate::app::server::connection) fn status_of(error: &hyper::Error, head: &[u8]) -> Option<StatusCode> {
    if !error.is_parse() || error.is_parse_version_h2() {
        None
    } else if !error.is_parse_too_large() {
        Some(StatusCode::BAD_REQUEST)
    } else if target_length(head) > LONGEST_TARGET && head.windows(4).any(|end| end == b"\r\n\r\n") {
        Some(StatusCode::URI_TOO_LONG)
    } else {
        // Also if the buffer was full before the end of the head.
        Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    }
}

fn target_length(head: &[u8]) -> usize {
    head.split(|&byte| byte == b' ').nth(1).map_or(0, <[u8]>::len)
}
