//! Blocking work that occupies few threads.

use std::{panic::resume_unwind, sync::Arc};

use tokio::sync::Semaphore;

/// Limits how many threads work at once, also for callers that leave before their work is done. Clones share the limit.
#[derive(Clone)]
pub(super) struct FewThreads(Arc<Semaphore>);

impl FewThreads {
    pub(super) fn new(threads: usize) -> Self {
        Self(Arc::new(Semaphore::new(threads)))
    }

    /// Runs work on a blocking thread of tokio.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let permit = Arc::clone(&self.0).acquire_owned().await;
        let work = move || {
            // Until the work is done, whether or not its caller still waits.
            let _permit = permit;
            work()
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime ends, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn callers_that_leave_occupy_no_more_threads() {
        let threads = FewThreads::new(2);
        let (started, starts) = mpsc::channel();
        let mut releases = Vec::new();
        let callers = (0..10).map(|_| {
            let (threads, started, (release, released)) = (threads.clone(), started.clone(), mpsc::channel::<()>());
            releases.push(release);
            tokio::spawn(async move {
                let work = move || {
                    started.send(()).unwrap();
                    let _ = released.recv();
                };
                threads.run(work).await;
            })
        });
        let callers: Vec<_> = callers.collect();
        let next = |seconds| starts.recv_timeout(Duration::from_secs_f32(seconds));
        assert_eq!([next(10.0), next(10.0)], [Ok(()), Ok(())]);
        callers.iter().for_each(tokio::task::JoinHandle::abort);
        assert!(next(0.1).is_err(), "a third thread works");
        drop(releases);
        threads.run(|| ()).await;
    }
}
