//! Histograms of a route, by outcome.

use std::sync::{Arc, OnceLock};

use metrics::Histogram;

use crate::{
    observe::{Ending, Finished},
    recording::{RequestHistogram, RequestOutcome},
};

/// Where the requests with one outcome are counted.
pub(in crate::metrics) struct OutcomeHistograms {
    /// The recording of an app. `None` on a plain axum router.
    pub(in crate::metrics) recording: Option<Arc<RequestHistogram>>,
    /// `None` if routekit's own exporter shows the recording.
    pub(in crate::metrics) facade: Option<Box<FacadeHistograms>>,
}

/// The histograms in a recorder of the facade.
pub(in crate::metrics) struct FacadeHistograms {
    pub(in crate::metrics) duration: Histogram,
    pub(in crate::metrics) request_size: Histogram,
    pub(in crate::metrics) response_size: Histogram,
}

impl OutcomeHistograms {
    #[inline]
    pub(in crate::metrics) fn record(&self, request: &Finished<'_>, is_slow: bool) {
        if let Some(recording) = &self.recording {
            if let Some(allocated) = request.allocated {
                recording.record_allocated(allocated.bytes);
            }
            if is_slow {
                recording.record_slow();
            }
            recording.record(request.duration, request.request_bytes, request.response_bytes);
        }
        if let Some(facade) = &self.facade {
            facade.record(request);
        }
    }
}

impl FacadeHistograms {
    #[expect(clippy::cast_precision_loss, reason = "sizes stay below 2^53 bytes")]
    fn record(&self, request: &Finished<'_>) {
        self.duration.record(request.duration.as_secs_f64());
        self.request_size.record(request.request_bytes as f64);
        self.response_size.record(request.response_bytes as f64);
    }
}

/// The outcomes seen so far: by error type, then by status. Other outcomes take almost no memory.
#[derive(Default)]
pub(in crate::metrics) struct OutcomeTable([ByStatus; RequestOutcome::KINDS]);

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
        let by_status = &self.0[RequestOutcome::of(ending).kind()];
        let Some(status) = ending.status else { return by_status.none.get_or_init(make) };
        let (class, within) = (usize::from(status.as_u16() / 100) - 1, usize::from(status.as_u16() % 100));
        let class = by_status.classes[class].get_or_init(|| Box::new([const { OnceLock::new() }; 100]));
        class[within].get_or_init(make)
    }
}
