use std::{fmt, sync::Arc};

use http::{Method, StatusCode};

use crate::{
    clock::Clock,
    observe::{Exchange, Failure, RouteState},
};

/// What all requests of one watch share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) unmatched: Arc<RouteState>,
    pub(super) clock: Clock,
}

/// A request that has not ended yet. Dropping it ends it as cancelled.
pub(super) struct Sample {
    exchange: Exchange,
    shared: Arc<Shared>,
    /// Known once the head is there.
    pub(super) status: Option<StatusCode>,
    /// Bytes of the response body so far.
    pub(super) response_bytes: u64,
    ended: bool,
}

impl Sample {
    pub(super) fn new(exchange: Exchange, shared: Arc<Shared>) -> Self {
        Self { exchange, shared, status: None, response_bytes: 0, ended: false }
    }

    pub(super) fn method(&self) -> &Method {
        self.exchange.method()
    }

    /// Tells the observer, the first time it is called.
    pub(super) fn end(&mut self, failure: Option<Failure>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let now = self.shared.clock.now();
        self.exchange.finish(&self.shared.unmatched, now, (self.status, failure), self.response_bytes);
    }

    /// The same request, to go on elsewhere; this one says no more.
    pub(super) fn hand_on(&mut self) -> Self {
        let (exchange, shared) = (self.exchange.clone(), Arc::clone(&self.shared));
        let ended = std::mem::replace(&mut self.ended, true);
        Self { exchange, shared, status: self.status, response_bytes: self.response_bytes, ended }
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        // A handler's panic never comes this far: this is a body's.
        self.end(Some(if std::thread::panicking() { Failure::Body } else { Failure::Cancelled }));
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
