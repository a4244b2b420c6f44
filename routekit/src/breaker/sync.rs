//! The primitives that [`gate`](super::gate) stands on. The models of `tests/models` put loom's in their place.

pub(super) use std::sync::atomic::{AtomicU64, Ordering};

// Not the standard library's, which looks whether somebody panics each time that it is taken and given back: a fifth of what a call costs.
pub(super) use parking_lot::{Mutex, MutexGuard};

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}
