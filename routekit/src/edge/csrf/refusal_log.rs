//! The log of refused requests.

use std::time::{Duration, Instant};

use axum::extract::MatchedPath;
use http::{HeaderMap, HeaderName, Request, header};
use parking_lot::Mutex;

use crate::base::{clock::Clock, printable::cut};

/// The shortest time between two warnings.
const PERIOD: Duration = Duration::from_secs(10);
/// The longest value of a header in the log.
const LONGEST_VALUE: usize = 128;

/// Logs refused requests. At most one in ten seconds is a warning, so that a page of another site cannot fill the log;
/// it has the number of refusals since the last one. The others have level `debug`.
#[derive(Debug)]
pub(super) struct RefusalLog {
    clock: Clock,
    state: Mutex<RefusalLogState>,
}

#[derive(Debug, Default)]
struct RefusalLogState {
    logged: Option<Instant>,
    /// The number of refusals since then.
    unlogged: u64,
}

impl RefusalLog {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// The log has the template of the route and what the browser says of the page, and neither the URL nor cookies.
    #[cold]
    pub(super) fn log<B>(&self, request: &Request<B>) {
        let method = request.method().as_str();
        let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let (origin, site) =
            (text(request.headers(), &header::ORIGIN), text(request.headers(), &super::SEC_FETCH_SITE));
        let (origin, site) = (origin.as_deref(), site.as_deref());
        match self.count() {
            Some(count) => tracing::warn!(
                target: "routekit::csrf",
                count,
                method,
                route,
                origin,
                site,
                "refused requests of pages of other sites with the user's cookies; name trusted pages in `csrf.origins`"
            ),
            None => tracing::debug!(
                target: "routekit::csrf",
                method,
                route,
                origin,
                site,
                "refused a request of a page of another site with the user's cookies"
            ),
        }
    }

    /// Counts a refusal. Returns how many there were since the last warning if another is due.
    fn count(&self) -> Option<u64> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        state.unlogged += 1;
        if state.logged.is_some_and(|logged| now < logged + PERIOD) {
            return None;
        }
        state.logged = Some(now);
        Some(std::mem::take(&mut state.unlogged))
    }
}

/// The value of a header, cut and without control characters.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(name)?.as_bytes());
    Some(cut(&value, LONGEST_VALUE).escape_debug().to_string())
}
