//! A tick that panics does not end the monitoring.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

/// Runs one tick of a task. A panic is logged, and ends this tick only.
pub(super) async fn tick(task: &'static str, work: impl Future<Output = ()>) {
    let mut work = pin!(work);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
        Ok(polled) => polled,
        // The future is not polled again. The panic hook has printed the message.
        Err(_) => {
            // The subscriber may have caused the panic.
            let _ = catch_unwind(|| tracing::error!(task, "a tick panicked; the next one runs as usual"));
            Poll::Ready(())
        }
    })
    .await;
}
