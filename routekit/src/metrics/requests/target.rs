//! Where requests are recorded.

use metrics::{Key, Label};

use super::outcome::OutcomeHistograms;
#[cfg(feature = "prometheus")]
use crate::metrics::Exporter;
use crate::metrics::{
    names::{DURATION, METADATA, REQUEST_SIZE, RESPONSE_SIZE},
    recorder::SharedRecorder,
};

/// Where the metrics of requests are recorded.
#[derive(Clone)]
pub(in crate::metrics) struct RequestTarget {
    pub(in crate::metrics) recorder: SharedRecorder,
    /// The exporter of the recorder, if it is routekit's and belongs to the app.
    #[cfg(feature = "prometheus")]
    pub(in crate::metrics) exporter: Option<Exporter>,
}

impl RequestTarget {
    /// The histograms with these labels.
    pub(in crate::metrics) fn outcome(&self, labels: &[Label]) -> OutcomeHistograms {
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
