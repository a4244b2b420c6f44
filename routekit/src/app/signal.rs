//! When to stop.

use std::future::Future;

/// Ends at the first SIGTERM or SIGINT.
///
/// The handlers are in place when this returns, and not at the first poll: who reads "listening" may send a signal.
#[cfg(unix)]
pub(super) fn shutdown() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut signals: Vec<_> =
        [SignalKind::terminate(), SignalKind::interrupt()].into_iter().filter_map(|kind| signal(kind).ok()).collect();
    std::future::poll_fn(move |cx| {
        // Without a handler a signal ends the process, as it would without us.
        let mut received = signals.iter_mut().map(|signal| signal.poll_recv(cx).is_ready());
        if received.any(|received| received) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
}

/// Ends at Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn shutdown() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
