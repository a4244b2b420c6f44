//! Where requests are recorded.

use metrics::{Key, Label};

#[cfg(feature = "prometheus")]
use super::Exporter;
use super::{
    names::{DURATION, METADATA, REQUEST_SIZE, RESPONSE_SIZE},
    outcome::OutcomeHistograms,
    recorder::SharedRecorder,
};

/// Where the metrics of requests are recorded.
#[derive(Clone)]
pub(super) struct RequestTarget {
    pub(super) recorder: SharedRecorder,
    /// The exporter of the recorder, if it is routekit's and belongs to the app.
    #[cfg(feature = "prometheus")]
    pub(super) exporter: Option<Exporter>,
}

impl RequestTarget {
    /// The histograms with these labels.
    pub(super) fn outcome(&self, labels: &[Label]) -> OutcomeHistograms {
        #[cfg(feature = "prometheus")]
        if let Some(exporter) = &self.exporter {
            return OutcomeHistograms::Own(exporter.requests(labels));
        }
        let histogram = |name| self.recorder.register_histogram(&Key::from_parts(name, labels.to_vec()), &METADATA);
        OutcomeHistograms::Recorder {
            duration: histogram(DURATION),
            request_size: histogram(REQUEST_SIZE),
            response_size: histogram(RESPONSE_SIZE),
        }
    }
}
