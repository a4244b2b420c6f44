//! The recorder that keeps the metrics of an app.

#![cfg_attr(
    not(feature = "prometheus"),
    expect(unreachable_code, unused_variables, reason = "without the feature, no exporter exists")
)]

use std::{
    sync::{Arc, OnceLock, Weak},
    thread,
    time::Duration,
};

use parking_lot::Mutex;

use crate::{
    base::setting::{Origin, Setting},
    metrics::{Exporter, InstalledRecorder, LabelledRecorder, MetricSource, SharedRecorder},
    recording::RequestBounds,
};

/// The exporter of the app whose recorder is installed globally.
static INSTALLED: OnceLock<InstalledExporter> = OnceLock::new();

/// How often counts are copied to the program's own recorder.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(1);

/// The recorder of an app's metrics.
#[derive(Debug, Clone)]
pub(crate) enum Metering {
    /// The app's own exporter, which `/metrics` renders.
    Own { exporter: Exporter, lease: Arc<ExporterLease> },
    /// The program's own recorder, which is scraped elsewhere.
    Foreign(Arc<LabelledRecorder>),
}

/// Exists as long as the app that an exporter belongs to.
#[derive(Debug)]
pub(crate) struct ExporterLease;

/// The exporter that is installed. Once its app has ended, another app takes it over: a recorder cannot be uninstalled.
struct InstalledExporter {
    exporter: Exporter,
    lease: Mutex<Weak<ExporterLease>>,
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
        let own = || Some(Self::Own { exporter: Exporter::of_app(buckets)?, lease: Arc::new(ExporterLease) });
        let found = match INSTALLED.get() {
            _ if scope == Scope::Alone => None,
            // Another app is served with the installed exporter, so this one needs its own.
            Some(installed) => installed.take_over(),
            None => InstalledRecorder::find().map(|recorder| Self::Foreign(numbered(recorder))),
        };
        if found.is_none()
            && let Some(own) = own()
        {
            return own;
        }
        if *buckets.origin() != Origin::Default {
            tracing::warn!("`duration_buckets` has no effect: metrics go to the recorder of the program");
        }
        found.unwrap_or_else(|| Self::Foreign(numbered(InstalledRecorder::current())))
    }

    /// Installs the app's own recorder globally, unless the program has installed one.
    pub(in crate::app) fn install(&self) {
        if let Self::Own { exporter, lease } = self
            && metrics::set_global_recorder(exporter.recorder()).is_ok()
        {
            let lease = Mutex::new(Arc::downgrade(lease));
            let _ = INSTALLED.set(InstalledExporter { exporter: exporter.clone(), lease });
        }
    }

    pub(in crate::app) fn recorder(&self) -> SharedRecorder {
        match self {
            Self::Own { exporter, .. } => exporter.recorder(),
            Self::Foreign(recorder) => recorder.clone(),
        }
    }

    /// The recorder for metrics that belong to the process. Apps that share a recorder have one series for all of them.
    pub(in crate::app) fn process_recorder(&self) -> SharedRecorder {
        match self {
            Self::Own { exporter, .. } => exporter.recorder(),
            Self::Foreign(recorder) => Arc::new(recorder.unlabelled()),
        }
    }

    /// Adds a source. Its counters are copied before each rendering, or once a second to a recorder that is scraped
    /// elsewhere.
    pub(in crate::app) fn add(&self, thread: &str, source: Arc<dyn MetricSource>) {
        match self {
            Self::Own { exporter, .. } => exporter.add(source),
            Self::Foreign(_) => keep_up(thread, move || source.update()),
        }
    }

    /// The buckets of requests: those of the exporter, or these bounds of durations in seconds.
    pub(in crate::app) fn request_bounds(&self, seconds: &[f64]) -> RequestBounds {
        match self {
            Self::Own { exporter, .. } => exporter.request_bounds(),
            Self::Foreign(_) => RequestBounds::new(seconds),
        }
    }

    /// The exporter, if the metrics can be rendered.
    pub(crate) fn exporter(&self) -> Option<&Exporter> {
        match self {
            Self::Own { exporter, .. } => Some(exporter),
            Self::Foreign(_) => None,
        }
    }
}

impl InstalledExporter {
    /// The exporter, if its app has ended.
    fn take_over(&self) -> Option<Metering> {
        let mut lease = self.lease.lock();
        if lease.strong_count() > 0 {
            return None;
        }
        let new = Arc::new(ExporterLease);
        *lease = Arc::downgrade(&new);
        Some(Metering::Own { exporter: self.exporter.clone(), lease: new })
    }
}

/// The program's recorder for one more app. Apps that record to it at the same time have different numbers.
fn numbered(recorder: InstalledRecorder) -> Arc<LabelledRecorder> {
    /// Each app with the address of its recorder and its number.
    static APPS: Mutex<Vec<(usize, usize, Weak<LabelledRecorder>)>> = Mutex::new(Vec::new());
    let address = recorder.address();
    let mut apps = APPS.lock();
    apps.retain(|(_, _, app)| app.strong_count() > 0);
    let is_taken = |number: usize| apps.iter().any(|(at, other, _)| (*at, *other) == (address, number));
    let number = (1..).find(|number| !is_taken(*number)).unwrap_or(1);
    let app = Arc::new(LabelledRecorder::new(recorder, number));
    apps.push((address, number, Arc::downgrade(&app)));
    app
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
