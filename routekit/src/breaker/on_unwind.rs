//! A panic of what is polled, which a future only learns of while it passes: whoever catches it drops the future later, when nobody panics any more.

use std::thread;

use super::Permit;

/// While it is there, a panic is a failure.
pub(super) struct OnUnwind<'a, J>(&'a mut Option<(Permit, J)>);

impl<'a, J> OnUnwind<'a, J> {
    pub(super) fn around<T>(judged: &'a mut Option<(Permit, J)>, poll: impl FnOnce() -> T) -> T {
        let _guard = Self(judged);
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
