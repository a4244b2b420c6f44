//! The count.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

/// How many there are, and may be.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: u32,
    in_flight: AtomicU32,
    rejected: AtomicU64,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<Limiter>);

impl Limiter {
    pub(super) fn new(limit: u32) -> Self {
        Self { limit, in_flight: AtomicU32::new(0), rejected: AtomicU64::new(0) }
    }

    /// A place, if there is one.
    pub(super) fn take(self: &Arc<Self>) -> Option<Place> {
        // Only the count is shared by this, so its own order is enough. One that would be too many is never counted, or those who come at the same
        // moment would refuse each other.
        let more = |count| (count < self.limit).then_some(count + 1);
        if self.in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok() {
            return Some(Place(Arc::clone(self)));
        }
        self.rejected.fetch_add(1, Ordering::Relaxed);
        None
    }

    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn never_more_than_there_may_be() {
        let limiter = Arc::new(Limiter::new(3));
        let most = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        if let Some(_place) = limiter.take() {
                            most.fetch_max(limiter.in_flight(), Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert!((1..=3).contains(&most.into_inner()));
        assert_eq!(limiter.in_flight(), 0);
    }
}
