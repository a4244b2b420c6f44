use std::marker::PhantomData;

use crate::counts::{Counts, of_this_thread, set_in_scope};

/// Measures what the current thread allocates while it is open. It cannot be sent to another thread.
#[derive(Debug)]
#[must_use]
pub struct Scope {
    start: Counts,
    /// The counts belong to the thread.
    not_send: PhantomData<*const ()>,
}

impl Scope {
    /// Opens a scope. `None` if one is already open on this thread, whose counts include these.
    #[inline]
    pub fn enter() -> Option<Self> {
        (!set_in_scope(true)).then(|| Self { start: of_this_thread(), not_send: PhantomData })
    }

    /// Returns what the thread has allocated since the scope was opened.
    #[inline]
    #[must_use]
    pub fn counts(&self) -> Counts {
        let now = of_this_thread();
        Counts { bytes: now.bytes.wrapping_sub(self.start.bytes), count: now.count.wrapping_sub(self.start.count) }
    }
}

impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        set_in_scope(false);
    }
}
