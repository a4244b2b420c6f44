//! A function that is called with invalidations.

use std::{
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use crate::cache::Invalidation;

/// A function that is called with invalidations, and whether the callers of an invalidation wait for it. Clones share
/// it.
#[derive(Clone)]
pub(crate) struct Listener {
    call: Arc<dyn Fn(Invalidation) -> Call + Send + Sync>,
    /// How long a caller waits at most; `None` if it does not wait.
    wait: Option<Duration>,
}

type Call = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Listener {
    /// An async closure with captures lends them to its future. To be called more than once, it must be cloned for each
    /// call.
    pub(crate) fn new<F, R>(call: F, wait: Option<Duration>) -> Self
    where
        F: FnOnce(Invalidation) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self { call: Arc::new(move |event| Box::pin(call.clone()(event))), wait }
    }

    pub(super) fn wait(&self) -> Option<Duration> {
        self.wait
    }

    /// Calls the function. Returns `false` if it panicked, which affects no request.
    pub(super) async fn call(&self, event: Invalidation) -> bool {
        // The call itself can panic, as well as its future.
        let mut call: Call = Box::pin({
            let function = Arc::clone(&self.call);
            async move { function(event).await }
        });
        poll_fn(|cx| {
            catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)))
                .map_or(Poll::Ready(false), |polled| polled.map(|()| true))
        })
        .await
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("wait", &self.wait).finish_non_exhaustive()
    }
}
