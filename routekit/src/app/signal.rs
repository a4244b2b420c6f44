//! When to stop.

use std::future::Future;

/// Ends at the `count`th SIGTERM or SIGINT from now.
///
/// The handlers are in place when this returns, and not at the first poll: who reads "listening" may send a signal.
#[cfg(unix)]
pub(super) fn nth(count: usize) -> impl Future<Output = ()> {
    use std::task::Poll;

    use tokio::signal::unix::{SignalKind, signal};

    let mut signals: Vec<_> =
        [SignalKind::terminate(), SignalKind::interrupt()].into_iter().filter_map(|kind| signal(kind).ok()).collect();
    let mut left = count;
    std::future::poll_fn(move |cx| {
        // Without a handler a signal ends the process, as it would without us.
        for signal in &mut signals {
            while left > 0 && signal.poll_recv(cx).is_ready() {
                left -= 1;
            }
        }
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
}

/// Ends at the `count`th Ctrl-C from the first poll.
#[cfg(not(unix))]
pub(super) async fn nth(count: usize) {
    for _ in 0..count {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
