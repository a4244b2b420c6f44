//! When the list is fetched, and who waits for it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::{Intervals, Keys, set, source::AnySource};
use crate::{
    auth::{VerifierContext, VerifyError},
    printable::{Chain, Printable},
};

/// How soon to try again while there is no list at all.
const IMPATIENCE: Duration = Duration::from_secs(2);
/// How long a fetch may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// The keys of the last list, and the fetches that bring the next.
pub(super) struct Remote {
    source: Arc<dyn AnySource>,
    intervals: Intervals,
    context: VerifierContext,
    /// `None` before the first. Read by every request, so without a lock.
    list: ArcSwap<Option<List>>,
    /// Asked only where a key is unknown or the list is old.
    fetching: Mutex<Fetching>,
}

struct List {
    keys: Keys,
    fetched: Instant,
}

#[derive(Default)]
struct Fetching {
    /// When the last fetch began.
    began: Option<Instant>,
    /// Closed once the fetch that is under way has ended.
    running: Option<watch::Receiver<()>>,
    /// Whether the last that ended brought nothing.
    failed: bool,
}

/// A fetch that is under way. However it ends, also by a panic of its source, those who wait for it go on.
struct Running {
    remote: Arc<Remote>,
    brought: bool,
    _ended: watch::Sender<()>,
}

impl Remote {
    pub(super) fn new(source: Arc<dyn AnySource>, intervals: Intervals, context: VerifierContext) -> Self {
        let list = ArcSwap::from_pointee(None);
        Self { source, intervals, context, list, fetching: Mutex::default() }
    }

    pub(super) fn with_keys<R>(self: &Arc<Self>, see: impl FnOnce(&Keys) -> R) -> R {
        let list = self.list.load();
        let Some(list) = &**list else { return see(&Keys::default()) };
        let now = self.context.clock.now();
        if now - list.fetched >= self.intervals.refresh_every {
            self.begin(now);
        }
        see(&list.keys)
    }

    /// Waits for the fetch that is under way, which is begun if it may be.
    pub(super) async fn fetch(self: &Arc<Self>) -> Result<(), VerifyError> {
        if let Some(mut running) = self.begin(self.context.clock.now()) {
            // An error says that it has ended.
            while running.changed().await.is_ok() {}
        }
        match self.list.load().is_some() {
            true => Ok(()),
            false => Err(VerifyError::unavailable("the issuer's keys could not be fetched yet")),
        }
    }

    /// Fetches the list again and again, so that it is there before the first token and no older than it may be.
    pub(super) async fn run(self: &Arc<Self>) {
        loop {
            self.begin(self.context.clock.now());
            tokio::time::sleep(self.intervals.refresh_every).await;
        }
    }

    fn fetching(&self) -> MutexGuard<'_, Fetching> {
        // A panic while it was held leaves it whole.
        self.fetching.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fetch that is under way, which is begun if it may be; `None` if there was one just now.
    fn begin(self: &Arc<Self>, now: Instant) -> Option<watch::Receiver<()>> {
        let mut fetching = self.fetching();
        if let Some(running) = &fetching.running {
            return Some(running.clone());
        }
        let pause = match self.list.load().is_some() {
            true => self.intervals.at_most_every,
            false => self.intervals.at_most_every.min(IMPATIENCE),
        };
        if fetching.began.is_some_and(|began| now - began < pause) {
            return None;
        }
        let (ended, running) = watch::channel(());
        fetching.began = Some(now);
        fetching.running = Some(running.clone());
        drop(fetching);
        // Not as a part of the request: a client that leaves would take the fetch with it, for which others may be waiting.
        self.context.spawner.spawn(Running { remote: Arc::clone(self), brought: false, _ended: ended }.fetch());
        Some(running)
    }
}

impl Running {
    async fn fetch(mut self) {
        let Remote { source, list, context, .. } = &*self.remote;
        let fetched = match tokio::time::timeout(DEADLINE, source.fetch()).await {
            Ok(answer) => answer.and_then(|json| set::parse(&json)),
            Err(_) => Err("no answer in time".into()),
        };
        match fetched {
            Ok(keys) => {
                // Once it is news: the first, and after one that failed.
                if list.load().is_none() || self.remote.fetching().failed {
                    tracing::info!(target: "routekit::auth", source = source.name(), ?keys, "fetched the issuer's keys");
                }
                list.store(Arc::new(Some(List { keys, fetched: context.clock.now() })));
                self.brought = true;
            }
            Err(error) => {
                let known = list.load().is_some();
                tracing::error!(target: "routekit::auth", source = source.name(), error = %Printable(Chain(&*error)), known, "cannot fetch the issuer's keys");
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(target: "routekit::auth", source = self.remote.source.name(), "the fetch of the issuer's keys panicked");
        }
        let mut fetching = self.remote.fetching();
        fetching.running = None;
        fetching.failed = !self.brought;
    }
}
