//! Starts work that no request waits for. Nothing below `app` starts a task unless it was given a spawner.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use tokio::runtime::Handle;

#[cfg(feature = "redis")]
pub(crate) mod sole_task;

/// Starts tasks, for work that continues after a request. Clones share the function.
///
/// ```
/// use routekit::Spawner;
///
/// let spawner = Spawner::new(|task| {
///     tokio::spawn(async move {
///         task.await;
///         println!("a task ended");
///     });
/// });
/// ```
#[derive(Clone)]
pub struct Spawner(Arc<dyn Fn(Task, TaskLoss) + Send + Sync>);

/// What is lost if a task does not run to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskLoss {
    /// A change, or the news of one.
    Change,
    /// Work that the next request repeats, such as a refresh.
    Work,
}

/// A future that a [`Spawner`] polls to its end.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Spawner {
    /// Creates a spawner from a function that starts a task.
    #[must_use]
    pub fn new(spawn: impl Fn(Task) + Send + Sync + 'static) -> Self {
        Self::by_loss(move |task, _| spawn(task))
    }

    /// Creates a spawner from a function that also learns what the loss of the task would mean.
    pub(crate) fn by_loss(spawn: impl Fn(Task, TaskLoss) + Send + Sync + 'static) -> Self {
        Self(Arc::new(spawn))
    }

    /// Creates a spawner that calls [`tokio::spawn`], which panics outside a runtime. Work that the next request
    /// repeats is dropped there.
    #[must_use]
    pub fn tokio() -> Self {
        Self::by_loss(|task, loss| match (Handle::try_current(), loss) {
            // What can be done again may be wanted while a runtime ends.
            (Err(_), TaskLoss::Work) => drop(task),
            _ => drop(tokio::spawn(task)),
        })
    }

    /// Starts a task.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        (self.0)(Box::pin(task), TaskLoss::Change);
    }

    /// Starts a task that a shutdown need not wait for.
    pub(crate) fn spawn_repeatable(&self, task: impl Future<Output = ()> + Send + 'static) {
        (self.0)(Box::pin(task), TaskLoss::Work);
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spawner")
    }
}
