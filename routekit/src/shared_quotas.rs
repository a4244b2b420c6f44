//! Quotas that several processes share: what rate limits need of a server that counts for all of them.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::base::redis_waits::RedisWaits;

/// The time without a failure after which the server counts as back. A server at the limit of its budget would
/// otherwise be a line of the log for every other request.
const SETTLED: Duration = Duration::from_secs(1);

/// The quotas of limits that several processes share, on a server: `RedisStore::quotas` creates them. Clones are the
/// same quotas.
///
/// While the server cannot be used, each process counts on its own.
#[derive(Clone)]
#[cfg_attr(not(feature = "redis"), expect(unreachable_pub, reason = "quotas are shared through Redis"))]
pub struct SharedQuotas(Arc<QuotasState>);

struct QuotasState {
    server: Box<dyn QuotaServer>,
    /// Whether requests are counted by this process, because the server could not be used.
    is_away: AtomicBool,
    /// The arrival of the last request that the server did not count.
    last_failure: Mutex<Option<Instant>>,
}

/// A server that counts.
pub(crate) trait QuotaServer: Send + Sync + 'static {
    /// Takes one request from each quota. If the request is beyond one that enforces, nothing is taken from the
    /// enforcing ones, nor from those behind it. Returns a decision for each quota. The time that it takes counts in
    /// `waits`.
    fn take<'a>(&'a self, takes: &'a [QuotaTake], waits: &'a RedisWaits) -> QuotaFuture<'a>;
}

/// The future of [`QuotaServer::take`].
pub(crate) type QuotaFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<SharedDecision>, QuotaFault>> + Send + 'a>>;

/// Why a server does not count a request.
#[derive(Debug)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "only a server creates it"))]
pub(crate) enum QuotaFault {
    /// It cannot be used, for this reason.
    Away(String),
    /// The request had too little time left, which says nothing about the server.
    OutOfTime,
}

/// One request of one client, to be taken from the quota of a limit.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "only a server reads it"))]
pub(crate) struct QuotaTake {
    /// The digest of the limit and of the client.
    pub(crate) key: [u8; 16],
    /// The time after which one more request is available, in nanoseconds.
    pub(crate) period: u64,
    /// How far away the full quota may be for a request to pass, in nanoseconds.
    pub(crate) tolerance: u64,
    /// Whether requests beyond the limit pass.
    pub(crate) observes: bool,
}

/// The decision of the server on one quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SharedDecision {
    /// Whether the request is within the quota.
    pub(crate) passes: bool,
    /// The nanoseconds until the quota is full.
    pub(crate) used: u64,
}

impl SharedQuotas {
    #[cfg(feature = "redis")]
    pub(crate) fn new(server: impl QuotaServer) -> Self {
        let server = Box::new(server);
        Self(Arc::new(QuotasState { server, is_away: AtomicBool::new(false), last_failure: Mutex::default() }))
    }

    /// Takes one request, which arrived at `at`. `None` if the server cannot be used, which is logged when it begins
    /// and when it ends, or if the request has no time left to wait for it.
    pub(crate) async fn take(
        &self,
        takes: &[QuotaTake],
        at: Instant,
        waits: &RedisWaits,
    ) -> Option<Vec<SharedDecision>> {
        match self.0.server.take(takes, waits).await {
            Ok(decisions) => {
                if self.0.is_away.load(Ordering::Relaxed) {
                    self.0.answered(at);
                }
                Some(decisions)
            }
            Err(QuotaFault::Away(reason)) => {
                self.0.failed(&reason, at);
                None
            }
            Err(QuotaFault::OutOfTime) => None,
        }
    }
}

impl QuotasState {
    #[cold]
    fn answered(&self, at: Instant) {
        let last = *self.last_failure.lock();
        let is_settled = last.is_none_or(|last| at.saturating_duration_since(last) >= SETTLED);
        if is_settled && self.is_away.swap(false, Ordering::Relaxed) {
            tracing::info!(target: "routekit::rate_limit", "shared rate limits are counted in Redis again");
        }
    }

    #[cold]
    fn failed(&self, reason: &str, at: Instant) {
        {
            let mut last = self.last_failure.lock();
            *last = Some(last.map_or(at, |last| last.max(at)));
        }
        if !self.is_away.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "routekit::rate_limit",
                reason,
                "shared rate limits are counted by each process on its own, because Redis cannot be used"
            );
        }
    }
}

impl fmt::Debug for SharedQuotas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedQuotas").field("is_away", &self.0.is_away).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "redis"))]
mod tests {
    use super::*;
    use crate::ManualClock;

    /// How a server fails, while it is set.
    type Fails = Arc<Mutex<Option<fn() -> QuotaFault>>>;

    struct Server(Fails);

    impl QuotaServer for Server {
        fn take<'a>(&'a self, _takes: &'a [QuotaTake], _waits: &'a RedisWaits) -> QuotaFuture<'a> {
            let fault = *self.0.lock();
            Box::pin(async move { fault.map_or_else(|| Ok(Vec::new()), |fault| Err(fault())) })
        }
    }

    fn away() -> QuotaFault {
        QuotaFault::Away("gone".to_owned())
    }

    #[tokio::test]
    async fn server_is_back_once_it_has_not_failed_for_a_second() {
        let (fails, clock) = (Fails::default(), ManualClock::new());
        *fails.lock() = Some(away);
        let quotas = SharedQuotas::new(Server(Arc::clone(&fails)));
        let is_away = || quotas.0.is_away.load(Ordering::Relaxed);
        let take = async || quotas.take(&[], clock.now(), &RedisWaits::uncounted()).await;
        assert!(take().await.is_none() && is_away());
        *fails.lock() = None;
        clock.advance(SETTLED / 2);
        assert!(take().await.is_some(), "it counts at once");
        assert!(is_away(), "and is not reported yet");
        clock.advance(SETTLED / 2);
        assert!(take().await.is_some() && !is_away());
    }

    #[tokio::test]
    async fn a_request_without_time_is_no_failure_of_the_server() {
        let (fails, clock) = (Fails::default(), ManualClock::new());
        *fails.lock() = Some(|| QuotaFault::OutOfTime);
        let quotas = SharedQuotas::new(Server(fails));
        assert!(quotas.take(&[], clock.now(), &RedisWaits::uncounted()).await.is_none());
        assert!(!quotas.0.is_away.load(Ordering::Relaxed) && quotas.0.last_failure.lock().is_none());
    }
}
