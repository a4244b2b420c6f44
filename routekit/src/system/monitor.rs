//! The handle that the parts of an app share.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::{
    document::SystemMetrics,
    heartbeat::Heartbeat,
    process::ProcessFigures,
    runtime::RuntimeFigures,
    sampler::{Surroundings, SystemSampler},
};
use crate::base::clock::Clock;

/// The time from one sample to the next.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(5);

/// Rates of a shorter time are too coarse: CPU time is counted in hundredths of a second.
const SHORTEST_PERIOD: Duration = Duration::from_secs(1);

/// The system metrics of an app. Clones share them.
///
/// `beat` is called from a thread, and `run` is a task. Without them, readings work too, but know no scheduling delay.
#[derive(Clone)]
pub(crate) struct SystemMonitor(Arc<Watched>);

/// A reference that does not keep the app's runtime.
pub(crate) struct WeakSystemMonitor(Weak<Watched>);

struct Watched {
    clock: Clock,
    /// The runtime that `run` runs on.
    runtime: OnceLock<Handle>,
    heartbeat: Heartbeat,
    sampler: Mutex<SystemSampler>,
    latest: Mutex<Arc<SystemMetrics>>,
}

impl SystemMonitor {
    /// Takes the first sample, from the `/proc` and `/sys` below `root`.
    pub(crate) fn new(root: impl Into<PathBuf>, clock: Clock) -> Self {
        let start = Surroundings {
            now: clock.now(),
            unix_time: clock.unix_time(),
            runtime: Handle::try_current().ok().as_ref().map(RuntimeFigures::read),
            delay: None,
        };
        let sampler = SystemSampler::new(root.into(), &start);
        let (first, _) = sampler.read(&start);
        Self(Arc::new(Watched {
            clock,
            runtime: OnceLock::new(),
            heartbeat: Heartbeat::default(),
            sampler: Mutex::new(sampler),
            latest: Mutex::new(Arc::new(first)),
        }))
    }

    /// The last sample, at most 5 seconds old while the app is served.
    pub(crate) fn latest(&self) -> Arc<SystemMetrics> {
        Arc::clone(&self.0.latest.lock())
    }

    /// The figures of now. Rates are those since the last sample, or the latest ones if that is less than a second ago.
    pub(crate) fn read(&self) -> Arc<SystemMetrics> {
        // Without a thread that samples, each reading begins a new period once the old one is long.
        self.read_after(SHORTEST_PERIOD, 2 * SAMPLE_INTERVAL)
    }

    /// Sends a beat to `run`, and takes a sample if the last one is old. To be called every
    /// `BEAT_INTERVAL` from outside the runtime.
    pub(crate) fn beat(&self) {
        self.0.heartbeat.send(self.0.clock.now());
        self.read_after(SAMPLE_INTERVAL, SAMPLE_INTERVAL);
    }

    /// Receives the beats, on the runtime that is to be watched.
    pub(crate) async fn run(self) {
        let _ = self.0.runtime.set(Handle::current());
        loop {
            self.0.heartbeat.next().await;
            self.0.heartbeat.received(self.0.clock.now());
        }
    }

    /// The figures of the process, read now.
    pub(crate) fn process(&self) -> ProcessFigures {
        let root = self.0.sampler.lock().root().to_owned();
        ProcessFigures::read(&root)
    }

    pub(crate) fn downgrade(&self) -> WeakSystemMonitor {
        WeakSystemMonitor(Arc::downgrade(&self.0))
    }

    /// Reads the figures if the period is at least `shortest`, and begins a new one if it is at least `longest`.
    fn read_after(&self, shortest: Duration, longest: Duration) -> Arc<SystemMetrics> {
        let watched = &*self.0;
        let mut sampler = watched.sampler.lock();
        let now = watched.clock.now();
        let age = sampler.age(now);
        if age < shortest {
            return self.latest();
        }
        let (runtime, delay) = (watched.runtime(), watched.heartbeat.delay(now));
        let (metrics, baseline) =
            sampler.read(&Surroundings { now, unix_time: watched.clock.unix_time(), runtime, delay });
        let metrics = Arc::new(metrics);
        *watched.latest.lock() = Arc::clone(&metrics);
        if age >= longest {
            sampler.start_period(baseline);
            watched.heartbeat.start_period();
        }
        metrics
    }
}

impl Watched {
    /// The runtime that the app is served on, or else that of the caller.
    fn runtime(&self) -> Option<RuntimeFigures> {
        match self.runtime.get() {
            Some(runtime) => Some(RuntimeFigures::read(runtime)),
            None => Handle::try_current().ok().as_ref().map(RuntimeFigures::read),
        }
    }
}

impl WeakSystemMonitor {
    pub(crate) fn upgrade(&self) -> Option<SystemMonitor> {
        self.0.upgrade().map(SystemMonitor)
    }
}

impl fmt::Debug for SystemMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SystemMonitor").field(&self.latest()).finish()
    }
}
