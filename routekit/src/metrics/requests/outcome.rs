//! Histograms of a route, by outcome.

#[cfg(feature = "prometheus")]
use std::sync::Arc;
use std::sync::OnceLock;

use metrics::Histogram;

#[cfg(feature = "prometheus")]
use crate::metrics::exporter::RequestHistogram;
use crate::observe::{Ending, Failure, Finished};

/// The three histograms that share their labels.
pub(in crate::metrics) enum OutcomeHistograms {
    /// In routekit's own exporter.
    #[cfg(feature = "prometheus")]
    Own(Arc<RequestHistogram>),
    /// In a recorder of the facade.
    Recorder { duration: Histogram, request_size: Histogram, response_size: Histogram },
}

impl OutcomeHistograms {
    #[inline]
    pub(in crate::metrics) fn record(&self, request: &Finished<'_>) {
        match self {
            #[cfg(feature = "prometheus")]
            Self::Own(histogram) => {
                histogram.record(request.duration, request.request_bytes, request.response_bytes);
            }
            #[expect(clippy::cast_precision_loss, reason = "sizes stay below 2^53 bytes")]
            Self::Recorder { duration, request_size, response_size } => {
                duration.record(request.duration.as_secs_f64());
                request_size.record(request.request_bytes as f64);
                response_size.record(request.response_bytes as f64);
            }
        }
    }
}

/// The outcomes seen so far: by error type, then by status. Other outcomes take almost no memory.
#[derive(Default)]
pub(in crate::metrics) struct OutcomeTable([ByStatus; 10]);

#[derive(Default)]
struct ByStatus {
    /// 1xx to 9xx, then the last two digits.
    classes: [OnceLock<Box<[OnceLock<OutcomeHistograms>; 100]>>; 9],
    /// No status, because the client disconnected before there was one.
    none: OnceLock<OutcomeHistograms>,
}

impl OutcomeTable {
    pub(in crate::metrics) fn get(
        &self,
        ending: Ending,
        make: impl FnOnce() -> OutcomeHistograms,
    ) -> &OutcomeHistograms {
        let by_status = &self.0[index(ending)];
        let Some(status) = ending.status else { return by_status.none.get_or_init(make) };
        let (class, within) = (usize::from(status.as_u16() / 100) - 1, usize::from(status.as_u16() % 100));
        let class = by_status.classes[class].get_or_init(|| Box::new([const { OnceLock::new() }; 100]));
        class[within].get_or_init(make)
    }
}

fn index(ending: Ending) -> usize {
    match ending.failure {
        None if ending.is_no_failure => 8,
        None => 0,
        Some(Failure::Timeout) => 1,
        Some(Failure::Panic) => 2,
        Some(Failure::Cancelled) => 3,
        Some(Failure::Body) => 4,
        Some(Failure::Service) => 5,
        Some(Failure::BreakerOpen) => 6,
        Some(Failure::Concurrency) => 7,
        Some(Failure::Shutdown) => 9,
    }
}
