//! The primitives that [`gate`](super::gate) stands on. The models of `tests/models` put loom's in their place.

pub(super) use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};
