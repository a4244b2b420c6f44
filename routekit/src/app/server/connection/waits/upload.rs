//! The wait for the body of a request.

use std::task::Waker;

use parking_lot::Mutex;

use super::patience::ClientDeadline;

/// Whether the server waits for a body, and until when.
#[derive(Debug)]
pub(in crate::app::server) struct UploadWait {
    pub(in crate::app::server) deadline: ClientDeadline,
    /// The waker of the task that reads the body. It need not be the task of the connection.
    waker: Mutex<Option<Waker>>,
}

impl Default for UploadWait {
    fn default() -> Self {
        Self { deadline: ClientDeadline::never(), waker: Mutex::default() }
    }
}

impl UploadWait {
    /// Sets the waker to call when the client is late.
    pub(in crate::app::server) fn wake(&self, waker: &Waker) {
        let mut current = self.waker.lock();
        if !current.as_ref().is_some_and(|current| current.will_wake(waker)) {
            *current = Some(waker.clone());
        }
    }

    pub(in crate::app::server) fn wake_if_late(&self, now: u64) {
        if self.deadline.is_over(now)
            && let Some(waker) = self.waker.lock().take()
        {
            waker.wake();
        }
    }

    /// The body has ended, or is read no more.
    pub(in crate::app::server) fn end(&self) {
        self.deadline.clear();
    }
}
