//! Work that continues after its request, and that a shutdown waits for.

use tokio::{runtime::Handle, sync::watch};

use crate::base::spawner::{Spawner, TaskLoss};

/// Counts the tasks of an app that no request waits for and whose loss would be noticed: handlers that invalidate and
/// whose client has left, and calls of listeners. Clones share the count.
#[derive(Debug, Clone, Default)]
pub(super) struct BackgroundWork(watch::Sender<usize>);

/// Counts one task until it is dropped.
struct CountedTask(watch::Sender<usize>);

impl BackgroundWork {
    /// Spawns on the current runtime. Without a runtime it drops the task, which cancels the work.
    pub(super) fn spawner(&self) -> Spawner {
        let count = self.0.clone();
        Spawner::by_loss(move |task, loss| {
            let Ok(runtime) = Handle::try_current() else { return };
            if loss == TaskLoss::Work {
                return drop(runtime.spawn(task));
            }
            count.send_modify(|count| *count += 1);
            let counted = CountedTask(count.clone());
            drop(runtime.spawn(async move {
                task.await;
                drop(counted);
            }));
        })
    }

    /// Completes when no task runs.
    pub(super) async fn ended(&self) {
        // An error would mean that the sender is gone.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }

    /// The number of tasks that run.
    pub(super) fn count(&self) -> usize {
        *self.0.borrow()
    }
}

impl Drop for CountedTask {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
