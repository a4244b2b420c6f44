//! Invalidations that Redis may not have received.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use crate::{base::spawner::sole_task::SoleTask, cache::validity::target::Target};

/// With more targets, everything is invalidated instead.
const MAX_TARGETS: usize = 1024;

/// Invalidations of this process that failed or were interrupted. They are repeated before anything is read from Redis
/// again, so that a process never serves what it has invalidated, and in the background, for the other processes.
#[derive(Debug, Default)]
pub(super) struct MissedInvalidations {
    list: Mutex<MissedTargets>,
    /// Whether the list is not empty.
    any: AtomicBool,
    /// Held while the list is repeated.
    pub(super) repeating: tokio::sync::Mutex<()>,
    /// Repeats the list.
    pub(super) task: SoleTask,
}

/// A list of targets, or everything.
#[derive(Debug, Clone, Default)]
pub(super) struct MissedTargets {
    pub(super) targets: Vec<Target>,
    /// Counts how often everything was missed; 0 if that need not be repeated.
    pub(super) everything: u64,
}

impl MissedInvalidations {
    pub(super) fn any(&self) -> bool {
        self.any.load(Ordering::SeqCst)
    }

    fn add(&self, targets: &[Target], everything: bool) {
        let mut list = self.list.lock();
        if everything || list.targets.len() + targets.len() > MAX_TARGETS {
            list.everything += 1;
            list.targets.clear();
        } else if list.everything == 0 {
            list.targets.extend_from_slice(targets);
        } else {
            // What is missed from now on may be later than a repetition that runs.
            list.everything += 1;
        }
        self.any.store(true, Ordering::SeqCst);
    }

    /// What must be repeated.
    pub(super) fn list(&self) -> MissedTargets {
        self.list.lock().clone()
    }

    /// Removes what was repeated, and keeps what was missed in the meantime.
    pub(super) fn repeated(&self, done: &MissedTargets) {
        let mut list = self.list.lock();
        if list.everything == done.everything {
            list.everything = 0;
            let count = done.targets.len().min(list.targets.len());
            list.targets.drain(..count);
        }
        self.any.store(list.everything > 0 || !list.targets.is_empty(), Ordering::SeqCst);
    }
}

/// An invalidation in progress. Unless it is finished, it counts as missed when this is dropped, and is repeated.
pub(super) struct Unfinished<'a, R: Fn()> {
    missed: &'a MissedInvalidations,
    targets: &'a [Target],
    everything: bool,
    /// Starts to repeat what was missed.
    repeat: R,
}

impl<'a, R: Fn()> Unfinished<'a, R> {
    pub(super) fn new(missed: &'a MissedInvalidations, targets: &'a [Target], everything: bool, repeat: R) -> Self {
        Self { missed, targets, everything, repeat }
    }

    pub(super) fn finish(self) {
        std::mem::forget(self);
    }
}

impl<R: Fn()> Drop for Unfinished<'_, R> {
    fn drop(&mut self) {
        self.missed.add(self.targets, self.everything);
        (self.repeat)();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(names: &[&str]) -> Vec<Target> {
        names.iter().map(|name| Target::tag("", name)).collect()
    }

    #[test]
    fn an_unfinished_invalidation_is_missed() {
        let missed = MissedInvalidations::default();
        let one = targets(&["one"]);
        let repeated = std::cell::Cell::new(0);
        let repeat = || repeated.set(repeated.get() + 1);
        Unfinished::new(&missed, &one, false, repeat).finish();
        assert!(!missed.any() && repeated.get() == 0);
        drop(Unfinished::new(&missed, &one, false, repeat));
        assert!(missed.any() && repeated.get() == 1);
        assert_eq!(missed.list().targets, one);
    }

    #[test]
    fn what_is_missed_during_a_repetition_stays() {
        let missed = MissedInvalidations::default();
        missed.add(&targets(&["one"]), false);
        let list = missed.list();
        missed.add(&targets(&["two"]), false);
        missed.repeated(&list);
        assert!(missed.any());
        assert_eq!(missed.list().targets, targets(&["two"]));
        let list = missed.list();
        missed.add(&[], true);
        missed.repeated(&list);
        assert!(missed.any() && missed.list().everything == 1);
        let list = missed.list();
        missed.add(&targets(&["three"]), false);
        missed.repeated(&list);
        assert!(missed.any(), "it came after the repetition began");
        missed.repeated(&missed.list());
        assert!(!missed.any());
    }

    #[test]
    fn a_list_that_is_full_becomes_everything() {
        let missed = MissedInvalidations::default();
        let many: Vec<Target> = (0..=MAX_TARGETS).map(|n| Target::tag("", &n.to_string())).collect();
        missed.add(&many[1..], false);
        assert_eq!((missed.list().targets.len(), missed.list().everything), (MAX_TARGETS, 0));
        missed.add(&many[..1], false);
        assert_eq!((missed.list().targets.len(), missed.list().everything), (0, 1));
    }
}
