//! Decides when keys are fetched, and makes requests wait for them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

use super::{set, source::AnySource};
use crate::{
    auth::{VerifierContext, VerifyError, jwt::keys::Keys},
    base::printable::{Chain, Printable},
};

/// The time between attempts while there are no keys yet.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// The timeout of a fetch.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How often keys are fetched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intervals {
    pub(super) refresh_every: Duration,
    pub(super) at_most_every: Duration,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { refresh_every: Duration::from_secs(600), at_most_every: Duration::from_secs(30) }
    }
}

/// The current keys, and the fetches that replace them.
pub(super) struct Remote {
    source: Arc<dyn AnySource>,
    intervals: Intervals,
    context: VerifierContext,
    /// `None` before the first fetch succeeds. Read by every request, so not behind a lock.
    keys: ArcSwap<Option<FetchedKeys>>,
    /// Locked only if a key is unknown or the keys are too old.
    fetching: Mutex<Fetching>,
}

struct FetchedKeys {
    keys: Keys,
    fetched: Instant,
}

#[derive(Default)]
struct Fetching {
    /// The start of the last fetch.
    began: Option<Instant>,
    /// Closed when the running fetch ends.
    running: Option<watch::Receiver<()>>,
    /// Whether the last fetch failed.
    failed: bool,
}

/// A running fetch. Its waiters continue however it ends, even if the source panics.
struct FetchInProgress {
    remote: Arc<Remote>,
    succeeded: bool,
    _ended: watch::Sender<()>,
}

impl Remote {
    pub(super) fn new(source: Arc<dyn AnySource>, intervals: Intervals, context: VerifierContext) -> Self {
        let keys = ArcSwap::from_pointee(None);
        Self { source, intervals, context, keys, fetching: Mutex::default() }
    }

    pub(super) fn with_keys<R>(self: &Arc<Self>, see: impl FnOnce(&Keys) -> R) -> R {
        let current = self.keys.load();
        let Some(current) = &**current else { return see(&Keys::default()) };
        let now = self.context.clock.now();
        if now - current.fetched >= self.intervals.refresh_every {
            self.begin(now);
        }
        see(&current.keys)
    }

    /// Starts a fetch if one may be made now, and waits for the running one.
    pub(super) async fn fetch(self: &Arc<Self>) -> Result<(), VerifyError> {
        if let Some(mut running) = self.begin(self.context.clock.now()) {
            // The error of a closed channel means that the fetch has ended.
            while running.changed().await.is_ok() {}
        }
        match self.keys.load().is_some() {
            true => Ok(()),
            false => Err(VerifyError::unavailable("the issuer's keys could not be fetched yet")),
        }
    }

    /// Fetches keys periodically, so that they are available before the first token and never too old.
    pub(super) async fn run(self: &Arc<Self>) {
        loop {
            self.begin(self.context.clock.now());
            tokio::time::sleep(self.intervals.refresh_every).await;
        }
    }

    fn fetching(&self) -> MutexGuard<'_, Fetching> {
        self.fetching.lock()
    }

    /// Returns the running fetch, and starts one if allowed. `None` if the last one is too recent.
    fn begin(self: &Arc<Self>, now: Instant) -> Option<watch::Receiver<()>> {
        let mut fetching = self.fetching();
        if let Some(running) = &fetching.running {
            return Some(running.clone());
        }
        let pause = match self.keys.load().is_some() {
            true => self.intervals.at_most_every,
            false => self.intervals.at_most_every.min(RETRY_INTERVAL),
        };
        if fetching.began.is_some_and(|began| now - began < pause) {
            return None;
        }
        let (ended, running) = watch::channel(());
        fetching.began = Some(now);
        fetching.running = Some(running.clone());
        drop(fetching);
        // Not a part of the request: a client that disconnects would cancel a fetch that others wait for.
        self.context
            .spawner
            .spawn(FetchInProgress { remote: Arc::clone(self), succeeded: false, _ended: ended }.fetch());
        Some(running)
    }
}

impl FetchInProgress {
    async fn fetch(mut self) {
        let Remote { source, keys: stored, context, .. } = &*self.remote;
        let fetched = match tokio::time::timeout(TIMEOUT, source.fetch()).await {
            Ok(answer) => answer.and_then(|json| set::parse(&json)),
            Err(_) => Err("no answer in time".into()),
        };
        match fetched {
            Ok(keys) => {
                // Logged only at the first success, and at the first success after a failure.
                if stored.load().is_none() || self.remote.fetching().failed {
                    let source = source.name();
                    tracing::info!(target: "routekit::auth", source, ?keys, "fetched the issuer's keys");
                }
                stored.store(Arc::new(Some(FetchedKeys { keys, fetched: context.clock.now() })));
                self.succeeded = true;
            }
            Err(error) => {
                let (source, known) = (source.name(), stored.load().is_some());
                let error = Printable(Chain(&*error));
                tracing::error!(target: "routekit::auth", source, %error, known, "cannot fetch the issuer's keys");
            }
        }
    }
}

impl Drop for FetchInProgress {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let source = self.remote.source.name();
            tracing::error!(target: "routekit::auth", source, "fetching the issuer's keys panicked");
        }
        let mut fetching = self.remote.fetching();
        fetching.running = None;
        fetching.failed = !self.succeeded;
    }
}
