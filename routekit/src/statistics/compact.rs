//! Totals in few bytes.

use std::sync::Arc;

use crate::recording::{BucketScale, RequestOutcome, RequestTotals};

/// Totals without the counts that are zero, as numbers of a variable length (LEB128). A bucket or an outcome is written
/// as its distance to the one before.
#[derive(Debug)]
pub(super) struct CompactTotals(Box<[u8]>);

impl CompactTotals {
    pub(super) fn new(totals: &RequestTotals) -> Self {
        let mut bytes = Vec::with_capacity(64);
        for number in totals.sums() {
            write(&mut bytes, number);
        }
        write(&mut bytes, totals.outcomes.len() as u64);
        let outcomes = totals.outcomes.iter().map(|(outcome, count)| (u64::from(outcome.to_bits()), *count));
        let buckets = totals.buckets.iter().enumerate().map(|(bucket, count)| (bucket as u64, *count));
        write_counts(&mut bytes, outcomes);
        write_counts(&mut bytes, buckets.filter(|(_, count)| *count > 0));
        Self(bytes.into())
    }

    /// Adds them to totals with the same scale.
    pub(super) fn add_to(&self, totals: &mut RequestTotals) {
        let mut bytes = self.0.iter().copied();
        let mut next = || read(&mut bytes);
        for sum in totals.sums_mut() {
            *sum += next().unwrap_or(0);
        }
        let outcomes = next().unwrap_or(0);
        let mut bits = 0;
        for _ in 0..outcomes {
            bits += next().unwrap_or(0);
            let outcome = RequestOutcome::from_bits(u16::try_from(bits).unwrap_or(0));
            totals.add_outcome(outcome, next().unwrap_or(0));
        }
        let mut bucket = 0;
        while let (Some(distance), Some(count)) = (next(), next()) {
            bucket += distance as usize;
            if let Some(sum) = totals.buckets.get_mut(bucket) {
                *sum += count;
            }
        }
    }

    /// The sum of two.
    pub(super) fn and(&self, other: &Self, scale: &Arc<BucketScale>) -> Self {
        let mut totals = RequestTotals::new(Arc::clone(scale));
        self.add_to(&mut totals);
        other.add_to(&mut totals);
        Self::new(&totals)
    }

    /// The number of requests.
    pub(super) fn count(&self) -> u64 {
        let mut bytes = self.0.iter().copied();
        // The number of outcomes follows the six sums.
        let outcomes = (0..7).map(|_| read(&mut bytes)).last().flatten().unwrap_or(0);
        (0..outcomes).map(|_| (read(&mut bytes), read(&mut bytes)).1.unwrap_or(0)).sum()
    }

    /// The bytes that they take on the heap.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Writes pairs of a rising number and a count.
fn write_counts(bytes: &mut Vec<u8>, counts: impl Iterator<Item = (u64, u64)>) {
    let mut before = 0;
    for (number, count) in counts {
        write(bytes, number - before);
        write(bytes, count);
        before = number;
    }
}

fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// `None` at the end.
fn read(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes.next()?;
        number |= u64::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_the_same_after_they_were_compact() {
        let scale = Arc::new(BucketScale::new(&[0.005]));
        let mut totals = RequestTotals::new(Arc::clone(&scale));
        for (sum, number) in totals.sums_mut().into_iter().zip([u64::MAX, 0, 127, 128, 16_383, 16_384]) {
            *sum = number;
        }
        let last = totals.buckets.len() - 1;
        for (bucket, count) in [(0, 1), (1, 128), (200, u64::MAX), (last, 3)] {
            totals.buckets[bucket] = count;
        }
        for (bits, count) in [(16 * 200, 7), (16 * 200 + 3, 300), (16 * 999, 1)] {
            totals.add_outcome(RequestOutcome::from_bits(bits), count);
        }
        let compact = CompactTotals::new(&totals);
        assert_eq!(compact.count(), 308);
        let mut read = RequestTotals::new(Arc::clone(&scale));
        compact.add_to(&mut read);
        assert_eq!(read, totals);
        assert!(compact.len() < 64, "{}", compact.len());
        let none = CompactTotals::new(&RequestTotals::new(Arc::clone(&scale)));
        let mut sum = RequestTotals::new(Arc::clone(&scale));
        none.and(&compact, &scale).add_to(&mut sum);
        assert_eq!(sum, totals);
    }
}
