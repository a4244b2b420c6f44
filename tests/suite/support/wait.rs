//! Waiting for a condition, in place of a number of yields.

use std::{
    future::poll_fn,
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

/// Waits until no other task of this runtime can run. Takes a millisecond of paused time.
///
/// # Panics
/// If time is not paused: only a paused clock waits for tasks before it moves.
pub(crate) async fn idle() {
    // `advance` panics unless time is paused.
    tokio::time::advance(Duration::ZERO).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Waits until the condition holds.
///
/// # Panics
/// If it does not hold within ten seconds of real time, with `what` was waited for.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    #[expect(clippy::disallowed_methods, reason = "a bound for tests that would hang, also on paused time")]
    let now = Instant::now;
    let start = now();
    while !condition() {
        assert!(now() - start < Duration::from_secs(10), "waited ten seconds for {what}");
        tokio::task::yield_now().await;
    }
}

/// Whether the future is pending after one poll.
pub(crate) async fn is_pending<F: Future + Unpin>(future: &mut F) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_pending())).await
}
