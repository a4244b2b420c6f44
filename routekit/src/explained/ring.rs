//! The kept requests.

use std::{collections::VecDeque, fmt, sync::Arc};

use parking_lot::Mutex;

use super::document::ExplainedRequest;
use crate::{
    base::clock::Clock,
    observe::{Failure, Finished, PolicyTrace},
};

/// The explained requests of an app. Cloning it clones one `Arc`.
#[derive(Clone)]
pub(crate) struct ExplainedRequests(Arc<Shared>);

struct Shared {
    /// How many requests each ring keeps.
    capacity: usize,
    clock: Clock,
    /// A ring for each [`KeptFor`].
    rings: [Mutex<RequestRing>; 3],
}

/// Why a request is kept. Clients can cause the later kinds, which must not push out the earlier ones.
#[derive(Debug, Clone, Copy)]
enum KeptFor {
    Failed,
    /// Also cancelled.
    Slow,
    /// Answered with a 4xx.
    Refused,
}

impl KeptFor {
    fn of(request: &Finished<'_>, slow: bool) -> Self {
        let was_cancelled = request.failure == Some(Failure::Cancelled);
        match (request.failed() && !was_cancelled, slow || was_cancelled) {
            (true, _) => Self::Failed,
            (false, true) => Self::Slow,
            (false, false) => Self::Refused,
        }
    }
}

/// How many requests with one correlation id are shown.
const MOST_FOUND: usize = 20;

/// The last requests, oldest first.
type RequestRing = VecDeque<Arc<ExplainedRequest>>;

impl ExplainedRequests {
    /// Keeps `capacity` requests of each kind. `None` if that is 0.
    pub(crate) fn new(capacity: u32, clock: Clock) -> Option<Self> {
        let capacity = usize::try_from(capacity).ok().filter(|capacity| *capacity > 0)?;
        Some(Self(Arc::new(Shared { capacity, clock, rings: Default::default() })))
    }

    /// How many requests of each kind are kept.
    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// Keeps a request.
    pub(super) fn keep(&self, request: &Finished<'_>, trace: &PolicyTrace, slow: bool) {
        let explained = Arc::new(ExplainedRequest::new(request, trace, slow, self.0.clock.unix_time()));
        let ring = &self.0.rings[KeptFor::of(request, slow) as usize];
        let oldest = {
            let mut ring = ring.lock();
            let oldest = if ring.len() == self.0.capacity { ring.pop_front() } else { None };
            ring.push_back(explained);
            oldest
        };
        // Freed after the lock is released.
        drop(oldest);
    }

    /// All requests, newest first.
    fn all(&self) -> Vec<Arc<ExplainedRequest>> {
        let mut all = Vec::new();
        for ring in &self.0.rings {
            all.extend(ring.lock().iter().cloned());
        }
        newest_first(&mut all);
        all
    }

    /// The newest requests as JSON: `{"capacity": …, "requests": […]}`, newest first.
    pub(crate) fn list(&self, limit: usize) -> String {
        let all = self.all();
        let rows: Vec<&str> = all.iter().take(limit).map(|request| &*request.row).collect();
        format!(r#"{{"capacity":{},"requests":[{}]}}"#, self.capacity(), rows.join(","))
    }

    /// The newest requests with this correlation id as JSON, newest first. `None` if there is none.
    pub(crate) fn find(&self, correlation_id: &str) -> Option<String> {
        let mut found = Vec::new();
        for ring in &self.0.rings {
            let ring = ring.lock();
            let newest = ring.iter().rev().filter(|request| &*request.correlation_id == correlation_id);
            found.extend(newest.take(MOST_FOUND).cloned());
        }
        newest_first(&mut found);
        let documents: Vec<&str> = found.iter().take(MOST_FOUND).map(|request| &*request.document).collect();
        (!documents.is_empty()).then(|| format!(r#"{{"requests":[{}]}}"#, documents.join(",")))
    }
}

fn newest_first(requests: &mut [Arc<ExplainedRequest>]) {
    requests.sort_by_key(|request| std::cmp::Reverse(request.began));
}

impl fmt::Debug for ExplainedRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExplainedRequests").field("capacity", &self.0.capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderName, HeaderValue, Method, Request, StatusCode};

    use super::*;
    use crate::{
        base::clock::ManualClock,
        explained::{ExplainedRoute, MAX_BYTES},
        observe::{Ending, Exchange, RouteState, TracedRequest},
    };

    fn fail(route: &RouteState, clock: &ManualClock, request: &Request<()>, id: &str, status: StatusCode) {
        let start = clock.now();
        let traced = TracedRequest::begin(request, start, &clock.clock());
        for _ in 0..100 {
            let detail = Some(HeaderValue::from_str(&"\"".repeat(500)).unwrap());
            traced.add(("concurrency", "identified"), Some(status), detail);
        }
        let exchange = Exchange::new(Method::OPTIONS, start, None, traced);
        exchange.identified(HeaderValue::from_str(id).unwrap());
        clock.advance(Duration::from_micros(1_234_567_891));
        let ending = Ending { status: Some(status), failure: None, is_no_failure: false };
        exchange.finish(route, clock.now(), ending, u64::MAX);
    }

    #[test]
    fn largest_requests_need_the_stated_memory() {
        let clock = ManualClock::new();
        let requests = ExplainedRequests::new(3, clock.clock()).unwrap();
        let route = RouteState::new("\"".repeat(10_000), ExplainedRoute::new(Some(requests.clone()), None));
        for repeated in ["\"", "a", "\\", "é"] {
            let long = repeated.repeat(8_000);
            let mut request = Request::new(());
            *request.uri_mut() = format!("/{long}?{}", "name=1&".repeat(4_000)).parse().unwrap();
            for number in 0..2_000 {
                let name = HeaderName::from_bytes(format!("x-{number}{}", "n".repeat(number)).as_bytes()).unwrap();
                request.headers_mut().append(name, HeaderValue::from_bytes(long.as_bytes()).unwrap());
                request.headers_mut().append("x", HeaderValue::from_bytes(&long.as_bytes()[..number]).unwrap());
            }
            for number in 0..10 {
                let id = format!("{number}{}", "i".repeat(127));
                for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::NOT_FOUND] {
                    fail(&route, &clock, &request, &id, status);
                    let document = requests.find(&id).unwrap();
                    serde_json::from_str::<serde_json::Value>(&document).unwrap();
                }
            }
            let all = requests.all();
            assert_eq!(all.len(), 6, "three of each kind");
            for request in all {
                let bytes = size_of::<ExplainedRequest>()
                    + request.correlation_id.len()
                    + request.row.len()
                    + request.document.len();
                assert!(bytes <= MAX_BYTES, "{bytes} bytes of {repeated}");
            }
        }
    }
}
