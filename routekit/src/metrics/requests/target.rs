//! Where requests are counted.

#[cfg(feature = "prometheus")]
use std::sync::Arc;

use http::Method;
use metrics::{Key, Label};

use super::outcome::{FacadeHistograms, OutcomeHistograms};
#[cfg(feature = "prometheus")]
use crate::metrics::Exporter;
use crate::{
    metrics::{
        names::{DURATION, METADATA, REQUEST_SIZE, RESPONSE_SIZE},
        recorder::SharedRecorder,
    },
    observe::Ending,
    recording::RouteRecord,
};

/// Where the metrics of requests go.
#[derive(Clone)]
pub(in crate::metrics) struct RequestTarget {
    pub(in crate::metrics) recorder: SharedRecorder,
    /// The exporter of the recorder, if it is routekit's and belongs to the app.
    #[cfg(feature = "prometheus")]
    pub(in crate::metrics) exporter: Option<Exporter>,
}

impl RequestTarget {
    /// The histograms with these labels, for requests of a route with this method that end like this.
    pub(in crate::metrics) fn outcome(
        &self,
        labels: &[Label],
        record: Option<&RouteRecord>,
        (method, ending): (&Method, Ending),
    ) -> OutcomeHistograms {
        let recording = record.map(|record| record.histogram(method, ending));
        #[cfg(feature = "prometheus")]
        if let (Some(exporter), Some(recording)) = (&self.exporter, &recording) {
            exporter.show(labels, recording);
            return OutcomeHistograms { recording: Some(Arc::clone(recording)), facade: None };
        }
        let histogram = |name| self.recorder.register_histogram(&Key::from_parts(name, labels.to_vec()), &METADATA);
        let facade = FacadeHistograms {
            duration: histogram(DURATION),
            request_size: histogram(REQUEST_SIZE),
            response_size: histogram(RESPONSE_SIZE),
        };
        OutcomeHistograms { recording, facade: Some(Box::new(facade)) }
    }
}
