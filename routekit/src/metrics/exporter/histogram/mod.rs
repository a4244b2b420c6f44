//! Histograms that count in place.
//!
//! A sample is added to the count of its bucket when it is recorded. So a histogram takes the same memory however many
//! samples it gets and however rarely it is rendered, no thread has to fold samples, and none is lost.

mod buckets;
mod registry;
mod shown_requests;
mod text;

pub(super) use self::registry::HistogramRegistry;
