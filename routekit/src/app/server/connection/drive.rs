//! Polls a connection until it ends, is late or must stop.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Poll, Waker},
    time::Duration,
};

use super::connections::OpenConnection;

/// How long a connection without a request may still send one once the app stops.
pub(super) const LAST_MOMENT: Duration = Duration::from_millis(500);

/// Polls `connection` until it ends, or until the head of a request is late: `None`.
///
/// When the app stops, `finish` tells the connection to end after its response. If it has had no request yet, its first
/// head is late after [`LAST_MOMENT`].
pub(in crate::app::server) async fn drive<C: Future>(
    mut connection: Pin<&mut C>,
    open: &OpenConnection,
    finish: impl Fn(Pin<&mut C>),
) -> Option<C::Output> {
    let output = poll_unless(connection.as_mut(), open, || open.is_stopping() || open.is_late()).await;
    if output.is_some() || open.is_late() {
        return output;
    }
    finish(connection.as_mut());
    tokio::select! {
        output = connection.as_mut() => return Some(output),
        () = tokio::time::sleep(LAST_MOMENT) => {}
    }
    if open.has_had_a_request() { poll_unless(connection, open, || open.is_late()).await } else { None }
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
