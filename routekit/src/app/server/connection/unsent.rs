//! Responses of HTTP/1 that are complete, but whose last bytes are not on the socket yet.

use std::{
    mem,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;

use crate::observe::ActiveRequest;

/// The requests that were answered, and are active until the answer is sent.
///
/// Only the task of the connection uses it, so there is no contention.
#[derive(Debug, Default)]
pub(super) struct UnsentResponses {
    /// Whether there are any. hyper flushes more often than it sends responses.
    any: AtomicBool,
    requests: Mutex<UnsentRequests>,
}

#[derive(Debug, Default)]
struct UnsentRequests {
    last: Option<ActiveRequest>,
    /// A client may send the next request before it reads the last response.
    earlier: Vec<ActiveRequest>,
}

impl UnsentResponses {
    /// Adds a request whose response is complete.
    pub(super) fn add(&self, request: Option<ActiveRequest>) {
        let Some(request) = request else { return };
        let mut requests = self.requests.lock();
        if let Some(earlier) = requests.last.replace(request) {
            requests.earlier.push(earlier);
        }
        self.any.store(true, Ordering::Relaxed);
    }

    /// All data of the connection is sent.
    #[inline]
    pub(super) fn sent(&self) {
        if self.any.load(Ordering::Relaxed) {
            self.close();
        }
    }

    fn close(&self) {
        self.any.store(false, Ordering::Relaxed);
        let mut requests = self.requests.lock();
        let (last, earlier) = (requests.last.take(), mem::take(&mut requests.earlier));
        // Released before the observers of the requests are called.
        drop(requests);
        drop((last, earlier));
    }

    /// Gives up what is not sent when the connection ends or is dropped.
    pub(super) fn until_the_end(&self) -> UntilTheEnd<'_> {
        UntilTheEnd(self)
    }
}

/// Gives up the responses that are not sent when it is dropped.
pub(super) struct UntilTheEnd<'a>(&'a UnsentResponses);

impl Drop for UntilTheEnd<'_> {
    fn drop(&mut self) {
        self.0.sent();
    }
}
