//! The timer that hyper uses for the heads of HTTP/1 requests.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};

use super::connections::{OpenConnection, TICK};

/// Writes down the deadline of a head, and leaves it to the connection's task to look at it.
///
/// hyper asks for a new sleep before every head and drops it after. With tokio's timer that takes a lock, and about
/// 1,600 instructions per request.
#[derive(Debug)]
pub(super) struct HeadTimer {
    connection: Arc<OpenConnection>,
    /// When the listener's clock stood at 0, up to an error that is the same in every answer: hyper uses the time only
    /// to add a timeout to it.
    start: Instant,
}

impl HeadTimer {
    pub(super) fn new(connection: Arc<OpenConnection>) -> Self {
        Self { connection, start: tokio::time::Instant::now().into_std() }
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.connection.head_due_in(duration.as_secs());
        Box::pin(Never)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    fn now(&self) -> Instant {
        // A number of ticks that does not fit is some 136 years.
        self.start + TICK * u32::try_from(self.connection.connections().ticks()).unwrap_or(u32::MAX)
    }

    fn reset(&self, _: &mut Pin<Box<dyn Sleep>>, deadline: Instant) {
        drop(self.sleep_until(deadline));
    }
}

/// A sleep that hyper polls in vain: the connection's task ends when the head is late. It has no size, so that its box
/// takes no memory.
struct Never;

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for Never {}
