//! A recorder whose metrics have one label more.

use std::fmt;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, SharedString, Unit};

use super::recorder::InstalledRecorder;

/// The program's recorder, for one of several apps that record to it.
pub(crate) struct LabelledRecorder {
    recorder: InstalledRecorder,
    /// `None` for the first app.
    label: Option<Label>,
}

impl LabelledRecorder {
    /// Adds the label `app` to all metrics of the app with this number, except those of the first app.
    pub(crate) fn new(recorder: InstalledRecorder, number: usize) -> Self {
        Self { recorder, label: (number > 1).then(|| Label::new("app", number.to_string())) }
    }

    /// The recorder without the label.
    pub(crate) fn unlabelled(&self) -> InstalledRecorder {
        self.recorder
    }

    fn key(&self, key: &Key) -> Key {
        key.with_extra_labels(self.label.iter().cloned().collect())
    }
}

impl fmt::Debug for LabelledRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LabelledRecorder").field(&self.label).finish()
    }
}

impl Recorder for LabelledRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.recorder.register_counter(&self.key(key), metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.recorder.register_gauge(&self.key(key), metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.recorder.register_histogram(&self.key(key), metadata)
    }
}
