//! A function of the program that is called with changes of alerts.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use crate::{alerts::AlertChange, base::clock::Clock, deadline::Deadline};

/// How long one call may take.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(30);

/// A function that is called with each change of an alert.
pub(in crate::app) struct AlertHook(Arc<dyn Fn(AlertChange) -> AlertHookCall + Send + Sync>);

type AlertHookCall = Pin<Box<dyn Future<Output = ()> + Send>>;

impl AlertHook {
    /// An async closure with captures lends them to its future. To be called more than once, it must be cloned for each
    /// call.
    pub(in crate::app) fn new<F, R>(call: F) -> Self
    where
        F: FnOnce(AlertChange) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |change| Box::pin(call.clone()(change))))
    }

    /// Calls the function. Fails if it panics or takes too long.
    pub(super) async fn call(&self, change: AlertChange, clock: &Clock) -> Result<(), String> {
        // The call itself can panic, as well as its future.
        let function = Arc::clone(&self.0);
        let mut call = Box::pin(async move { function(change).await });
        let mut deadline = Deadline::default();
        poll_fn(|cx| {
            // The future is dropped after a panic, so nothing sees its state.
            match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx))) {
                Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
                Ok(Poll::Pending) => {
                    let late = || Err(format!("it took longer than {CALL_LIMIT:?}"));
                    deadline.poll_expired(CALL_LIMIT, clock, cx).map(|()| late())
                }
                // The panic hook has printed its message.
                Err(_) => Poll::Ready(Err("it panicked".to_owned())),
            }
        })
        .await
    }
}
