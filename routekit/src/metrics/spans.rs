//! Metrics of the exporter of spans.

use metrics::{Counter, Key};

use super::{
    names::{METADATA, OTLP_DROPPED, describe_otlp},
    recorder::SharedRecorder,
};

/// Registers the number of dropped spans.
pub(crate) fn dropped_spans(recorder: &SharedRecorder) -> Counter {
    describe_otlp(&**recorder);
    let counter = recorder.register_counter(&Key::from_static_name(OTLP_DROPPED), &METADATA);
    // So that it exists before the first.
    counter.increment(0);
    counter
}
