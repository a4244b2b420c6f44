//! When the list is fetched, and who waits for it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::{super::keys::Keys, Algorithm, Intervals, Key, set, source::AnySource};
use crate::{
    auth::{Surroundings, VerifyError},
    clock::Clock,
    spawner::Spawner,
};

/// How long a fetch may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// The keys of the last list, and the fetches that bring the next.
pub(super) struct Remote {
    source: Arc<dyn AnySource>,
    intervals: Intervals,
    clock: Clock,
    /// Without one, the request that finds the list too old fetches it.
    spawner: Option<Spawner>,
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
}

/// A fetch that is under way. However it ends, also by being dropped, those who wait for it go on.
struct Running {
    remote: Arc<Remote>,
    _ended: watch::Sender<()>,
}

impl Remote {
    pub(super) fn new(source: Arc<dyn AnySource>, intervals: Intervals, surroundings: Option<&Surroundings>) -> Self {
        Self {
            source,
            intervals,
            clock: surroundings.map_or_else(Clock::system, |surroundings| surroundings.clock.clone()),
            spawner: surroundings.map(|surroundings| surroundings.spawner.clone()),
            list: ArcSwap::from_pointee(None),
            fetching: Mutex::default(),
        }
    }

    /// The key of this id and algorithm. For one that is unknown the list is fetched, if the token is `plausible`.
    pub(super) async fn find(
        self: &Arc<Self>,
        kid: Option<&str>,
        algorithm: Algorithm,
        plausible: impl Fn() -> Result<(), VerifyError>,
    ) -> Result<Arc<Key>, VerifyError> {
        let now = self.clock.now();
        if let Some((key, fetched)) = self.known(kid, algorithm) {
            if now - fetched >= self.intervals.refresh_every {
                self.refresh(now).await;
            }
            return Ok(key);
        }
        plausible()?;
        if let Some(mut running) = self.begin(now).await {
            // An error says that it has ended.
            while running.changed().await.is_ok() {}
        }
        match self.known(kid, algorithm) {
            Some((key, _)) => Ok(key),
            None if self.list.load().is_some() => Err(VerifyError::refused("an unknown key")),
            None => Err(VerifyError::unavailable("the issuer's keys could not be fetched yet")),
        }
    }

    /// Fetches the list for whoever comes.
    pub(super) async fn warm_up(self: &Arc<Self>) {
        self.refresh(self.clock.now()).await;
    }

    async fn refresh(self: &Arc<Self>, now: Instant) {
        drop(self.begin(now).await);
    }

    fn known(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<(Arc<Key>, Instant)> {
        let list = self.list.load();
        let list = (**list).as_ref()?;
        list.keys.find(kid, algorithm).map(|key| (Arc::clone(key), list.fetched))
    }

    /// The fetch that is under way, which is begun if it may be; `None` if there was one just now.
    async fn begin(self: &Arc<Self>, now: Instant) -> Option<watch::Receiver<()>> {
        let (fetch, running) = {
            let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(running) = &fetching.running {
                return Some(running.clone());
            }
            if fetching.began.is_some_and(|began| now - began < self.intervals.at_most_every) {
                return None;
            }
            let (ended, running) = watch::channel(());
            *fetching = Fetching { began: Some(now), running: Some(running.clone()) };
            let fetch = Running { remote: Arc::clone(self), _ended: ended };
            (fetch.fetch(), running)
        };
        // A client that leaves does not take the fetch with it, for which others may be waiting.
        match &self.spawner {
            Some(spawner) => spawner.spawn(fetch),
            None => fetch.await,
        }
        Some(running)
    }
}

impl Running {
    async fn fetch(self) {
        let Remote { source, list, clock, .. } = &*self.remote;
        let fetched = match tokio::time::timeout(DEADLINE, source.fetch()).await {
            Ok(answer) => answer.and_then(|json| set::parse(&json)),
            Err(_) => Err("no answer in time".into()),
        };
        match fetched {
            Ok(keys) => {
                tracing::debug!(target: "routekit::auth", source = source.name(), ?keys, "fetched the issuer's keys");
                list.store(Arc::new(Some(List { keys, fetched: clock.now() })));
            }
            Err(error) => {
                let known = list.load().is_some();
                tracing::error!(target: "routekit::auth", source = source.name(), %error, known, "cannot fetch the issuer's keys");
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.remote.fetching.lock().unwrap_or_else(PoisonError::into_inner).running = None;
    }
}
