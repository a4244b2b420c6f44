use std::{fmt, sync::Arc};

use http::{Method, StatusCode};

use crate::{
    clock::Clock,
    observe::{Exchange, Failure, Finished, Observer as _, RouteState},
};

/// A request that has not ended yet. Dropping it ends it as cancelled.
pub(super) struct Sample {
    exchange: Exchange,
    unmatched: Arc<RouteState>,
    clock: Clock,
    /// Known once the head is there.
    pub(super) status: Option<StatusCode>,
    /// Bytes of the response body so far.
    pub(super) response_bytes: u64,
    ended: bool,
}

impl Sample {
    pub(super) fn new(exchange: Exchange, unmatched: Arc<RouteState>, clock: Clock) -> Self {
        Self { exchange, unmatched, clock, status: None, response_bytes: 0, ended: false }
    }

    pub(super) fn method(&self) -> &Method {
        self.exchange.method()
    }

    /// Tells the observer, the first time it is called.
    pub(super) fn end(&mut self, failure: Option<Failure>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let exchange = &self.exchange;
        let route = exchange.route().unwrap_or(&self.unmatched);
        let finished = Finished {
            method: exchange.method(),
            route: route.template(),
            status: self.status,
            failure,
            duration: self.clock.now() - exchange.start(),
            request_bytes: exchange.request_bytes(),
            response_bytes: self.response_bytes,
            correlation_id: exchange.correlation_id(),
        };
        // So that what is logged belongs to the request.
        let _entered = exchange.span().map(|span| span.enter());
        route.finished(&finished);
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        self.end(Some(Failure::Cancelled));
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
