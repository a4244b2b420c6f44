//! Slots of one length.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::compact::CompactTotals;
use crate::recording::{BucketScale, RequestTotals};

/// The requests of some time.
#[derive(Debug)]
pub(super) struct Slot {
    /// Since the start of the app.
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) requests: CompactTotals,
}

/// Slots of one length, in the order of time. Slots without requests are missing.
#[derive(Debug)]
pub(super) struct Slots {
    length: Duration,
    slots: VecDeque<Slot>,
}

impl Slots {
    pub(super) const fn of_seconds(length: u64) -> Self {
        Self { length: Duration::from_secs(length), slots: VecDeque::new() }
    }

    /// Appends a slot, or adds it to the last one if both end within the same length of time.
    pub(super) fn push(&mut self, slot: Slot, scale: &Arc<BucketScale>) {
        let index = |to: Duration| to.saturating_sub(Duration::from_nanos(1)).as_nanos() / self.length.as_nanos();
        match self.slots.back_mut().filter(|last| index(last.to) == index(slot.to)) {
            Some(last) => {
                last.to = slot.to;
                last.requests = last.requests.and(&slot.requests, scale);
            }
            None => self.slots.push_back(slot),
        }
    }

    /// Removes the first slot if it ended before `time` or at it.
    pub(super) fn pop_before(&mut self, time: Duration) -> Option<Slot> {
        let is_old = self.slots.front()?.to <= time;
        if is_old { self.slots.pop_front() } else { None }
    }

    /// The slots that end after `from` and begin before `to`.
    pub(super) fn within(&self, from: Duration, to: Duration) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(move |slot| slot.to > from && slot.from < to)
    }

    /// The bytes that the slots take.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.slots.iter().map(|slot| size_of::<Slot>() + slot.requests.len()).sum()
    }
}

impl Slot {
    /// The number of requests between two times, if they were spread evenly over the slot.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn share(&self, from: Duration, to: Duration) -> f64 {
        let overlap = self.to.min(to).saturating_sub(self.from.max(from));
        let length = self.to.saturating_sub(self.from);
        let share = if length.is_zero() { 1.0 } else { overlap.as_secs_f64() / length.as_secs_f64() };
        self.requests.count() as f64 * share
    }

    pub(super) fn add_to(&self, totals: &mut RequestTotals) {
        self.requests.add_to(totals);
    }
}
