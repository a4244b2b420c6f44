//! The circuit breakers whose calls the current thread runs, so that a breaker recognises a call within its own call.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicU64, Ordering},
};

thread_local! {
    static ENTERED: RefCell<Vec<BreakerId>> = const { RefCell::new(Vec::new()) };
}

/// The identity of a breaker. No two breakers of a process have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BreakerId(u64);

/// While it exists, the thread runs a call of this breaker. Guards are dropped in reverse order of their creation.
#[must_use]
pub(crate) struct Entered(());

impl BreakerId {
    pub(crate) fn next() -> Self {
        static IDS: AtomicU64 = AtomicU64::new(0);
        Self(IDS.fetch_add(1, Ordering::Relaxed))
    }

    /// Enters a call, for as long as it is polled.
    pub(crate) fn enter(self) -> Entered {
        ENTERED.with(|entered| entered.borrow_mut().push(self));
        Entered(())
    }

    /// Whether this thread runs a call of this breaker.
    #[inline]
    pub(crate) fn is_entered(self) -> bool {
        // A thread that is ending runs no call.
        ENTERED.try_with(|entered| entered.borrow().contains(&self)).unwrap_or(false)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        ENTERED.with(|entered| entered.borrow_mut().pop());
    }
}
