//! Work that has an end.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use tokio::time::Sleep;

/// What comes of `work` if that is ready in time. A timer is made at the first `Pending`.
pub(in crate::cache) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut sleep: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|cx| {
        if let Poll::Ready(value) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(value));
        }
        let sleep = sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        // Outside tokio's budget, which work that is always busy has used up.
        pin!(tokio::task::unconstrained(sleep)).poll(cx).map(|()| None)
    })
    .await
}
