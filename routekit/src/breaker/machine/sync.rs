//! The primitives that [`gate`](super::gate) uses. The models in `tests/models` replace them with loom's.

pub(super) use std::sync::atomic::{AtomicU64, Ordering};

// parking_lot, because the standard library's mutex checks for a panicking thread at every lock and unlock: a fifth of
// the cost of a call.
pub(super) use parking_lot::{Mutex, MutexGuard};

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}
