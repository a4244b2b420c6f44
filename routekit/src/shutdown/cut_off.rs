//! Requests that a shutdown did not wait for.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use http::Method;
use parking_lot::Mutex;

/// The most requests that are listed. Others are counted.
const MOST_LISTED: usize = 20;

/// A request that was cut off.
#[derive(Debug)]
pub(crate) struct CutOff {
    pub(crate) method: Method,
    /// The template of its route. `None` if no route matched.
    pub(crate) route: Option<String>,
    pub(crate) duration: Duration,
}

/// The requests that were cut off.
#[derive(Debug, Default)]
pub(super) struct CutOffs {
    has_begun: AtomicBool,
    list: Mutex<CutOffList>,
}

#[derive(Debug, Default)]
struct CutOffList {
    first: Vec<CutOff>,
    count: usize,
}

impl CutOffs {
    /// From now on, requests that are dropped were cut off.
    pub(super) fn begin(&self) {
        self.has_begun.store(true, Ordering::Release);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    pub(super) fn add(&self, request: CutOff) {
        let mut list = self.list.lock();
        list.count += 1;
        if list.first.len() < MOST_LISTED {
            list.first.push(request);
        }
    }

    /// The number of requests, and a line for each of the first ones.
    pub(super) fn listed(&self) -> (usize, Vec<String>) {
        let list = self.list.lock();
        (list.count, list.first.iter().map(ToString::to_string).collect())
    }
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = self.route.as_deref().unwrap_or("(no route)");
        write!(f, "{} {route} after {:.1} s", self.method, self.duration.as_secs_f64())
    }
}
