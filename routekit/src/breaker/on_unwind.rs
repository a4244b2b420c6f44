//! Counts a panic of the polled future as a failure.
//!
//! A future can detect a panic only while it unwinds. By the time the future itself is dropped, the panic may have been
//! caught, and [`thread::panicking`] is `false`.

use std::thread;

use super::permit::Permit;

/// A guard that counts a failure if it is dropped by a panic.
pub(super) struct OnUnwind<'a, J>(&'a mut Option<(Permit, J)>);

impl<'a, J> OnUnwind<'a, J> {
    /// Guards `tracked` while its future is polled.
    pub(super) fn guard(tracked: &'a mut Option<(Permit, J)>) -> Self {
        Self(tracked)
    }

    pub(super) fn around<T>(tracked: &'a mut Option<(Permit, J)>, poll: impl FnOnce() -> T) -> T {
        let _guard = Self(tracked);
        poll()
    }
}

impl<J> Drop for OnUnwind<'_, J> {
    fn drop(&mut self) {
        if thread::panicking()
            && let Some((permit, _)) = self.0.take()
        {
            permit.failure();
        }
    }
}
