use std::{fmt, sync::Arc};

use http::{Method, StatusCode};

use crate::{
    base::clock::Clock,
    observe::{ActiveRequest, Ending, Exchange, Failure, RouteState},
    shutdown::{CutOff, Shutdown},
};

/// The state that all requests of one watch share.
#[derive(Debug)]
pub(super) struct WatchShared {
    pub(super) unmatched: Arc<RouteState>,
    pub(super) clock: Clock,
    pub(super) shutdown: Shutdown,
    /// Whether requests are traced, so that they can be explained.
    pub(super) explains: bool,
}

/// A request that has not ended. If it is dropped, it ends as cancelled.
pub(crate) struct Sample {
    exchange: Exchange,
    shared: Arc<WatchShared>,
    /// `None` before the response.
    pub(super) status: Option<StatusCode>,
    /// Whether a 5xx is no failure.
    pub(super) is_no_failure: bool,
    /// The number of bytes of the response body so far.
    pub(super) response_bytes: u64,
    ended: bool,
    /// `None` once a server has it, and in a sample that was handed on.
    active: Option<ActiveRequest>,
}

impl Sample {
    pub(super) fn new(exchange: Exchange, shared: Arc<WatchShared>) -> Self {
        let active = Some(exchange.active());
        Self { exchange, shared, status: None, is_no_failure: false, response_bytes: 0, ended: false, active }
    }

    /// Leaves it to the caller when the request is no longer active.
    pub(crate) fn take_active(&mut self) -> Option<ActiveRequest> {
        self.active.take()
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    pub(super) fn method(&self) -> &Method {
        self.exchange.method()
    }

    /// Reports the end to the observer. Only the first call has an effect.
    pub(super) fn end(&mut self, failure: Option<Failure>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let now = self.shared.clock.now();
        let ending = Ending { status: self.status, failure, is_no_failure: self.is_no_failure };
        self.exchange.finish(&self.shared.unmatched, now, ending, self.response_bytes);
    }

    /// This request as one that a shutdown cuts off.
    fn cut_off(&self) -> CutOff {
        CutOff {
            method: self.method().clone(),
            route: self.exchange.route().and_then(|route| route.template().map(str::to_owned)),
            duration: self.shared.clock.now() - self.exchange.start(),
        }
    }

    /// Moves the request into a new sample. This one no longer reports its end. It keeps the request active until it is
    /// dropped.
    pub(super) fn hand_on(&mut self) -> Self {
        let (exchange, shared) = (self.exchange.clone(), Arc::clone(&self.shared));
        let ended = std::mem::replace(&mut self.ended, true);
        let Self { status, is_no_failure, response_bytes, .. } = *self;
        Self { exchange, shared, status, is_no_failure, response_bytes, ended, active: None }
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let failure = match () {
            // A panic of a handler is caught by an inner layer, so this is the panic of a body.
            () if std::thread::panicking() => Failure::Body,
            () if self.shared.shutdown.cuts_off() => {
                self.shared.shutdown.add_cut_off(self.cut_off());
                Failure::Shutdown
            }
            () => Failure::Cancelled,
        };
        self.end(Some(failure));
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
