//! A task that runs once at a time.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::Spawner;

/// Starts a task unless one runs. If the task ends, or its runtime ends under it, the next call starts another one.
#[derive(Debug, Default)]
pub(crate) struct SoleTask(Arc<AtomicBool>);

/// The right to run, which the task holds until it ends. A runtime that ends drops it with the task.
#[derive(Debug)]
pub(crate) struct RunningTask(Arc<AtomicBool>);

impl SoleTask {
    /// Starts the task unless one runs.
    ///
    /// A task for work that callers add must end with [`RunningTask::end`], or work that comes at its end is left.
    pub(crate) fn start<F>(&self, spawner: &Spawner, task: impl FnOnce(RunningTask) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if let Some(running) = self.begin() {
            spawner.spawn_repeatable(task(running));
        }
    }

    /// Whether a task runs. For callers that add no work: the task may end at any time.
    pub(crate) fn runs(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn begin(&self) -> Option<RunningTask> {
        // Acquires and releases also if a task runs: its `end` then sees the work that was added before this call.
        let runs = self.0.swap(true, Ordering::AcqRel);
        (!runs).then(|| RunningTask(Arc::clone(&self.0)))
    }
}

impl RunningTask {
    /// Ends the task, unless there is work: a caller that added it may have started no task, because this one still
    /// ran.
    #[must_use = "the task goes on if it is returned"]
    pub(crate) fn end(self, has_work: impl FnOnce() -> bool) -> Option<Self> {
        let task = SoleTask(Arc::clone(&self.0));
        // First: a caller that adds work from here on starts a task.
        drop(self);
        if has_work() { task.begin() } else { None }
    }
}

impl Drop for RunningTask {
    fn drop(&mut self) {
        // A swap, and not a store, since it also acquires: see `SoleTask::begin`.
        self.0.swap(false, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicUsize, thread};

    use parking_lot::Mutex;
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    /// Keeps tasks, which the test runs or drops.
    fn kept() -> (Spawner, Arc<Mutex<Vec<super::super::Task>>>) {
        let tasks = Arc::<Mutex<Vec<_>>>::default();
        let kept = Arc::clone(&tasks);
        (Spawner::new(move |task| kept.lock().push(task)), tasks)
    }

    #[test]
    fn another_task_starts_once_the_first_has_ended() {
        let (sole, (spawner, tasks)) = (SoleTask::default(), kept());
        let start = || sole.start(&spawner, |running| async move { drop(running) });
        start();
        start();
        assert!(tasks.lock().len() == 1 && sole.runs(), "one runs");
        let task = tasks.lock().pop().unwrap();
        runtime().block_on(task);
        assert!(!sole.runs());
        start();
        assert_eq!(tasks.lock().len(), 1);
    }

    #[test]
    fn another_task_starts_after_a_runtime_that_ended_under_the_first() {
        let (sole, polled) = (SoleTask::default(), Arc::new(AtomicUsize::new(0)));
        for round in 1..=3 {
            let runtime = runtime();
            let handle = runtime.handle().clone();
            let spawner = Spawner::new(move |task| drop(handle.spawn(task)));
            for _ in 0..2 {
                let polled = Arc::clone(&polled);
                sole.start(&spawner, |running| async move {
                    polled.fetch_add(1, Ordering::SeqCst);
                    std::future::pending::<()>().await;
                    drop(running);
                });
            }
            runtime.block_on(tokio::task::yield_now());
            assert_eq!(polled.load(Ordering::SeqCst), round, "one on each runtime");
            drop(runtime);
            assert!(!sole.runs(), "round {round}");
        }
    }

    /// A spawner without a runtime drops the task.
    #[test]
    fn another_task_starts_after_one_that_was_never_polled() {
        let sole = SoleTask::default();
        sole.start(&Spawner::new(drop), |running| async move { drop(running) });
        assert!(!sole.runs());
    }

    /// With a load and a store in place of the swap, some of the rounds start two.
    #[test]
    fn of_two_threads_that_start_it_at_once_one_does() {
        const ROUNDS: usize = 200_000;
        let (sole, started, arrived) = (SoleTask::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        // Spins, so that both go on within some nanoseconds.
        let meet = |count: usize| {
            arrived.fetch_add(1, Ordering::SeqCst);
            let mut spins = 0_u32;
            while arrived.load(Ordering::SeqCst) < 2 * count {
                spins += 1;
                // The other one may have no processor.
                if spins.is_multiple_of(1_000) {
                    thread::yield_now();
                }
            }
        };
        let act = || {
            for round in 0..ROUNDS {
                meet(2 * round + 1);
                let running = sole.begin();
                started.fetch_add(usize::from(running.is_some()), Ordering::Relaxed);
                meet(2 * round + 2);
                drop(running);
            }
        };
        thread::scope(|scope| {
            scope.spawn(act);
            act();
        });
        assert_eq!(started.load(Ordering::Relaxed), ROUNDS);
    }

    #[test]
    fn a_task_goes_on_if_work_came_at_its_end() {
        let sole = SoleTask::default();
        let running = sole.begin().unwrap();
        assert!(sole.begin().is_none(), "work comes, and a task runs");
        let running = running.end(|| {
            assert!(!sole.runs(), "work that comes from here on starts a task");
            true
        });
        assert!(sole.runs());
        assert!(running.unwrap().end(|| false).is_none() && !sole.runs());
        let running = sole.begin().unwrap();
        let mut other = None;
        let again = running.end(|| {
            other = sole.begin();
            true
        });
        assert!(again.is_none() && other.is_some(), "another one does the work");
    }

    /// Nothing that two threads add is left behind when both have ended.
    #[test]
    fn work_of_two_threads_is_done() {
        const ITEMS: usize = 20_000;
        let (sole, work, done) = (SoleTask::default(), Mutex::new(0), AtomicUsize::new(0));
        let add = || {
            *work.lock() += 1;
            let mut unfinished = sole.begin();
            while let Some(running) = unfinished {
                done.fetch_add(std::mem::take(&mut *work.lock()), Ordering::Relaxed);
                unfinished = running.end(|| *work.lock() > 0);
            }
        };
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..ITEMS).for_each(|_| add()));
            }
        });
        assert_eq!((done.load(Ordering::Relaxed), *work.lock()), (2 * ITEMS, 0));
    }
}
