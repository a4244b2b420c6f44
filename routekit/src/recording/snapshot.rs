//! A histogram at one moment.

/// A histogram as Prometheus shows it. Samples that are recorded meanwhile are in some of its fields, in all, or in
/// none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HistogramSnapshot {
    /// Each bound with the samples up to it.
    pub(crate) buckets: Vec<(f64, u64)>,
    /// All samples.
    pub(crate) count: u64,
    pub(crate) sum: f64,
}

impl HistogramSnapshot {
    /// The samples of two histograms with the same bounds.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        for ((_, count), (_, more)) in self.buckets.iter_mut().zip(&other.buckets) {
            *count += more;
        }
        self.count += other.count;
        self.sum += other.sum;
        self
    }
}
