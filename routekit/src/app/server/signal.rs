//! The signals that stop a process.

use std::future::Future;

/// Ends at the `count`th SIGTERM or SIGINT from now.
///
/// The handlers are installed when this returns, before the first poll: a supervisor that has read "listening" may send
/// a signal at once.
#[cfg(unix)]
pub(in crate::app) fn nth(count: usize) -> impl Future<Output = ()> {
    use std::task::Poll;

    use tokio::signal::unix::{SignalKind, signal};

    let mut signals: Vec<_> =
        [SignalKind::terminate(), SignalKind::interrupt()].into_iter().filter_map(|kind| signal(kind).ok()).collect();
    let mut left = count;
    std::future::poll_fn(move |cx| {
        // A signal whose handler could not be installed ends the process, as it does by default.
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
pub(in crate::app) async fn nth(count: usize) {
    for _ in 0..count {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
