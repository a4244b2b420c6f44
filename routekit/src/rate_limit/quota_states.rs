//! What is left of the quotas of one request, from the decision until the response.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use routekit_grammar::rate::MAX_LIMITS;

use super::gcra::QuotaState;

/// The states of the limits that have counted a request so far. A route without limits or with one needs no allocation.
#[derive(Debug, Clone, Default)]
pub(crate) enum QuotaStates {
    /// No limit has counted the request.
    #[default]
    None,
    /// The state of the only limit.
    One(QuotaState),
    /// Those of several limits, by their place. Limits behind `auth` count in another future, which has a clone.
    Several(Arc<[AtomicU64; MAX_LIMITS]>),
}

/// The entry of a limit that has not counted. It would be a state with 2^32 - 1 requests and as many seconds.
const NOT_COUNTED: u64 = u64::MAX;

impl QuotaStates {
    /// The states of a request that may meet several limits.
    pub(super) fn several() -> Self {
        Self::Several(Arc::new([const { AtomicU64::new(NOT_COUNTED) }; MAX_LIMITS]))
    }

    #[inline]
    pub(super) fn set(&mut self, place: usize, state: QuotaState) {
        match self {
            Self::None | Self::One(_) => *self = Self::One(state),
            Self::Several(states) => {
                let packed = u64::from(state.remaining) << 32 | u64::from(state.reset_seconds);
                // The futures of one request take turns, so the order of memory does not matter.
                states[place].store(packed, Ordering::Relaxed);
            }
        }
    }

    /// The state of the limit at this place, if it has counted.
    pub(super) fn get(&self, place: usize) -> Option<QuotaState> {
        match self {
            Self::None => None,
            Self::One(state) => Some(*state),
            Self::Several(states) => match states[place].load(Ordering::Relaxed) {
                NOT_COUNTED => None,
                packed => {
                    let [remaining, reset_seconds] = [packed >> 32, packed & u64::from(u32::MAX)];
                    // Both are 32 bits.
                    Some(QuotaState { remaining: remaining as u32, reset_seconds: reset_seconds as u32 })
                }
            },
        }
    }
}
