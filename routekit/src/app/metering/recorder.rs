//! The recorder that keeps the metrics of an app.

use std::{
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use crate::{
    base::setting::{Origin, Setting},
    metrics::{Exporter, InstalledRecorder, MetricSource, SharedRecorder},
};

/// The exporter of the app whose recorder is installed globally.
static INSTALLED: OnceLock<Exporter> = OnceLock::new();

/// How often counts are copied to the program's own recorder.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(1);

/// The recorder of an app's metrics.
#[derive(Debug, Clone)]
pub(crate) enum Metering {
    /// The app's own exporter, which `/metrics` renders.
    Own(Exporter),
    /// The program's own recorder, which is scraped elsewhere.
    Foreign(InstalledRecorder),
}

/// Which recorder the metrics of an app go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Scope {
    /// The program's recorder, if it has one.
    Program,
    /// The app's own recorder, for tests.
    Alone,
}

impl Metering {
    pub(in crate::app) fn choose(scope: Scope, buckets: &Setting<Vec<f64>>) -> Self {
        if scope == Scope::Program {
            let installed = INSTALLED.get().cloned();
            let found = installed.map(Self::Own).or_else(|| InstalledRecorder::find().map(Self::Foreign));
            if let Some(found) = found {
                if *buckets.origin() != Origin::Default {
                    tracing::warn!("`duration_buckets` has no effect: the program's recorder was installed before");
                }
                return found;
            }
        }
        Self::Own(Exporter::with_duration_buckets(buckets))
    }

    /// Installs the app's own recorder globally, unless the program has installed one.
    pub(in crate::app) fn install(&self) {
        if let Self::Own(exporter) = self
            && metrics::set_global_recorder(exporter.recorder()).is_ok()
        {
            let _ = INSTALLED.set(exporter.clone());
        }
    }

    pub(in crate::app) fn recorder(&self) -> SharedRecorder {
        match self {
            Self::Own(exporter) => exporter.recorder(),
            Self::Foreign(installed) => Arc::new(*installed),
        }
    }

    /// Adds a source. Its counters are copied before each rendering, or once a second to a recorder that is scraped
    /// elsewhere.
    pub(in crate::app) fn add(&self, thread: &str, source: Arc<dyn MetricSource>) {
        match self {
            Self::Own(exporter) => exporter.add(source),
            Self::Foreign(_) => keep_up(thread, move || source.update()),
        }
    }

    /// The exporter, if the metrics can be rendered.
    pub(crate) fn exporter(&self) -> Option<&Exporter> {
        match self {
            Self::Own(exporter) => Some(exporter),
            Self::Foreign(_) => None,
        }
    }
}

/// Runs `work` once a second until it returns `false`.
///
/// This needs a thread and not a task: an app may be built without a runtime, and pausing the runtime's time must not
/// pause it.
fn keep_up(name: &str, work: impl Fn() -> bool + Send + 'static) {
    let started = thread::Builder::new().name(name.to_owned()).spawn(move || {
        while work() {
            thread::sleep(UPKEEP_INTERVAL);
        }
    });
    if let Err(error) = started {
        tracing::warn!(%error, name, "cannot start a thread for metrics; counts are not copied");
    }
}
