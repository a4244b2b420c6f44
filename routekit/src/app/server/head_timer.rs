//! The timer that hyper uses for the heads of HTTP/1 requests.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};

use super::connections::OpenConnection;

/// Notes that a head is due, and leaves it to the connection's task to close the connection when it is late.
///
/// hyper asks for a sleep before every head and drops it after. With tokio's timer that takes a lock, and about 1,600
/// instructions per request. An HTTP/1 connection of hyper has no other use for its timer, so every sleep is
/// [`HEAD_TIMEOUT`](super::connections::HEAD_TIMEOUT) long, and what time it is does not matter.
#[derive(Debug)]
pub(super) struct HeadTimer {
    connection: Arc<OpenConnection>,
    opened: Instant,
}

impl HeadTimer {
    pub(super) fn new(connection: Arc<OpenConnection>) -> Self {
        Self { connection, opened: tokio::time::Instant::now().into_std() }
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        self.connection.await_head();
        Box::pin(Never)
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        self.connection.await_head();
        Box::pin(Never)
    }

    fn now(&self) -> Instant {
        self.opened
    }

    fn reset(&self, _: &mut Pin<Box<dyn Sleep>>, _: Instant) {
        self.connection.await_head();
    }
}

/// A sleep that never ends. It has no size, so that its box takes no memory.
struct Never;

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for Never {}
