//! Recorders that metrics are registered with.

use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

/// A recorder that several parts of an app share.
pub type SharedRecorder = Arc<dyn Recorder + Send + Sync>;

/// The globally installed recorder, or the one that `metrics::with_local_recorder` sets.
#[derive(Debug, Clone, Copy)]
pub struct InstalledRecorder(());

impl InstalledRecorder {
    /// Returns the installed recorder, if there is one.
    #[must_use]
    pub fn find() -> Option<Self> {
        // The facade does not report it. Its no-op default is a zero-sized type, and a recorder that stores metrics is
        // not.
        metrics::with_recorder(|recorder| size_of_val(recorder) > 0).then_some(Self(()))
    }

    /// The recorder that is installed now, which may be none.
    pub(crate) const fn current() -> Self {
        Self(())
    }

    /// The address of the recorder, to compare it with another.
    pub(crate) fn address(self) -> usize {
        metrics::with_recorder(|recorder| std::ptr::from_ref(recorder).addr())
    }
}

impl Recorder for InstalledRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        metrics::with_recorder(|recorder| recorder.describe_counter(key, unit, description));
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        metrics::with_recorder(|recorder| recorder.describe_gauge(key, unit, description));
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        metrics::with_recorder(|recorder| recorder.describe_histogram(key, unit, description));
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        metrics::with_recorder(|recorder| recorder.register_counter(key, metadata))
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        metrics::with_recorder(|recorder| recorder.register_gauge(key, metadata))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        metrics::with_recorder(|recorder| recorder.register_histogram(key, metadata))
    }
}
