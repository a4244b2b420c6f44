//! The sum of the requests of a route, and the difference of two sums.

use std::{sync::Arc, time::Duration};

use super::{outcome::RequestOutcome, scale::BucketScale};

/// Counts of requests: those of a route since the record began, or those of a window of time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RequestTotals {
    scale: Arc<BucketScale>,
    /// The requests in each bucket of the scale.
    pub(crate) buckets: Vec<u64>,
    /// The sum of the durations in nanoseconds.
    pub(crate) nanos: u64,
    pub(crate) slow: u64,
    /// The requests whose allocations were counted, and the bytes that these allocated.
    pub(crate) measured: u64,
    pub(crate) allocated_bytes: u64,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    /// The requests of each outcome, in the order of outcomes.
    pub(crate) outcomes: Vec<(RequestOutcome, u64)>,
}

impl RequestTotals {
    pub(crate) fn new(scale: Arc<BucketScale>) -> Self {
        let buckets = vec![0; scale.len()];
        Self {
            scale,
            buckets,
            nanos: 0,
            slow: 0,
            measured: 0,
            allocated_bytes: 0,
            request_bytes: 0,
            response_bytes: 0,
            outcomes: Vec::new(),
        }
    }

    /// The number of requests.
    pub(crate) fn count(&self) -> u64 {
        self.outcomes.iter().map(|(_, count)| count).sum()
    }

    /// The number of requests whose outcome passes a test.
    pub(crate) fn count_of(&self, test: impl Fn(RequestOutcome) -> bool) -> u64 {
        self.outcomes.iter().filter(|(outcome, _)| test(*outcome)).map(|(_, count)| count).sum()
    }

    /// Everything but the counts by bucket and by outcome.
    pub(crate) fn sums(&self) -> [u64; 6] {
        let Self { nanos, slow, measured, allocated_bytes, request_bytes, response_bytes, .. } = *self;
        [nanos, slow, measured, allocated_bytes, request_bytes, response_bytes]
    }

    /// The same, in the same order.
    pub(crate) fn sums_mut(&mut self) -> [&mut u64; 6] {
        [
            &mut self.nanos,
            &mut self.slow,
            &mut self.measured,
            &mut self.allocated_bytes,
            &mut self.request_bytes,
            &mut self.response_bytes,
        ]
    }

    /// The mean duration. `None` without requests.
    pub(crate) fn mean(&self) -> Option<Duration> {
        self.nanos.checked_div(self.count()).map(Duration::from_nanos)
    }

    /// The duration at this quantile, from 0 to 1: of `n` durations in ascending order the one at `n × quantile`,
    /// within the [bound](super::RELATIVE_ERROR). `None` without requests.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
    pub(crate) fn quantile(&self, quantile: f64) -> Option<Duration> {
        let count: u64 = self.buckets.iter().sum();
        let rank = ((count as f64 * quantile) as u64).min(count.checked_sub(1)?);
        let mut up_to = 0;
        let bucket = self.buckets.iter().position(|requests| {
            up_to += requests;
            up_to > rank
        });
        bucket.map(|bucket| Duration::from_nanos(self.scale.middle(bucket)))
    }

    /// Adds requests of an outcome.
    pub(crate) fn add_outcome(&mut self, outcome: RequestOutcome, count: u64) {
        match self.outcomes.binary_search_by_key(&outcome, |(outcome, _)| *outcome) {
            Ok(at) => self.outcomes[at].1 += count,
            Err(at) => self.outcomes.insert(at, (outcome, count)),
        }
    }

    /// The requests since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let count_of = |outcome: RequestOutcome| {
            let found = earlier.outcomes.binary_search_by_key(&outcome, |(outcome, _)| *outcome);
            found.map_or(0, |at| earlier.outcomes[at].1)
        };
        let outcomes =
            self.outcomes.iter().map(|(outcome, count)| (*outcome, count.saturating_sub(count_of(*outcome))));
        let mut difference = Self::new(Arc::clone(&self.scale));
        for (sum, (now, then)) in difference.sums_mut().into_iter().zip(self.sums().into_iter().zip(earlier.sums())) {
            *sum = now.saturating_sub(then);
        }
        let buckets = self.buckets.iter().zip(&earlier.buckets);
        difference.buckets = buckets.map(|(now, then)| now.saturating_sub(*then)).collect();
        difference.outcomes = outcomes.filter(|(_, count)| *count > 0).collect();
        difference
    }

    #[cfg(test)]
    pub(crate) fn scale(&self) -> &Arc<BucketScale> {
        &self.scale
    }
}
