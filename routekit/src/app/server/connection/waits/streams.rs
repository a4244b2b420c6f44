//! The waits of an HTTP/2 connection's streams for their client.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Waker,
    time::Duration,
};

use parking_lot::Mutex;

use super::{
    patience::{ClientDeadline, ClientPatience},
    upload::UploadWait,
};

/// The open streams of a connection.
#[derive(Debug, Default)]
pub(in crate::app::server) struct StreamWaits {
    count: AtomicUsize,
    /// Closed streams are removed at the next tick.
    open: Mutex<Vec<Weak<StreamWait>>>,
}

/// The waits of one stream.
#[derive(Debug)]
pub(in crate::app::server) struct StreamWait {
    pub(in crate::app::server) upload: UploadWait,
    /// When the client is late with making room for more of the response.
    send: ClientDeadline,
    patience: Mutex<ClientPatience>,
    /// Whether there is more of the response than the client has room for.
    sending: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl StreamWaits {
    pub(in crate::app::server) fn begin(&self, send_timeout: Duration) -> Arc<StreamWait> {
        let wait = Arc::new(StreamWait {
            upload: UploadWait::default(),
            send: ClientDeadline::never(),
            patience: Mutex::new(ClientPatience::new(send_timeout)),
            sending: AtomicBool::new(false),
            waker: Mutex::default(),
        });
        self.count.fetch_add(1, Ordering::Relaxed);
        self.open.lock().push(Arc::downgrade(&wait));
        wait
    }

    /// Counts a stream that has ended. Returns whether it was the last one.
    pub(in crate::app::server) fn end(&self) -> bool {
        self.count.fetch_sub(1, Ordering::Relaxed) == 1
    }

    pub(in crate::app::server) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Wakes the tasks whose client is late.
    pub(in crate::app::server) fn wake_late(&self, now: u64) {
        self.open.lock().retain(|wait| {
            let Some(wait) = wait.upgrade() else { return false };
            wait.upload.wake_if_late(now);
            if wait.send.is_over(now)
                && let Some(waker) = wait.waker.lock().take()
            {
                waker.wake();
            }
            true
        });
    }
}

impl StreamWait {
    /// Records that the client took `bytes` of the response, and whether there is more to send.
    pub(in crate::app::server) fn sent(&self, bytes: usize, more: bool, now: u64) {
        self.sending.store(more, Ordering::Relaxed);
        self.patience.lock().progress(&self.send, now, bytes);
    }

    /// Whether the client is late. If the server waits for it, `waker` is called when it is.
    pub(in crate::app::server) fn is_late(&self, now: u64, waker: &Waker) -> bool {
        if !self.sending.load(Ordering::Relaxed) {
            return false;
        }
        self.patience.lock().wait(&self.send, now);
        *self.waker.lock() = Some(waker.clone());
        self.send.is_over(now)
    }
}
