//! Enters a call while its future is polled, and counts a panic as a failure.
//!
//! A future can detect a panic only while it unwinds. By the time the future itself is dropped, the panic may have been
//! caught, and [`thread::panicking`] is `false`.

use std::thread;

use super::permit::Permit;
use crate::base::entered::Entered;

/// A guard that counts a failure if it is dropped by a panic. While it exists, the thread runs the call.
pub(super) struct OnUnwind<'a, J> {
    tracked: &'a mut Option<(Permit, J)>,
    #[expect(dead_code, reason = "held until it is dropped")]
    entered: Option<Entered>,
}

impl<'a, J> OnUnwind<'a, J> {
    /// Guards `tracked` while its future is polled.
    #[inline]
    pub(super) fn guard(tracked: &'a mut Option<(Permit, J)>) -> Self {
        let entered = tracked.as_ref().and_then(|(permit, _)| permit.enter());
        Self { tracked, entered }
    }

    pub(super) fn around<T>(tracked: &'a mut Option<(Permit, J)>, poll: impl FnOnce() -> T) -> T {
        let _guard = Self::guard(tracked);
        poll()
    }
}

impl<J> Drop for OnUnwind<'_, J> {
    #[inline]
    fn drop(&mut self) {
        if thread::panicking()
            && let Some((permit, _)) = self.tracked.take()
        {
            permit.failure();
        }
    }
}
