//! Polls a connection until it ends, is late or must close.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Poll, Waker},
    time::Duration,
};

use super::{connections::OpenConnection, protocol::Protocol};

/// How long a client has for the last bytes of a connection that ends.
pub(super) const LAST_MOMENT: Duration = Duration::from_millis(500);

/// How long an HTTP/2 connection without requests may take to acknowledge that the app closes.
#[cfg(feature = "http2")]
const GOAWAY_WAIT: Duration = Duration::from_secs(5);

/// How often a connection that is asked to end looks whether it is idle, at most.
const SHORTEST_WAIT: Duration = Duration::from_millis(20);

/// Polls `connection` until it ends, or until it must be dropped: `None`. That is when its client is late, or when the
/// app closes and there is no request.
///
/// 1. In HTTP/1, a request may be on its way when the app closes. So the connection waits for `server.shutdown_grace`,
///    and again after each request that arrives. Then `finish` makes it end when it is idle.
/// 2. In HTTP/2, `finish` makes it send a GOAWAY at once, which tells the client which requests will be processed.
pub(super) async fn drive<C: Future>(
    mut connection: Pin<&mut C>,
    (open, protocol): (&OpenConnection, Protocol),
    finish: impl Fn(Pin<&mut C>),
) -> Option<C::Output> {
    let output = poll_unless(connection.as_mut(), open, || open.is_closing() || open.is_over()).await;
    if output.is_some() || open.is_over() {
        return output;
    }
    let (mut finished, wait) = match protocol {
        Protocol::Http1 => (false, open.limits().shutdown_grace),
        #[cfg(feature = "http2")]
        Protocol::Http2 => {
            finish(connection.as_mut());
            (true, GOAWAY_WAIT)
        }
    };
    loop {
        open.forget_activity();
        tokio::select! {
            output = poll_unless(connection.as_mut(), open, || open.is_over()) => return output,
            () = tokio::time::sleep(wait.max(SHORTEST_WAIT)) => {}
        }
        if open.is_quiet() {
            if finished {
                return None;
            }
            finish(connection.as_mut());
            finished = true;
        }
    }
}

/// Polls the handshake that comes before the first request, as long as the client may take for the head of that.
#[cfg(feature = "tls")]
pub(in crate::app::server) async fn drive_handshake<H: Future>(
    handshake: H,
    open: &OpenConnection,
) -> Option<H::Output> {
    drive(std::pin::pin!(handshake), (open, Protocol::Http1), |_| ()).await
}

/// Polls `connection` until it ends, or until `interrupted` after a poll: `None`.
pub(super) async fn poll_unless<C: Future>(
    mut connection: Pin<&mut C>,
    open: &OpenConnection,
    interrupted: impl Fn() -> bool,
) -> Option<C::Output> {
    let mut registered: Option<Waker> = None;
    poll_fn(|cx| {
        if !registered.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            open.wake(cx.waker());
            registered = Some(cx.waker().clone());
        }
        // Polled first, so that a head that has arrived counts.
        match connection.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if interrupted() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
