//! Limits how long a request waits, and for how many fetches.

use std::{future::Future, sync::Arc, time::Duration};

use crate::{
    cache::coalesce::outcome::FailedFetch,
    deadline::{Countdown, within},
};

/// The limits of a request that waits for other requests.
#[derive(Debug)]
pub(in crate::cache) struct Patience {
    time: Countdown,
    /// Whether a fetch that it waited for timed out. From then on its own time is limited.
    is_limited: bool,
    /// Whether a fetch that it waited for failed, perhaps because of the request that led it.
    has_seen_failure: bool,
    /// That failure, until the request has boarded again.
    failure: Option<Arc<FailedFetch>>,
}

impl Patience {
    /// Creates the limits of a request that arrives now. `limit` is the deadline of a fetch.
    pub(in crate::cache) fn new(limit: Duration) -> Self {
        Self { time: Countdown::new(limit), is_limited: false, has_seen_failure: false, failure: None }
    }

    /// Waits for `work`. `None` if the time of the request has expired.
    pub(in crate::cache) async fn wait<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        if self.is_limited { within(self.time.left(), work).await } else { Some(work.await) }
    }

    /// The request has waited for another process: from now on its own time is limited.
    pub(in crate::cache) fn limit(&mut self) {
        self.is_limited = true;
    }

    /// Whether another fetch must be tried before this failure reaches the request: if the fetch timed out and the
    /// request has time left, or if its first failure may concern only another request.
    pub(in crate::cache) fn allows_another_fetch(&mut self, failure: &Arc<FailedFetch>) -> bool {
        if failure.is_timeout() {
            self.is_limited = true;
            return !self.time.left().is_zero();
        }
        if !failure.may_concern_one_request() || self.has_seen_failure {
            return false;
        }
        self.has_seen_failure = true;
        self.failure = Some(Arc::clone(failure));
        true
    }

    /// The failure after which the request boards again.
    pub(in crate::cache) fn failure(&mut self) -> Option<Arc<FailedFetch>> {
        self.failure.take()
    }
}
