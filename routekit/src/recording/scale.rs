//! The buckets of a histogram of durations.

/// The greatest relative error of a quantile: half the width of a bucket. Below 8 µs it is 256 ns instead.
pub(crate) const RELATIVE_ERROR: f64 = 1.0 / (2 * STEPS) as f64;

/// Buckets per power of two.
const STEPS: usize = 1 << STEP_BITS;
const STEP_BITS: u32 = 4;
/// The width of the narrowest buckets is 2^9 = 512 ns.
const UNIT_BITS: u32 = 9;
/// Durations from 2^46 ns, some 20 hours, share the last step.
const CAP_BITS: u32 = 46;
const STEP_COUNT: usize = (CAP_BITS - UNIT_BITS - STEP_BITS + 1) as usize * STEPS;

/// Divides durations into buckets: sixteen steps per power of two, each divided where a bound of the Prometheus
/// histogram falls into it. So one count of a duration serves both, and neither is approximate.
#[derive(Debug, PartialEq)]
pub(crate) struct BucketScale {
    /// The greatest duration of each bucket in nanoseconds, ascending. The last one is `u64::MAX`.
    upper: Box<[u64]>,
    /// The first bucket of each step.
    first: Box<[u16]>,
    /// The bounds of the Prometheus histogram in seconds, each with the number of buckets up to it.
    bounds: Box<[(f64, usize)]>,
}

impl BucketScale {
    /// Creates a scale with these bounds in seconds, ascending.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    pub(crate) fn new(bounds: &[f64]) -> Self {
        let nanos = |bound: f64| (bound * 1e9).round() as u64;
        let ends = (1..STEP_COUNT).map(|step| beginning(step) - 1).chain([u64::MAX]);
        let mut upper: Vec<u64> = ends.chain(bounds.iter().map(|bound| nanos(*bound))).collect();
        upper.sort_unstable();
        upper.dedup();
        let bucket_of = |duration: u64| upper.partition_point(|upper| *upper < duration);
        let first = (0..STEP_COUNT).map(|step| bucket_of(beginning(step)) as u16).collect();
        let bounds = bounds.iter().map(|bound| (*bound, bucket_of(nanos(*bound)) + 1)).collect();
        Self { upper: upper.into(), first, bounds }
    }

    /// The number of buckets.
    pub(crate) fn len(&self) -> usize {
        self.upper.len()
    }

    /// The bucket of a duration in nanoseconds.
    #[inline]
    pub(super) fn bucket(&self, nanos: u64) -> usize {
        let mut bucket = usize::from(self.first[step(nanos)]);
        // Once at most, unless bounds are closer to each other than the steps.
        while self.upper.get(bucket).is_some_and(|upper| nanos > *upper) {
            bucket += 1;
        }
        bucket
    }

    /// The middle of a bucket in nanoseconds.
    pub(super) fn middle(&self, bucket: usize) -> u64 {
        let lower = if bucket == 0 { 0 } else { self.upper[bucket - 1] + 1 };
        // The last bucket has no end, so its durations count as its beginning.
        if bucket + 1 == self.upper.len() { lower } else { lower.midpoint(self.upper[bucket]) }
    }

    /// The bounds of the Prometheus histogram in seconds, each with the number of buckets up to it.
    pub(super) fn bounds(&self) -> &[(f64, usize)] {
        &self.bounds
    }
}

/// The step of a duration in nanoseconds.
#[inline]
fn step(nanos: u64) -> usize {
    let units = nanos >> UNIT_BITS;
    if units < STEPS as u64 {
        return units as usize;
    }
    let power = units.ilog2();
    let within = (units >> (power - STEP_BITS)) as usize - STEPS;
    (((power - STEP_BITS + 1) as usize * STEPS) + within).min(STEP_COUNT - 1)
}

/// The shortest duration of a step in nanoseconds.
fn beginning(step: usize) -> u64 {
    let (power, within) = (step / STEPS, (step % STEPS) as u64);
    let units = if power == 0 { within } else { (STEPS as u64 + within) << (power - 1) };
    units << UNIT_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_each_other_without_gaps() {
        for at in 1..STEP_COUNT {
            assert_eq!((step(beginning(at) - 1), step(beginning(at))), (at - 1, at));
        }
        assert_eq!(step(u64::MAX), STEP_COUNT - 1);
    }

    #[test]
    fn step_is_a_sixteenth_of_its_beginning_at_most() {
        for at in STEPS..STEP_COUNT - 1 {
            let width = beginning(at + 1) - beginning(at);
            assert!(width * 16 <= beginning(at), "{at}");
        }
    }

    #[test]
    fn bucket_ends_at_each_bound() {
        let bounds = [0.0, 1e-9, 1.5e-6, 0.005, 0.005_000_001, 0.01, 7e4, 9e9, f64::MAX];
        let scale = BucketScale::new(&bounds);
        for (bound, buckets) in scale.bounds() {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
            let nanos = (bound * 1e9).round() as u64;
            assert_eq!(scale.bucket(nanos) + 1, *buckets, "{bound}");
            if let Some(beyond) = nanos.checked_add(1) {
                assert_eq!(scale.bucket(beyond), *buckets, "{bound}");
            }
        }
        assert_eq!(scale.bucket(u64::MAX), scale.len() - 1);
    }
}
