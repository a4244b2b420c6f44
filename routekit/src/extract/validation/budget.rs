//! Limits how many errors are kept while an extractor validates.
//!
//! `validator` keeps about a kilobyte for each error, so a megabyte of `[{},{},…]` would take hundreds. Errors beyond
//! the limit are dropped, because the input is rejected anyway. Generated code has no place to pass a limit along, and
//! rules run on one thread, hence the thread-local.

use std::cell::Cell;

thread_local! {
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    static PROBE: Cell<Option<BudgetProbe>> = const { Cell::new(None) };
    static FOREIGN: Cell<bool> = const { Cell::new(false) };
}

/// A question to types that observe the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BudgetProbe {
    /// A type that observes the limit answers with an error.
    Root,
    /// A type that observes the limit reports nested types that do not.
    Nested,
}

/// Removes the limit when it is dropped.
pub(super) struct Limited(());

impl Drop for Limited {
    fn drop(&mut self) {
        LEFT.set(None);
        PROBE.set(None);
        FOREIGN.set(false);
    }
}

/// Limits the number of errors until the guard is dropped.
pub(super) fn limit(errors: usize) -> Limited {
    LEFT.set(Some(errors));
    Limited(())
}

/// Makes types that observe the limit answer a question instead of validating, until the guard is dropped.
pub(super) fn probe(probe: BudgetProbe) -> Limited {
    PROBE.set(Some(probe));
    limit(0)
}

/// The question that types that observe the limit answer.
pub(super) fn probing() -> Option<BudgetProbe> {
    PROBE.get()
}

/// Reports a type that does not observe the limit.
pub(super) fn see_foreign() {
    FOREIGN.set(true);
}

pub(super) fn has_seen_foreign() -> bool {
    FOREIGN.get()
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

/// Whether no more errors are kept, so that the rest need not be validated.
pub(super) fn is_spent() -> bool {
    LEFT.get() == Some(0) && PROBE.get() != Some(BudgetProbe::Nested)
}
