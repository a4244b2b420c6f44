//! The figures of a tokio runtime that it reports without `tokio_unstable`.

use std::time::Duration;

use tokio::runtime::Handle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RuntimeFigures {
    pub(crate) workers: usize,
    /// Tasks that have not ended.
    pub(crate) alive_tasks: usize,
    /// Tasks that wait in the global queue.
    pub(crate) queue_depth: usize,
    /// The time that all workers together have been busy, up to the last time that each of them waited.
    pub(crate) busy: Duration,
}

impl RuntimeFigures {
    pub(super) fn read(runtime: &Handle) -> Self {
        let metrics = runtime.metrics();
        let workers = metrics.num_workers();
        Self {
            workers,
            alive_tasks: metrics.num_alive_tasks(),
            queue_depth: metrics.global_queue_depth(),
            busy: (0..workers).map(|worker| metrics.worker_total_busy_duration(worker)).sum(),
        }
    }
}
