//! Claims that no request has, and that Redis may still keep.

use std::collections::VecDeque;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::{base::spawner::sole_task::SoleTask, cache::store::key::Key};

/// With more claims, the others stay until their time has passed.
const MAX_CLAIMS: usize = 16_384;

/// Claims to remove once Redis can be reached. Until then, repetitions of their requests are refused.
///
/// Not for as long as a claim lasts, but until Redis answers: a server that hangs takes the claim when it goes on, and
/// the time of the claim begins then.
#[derive(Debug, Default)]
pub(super) struct UnreleasedClaims {
    claims: Mutex<VecDeque<(Key, Bytes)>>,
    /// Removes them. Nothing else takes a claim from the list.
    pub(super) task: SoleTask,
}

impl UnreleasedClaims {
    /// Adds a claim with this record, unless there are too many.
    pub(super) fn add(&self, key: Key, record: Bytes) {
        let mut claims = self.claims.lock();
        if claims.len() < MAX_CLAIMS {
            claims.push_back((key, record));
        }
    }

    pub(super) fn first(&self) -> Option<(Key, Bytes)> {
        self.claims.lock().front().cloned()
    }

    pub(super) fn remove_first(&self) {
        self.claims.lock().pop_front();
    }

    pub(super) fn any(&self) -> bool {
        !self.claims.lock().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_kept_in_order_up_to_a_limit() {
        let unreleased = UnreleasedClaims::default();
        let record = |number: usize| Bytes::from(number.to_string());
        (0..=MAX_CLAIMS).for_each(|number| unreleased.add(Key::new(*b"key"), record(number)));
        for number in 0..MAX_CLAIMS {
            assert_eq!(unreleased.first().map(|(_, record)| record), Some(record(number)));
            unreleased.remove_first();
        }
        assert!(!unreleased.any() && unreleased.first().is_none());
    }
}
