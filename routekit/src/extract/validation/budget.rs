//! Limits how many errors are kept while an extractor validates.
//!
//! `validator` keeps about a kilobyte for each error, so a megabyte of `[{},{},…]` would take hundreds. Errors beyond
//! the limit are dropped, because the input is rejected anyway. Generated code has no place to pass a limit along, and
//! rules run on one thread, hence the thread-local.

use std::cell::Cell;

thread_local! {
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    static PROBING: Cell<bool> = const { Cell::new(false) };
}

/// Removes the limit when it is dropped.
pub(super) struct Limited(());

impl Drop for Limited {
    fn drop(&mut self) {
        LEFT.set(None);
        PROBING.set(false);
    }
}

/// Limits the number of errors until the guard is dropped.
pub(super) fn limit(errors: usize) -> Limited {
    LEFT.set(Some(errors));
    Limited(())
}

/// Makes types that observe the limit, as do all types inside them, say so, until the guard is dropped.
pub(super) fn probe() -> Limited {
    PROBING.set(true);
    limit(0)
}

/// Whether types that observe the limit are to say so.
pub(super) fn is_probing() -> bool {
    PROBING.get()
}

/// Whether to keep one more error. Always `true` without a limit.
pub(super) fn spend() -> bool {
    let left = LEFT.get();
    take(1);
    left != Some(0)
}

/// Accounts for errors that are kept already.
pub(super) fn take(errors: usize) {
    LEFT.set(LEFT.get().map(|left| left.saturating_sub(errors)));
}

/// How many errors are still kept. `None` without a limit.
pub(super) fn left() -> Option<usize> {
    LEFT.get()
}

/// Whether no more errors are kept.
pub(super) fn is_spent() -> bool {
    LEFT.get() == Some(0)
}
