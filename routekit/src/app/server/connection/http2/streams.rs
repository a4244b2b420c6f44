//! The streams of an HTTP/2 connection, each with a task of its own.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use hyper::rt::Executor;
use parking_lot::Mutex;
use pin_project_lite::pin_project;

use crate::app::server::connection::{
    connections::OpenConnection,
    patience::{Deadline, Patience},
    upload::UploadWait,
};

/// The open streams of a connection.
#[derive(Debug, Default)]
pub(in crate::app::server::connection) struct OpenStreams {
    count: AtomicUsize,
    /// Closed streams are removed at the next tick.
    open: Mutex<Vec<Weak<OpenStream>>>,
    /// The stream whose task hyper is about to start.
    starting: Mutex<Option<Arc<OpenStream>>>,
}

impl OpenStreams {
    pub(in crate::app::server::connection) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Wakes the tasks whose client is late.
    pub(in crate::app::server::connection) fn wake_late(&self, now: u64) {
        if self.is_empty() {
            return;
        }
        self.open.lock().retain(|stream| {
            let Some(stream) = stream.upgrade() else { return false };
            stream.upload.wake_if_late(now);
            if stream.send.is_over(now)
                && let Some(waker) = stream.waker.lock().take()
            {
                waker.wake();
            }
            true
        });
    }
}

/// One open stream, as its task and its bodies use it.
#[derive(Debug)]
pub(in crate::app::server::connection) struct OpenStream {
    connection: Arc<OpenConnection>,
    pub(in crate::app::server::connection) upload: UploadWait,
    /// When the client is late with making room for more of the response.
    send: Deadline,
    patience: Mutex<Patience>,
    /// Whether there is more of the response than the client has room for.
    sending: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl OpenStream {
    /// Registers the stream of a request that was just read. hyper starts its task next.
    pub(in crate::app::server::connection) fn begin(connection: &Arc<OpenConnection>) -> Arc<Self> {
        let stream = Arc::new(Self {
            connection: Arc::clone(connection),
            upload: UploadWait::default(),
            send: Deadline::never(),
            patience: Mutex::new(Patience::new(connection.limits().send_timeout)),
            sending: AtomicBool::new(false),
            waker: Mutex::default(),
        });
        let streams = &connection.streams;
        streams.count.fetch_add(1, Ordering::Relaxed);
        streams.open.lock().push(Arc::downgrade(&stream));
        *streams.starting.lock() = Some(Arc::clone(&stream));
        stream
    }

    pub(in crate::app::server::connection) fn connection(&self) -> &OpenConnection {
        &self.connection
    }

    /// Records that the client took `bytes` of the response, and whether there is more to send.
    pub(in crate::app::server::connection) fn sent(&self, bytes: usize, more: bool) {
        self.sending.store(more, Ordering::Relaxed);
        self.patience.lock().progress(&self.send, self.connection.now(), bytes);
    }

    /// Whether the client is late, if the task waits for it.
    fn is_late(&self, waker: &Waker) -> bool {
        if !self.sending.load(Ordering::Relaxed) {
            return false;
        }
        let now = self.connection.now();
        self.patience.lock().wait(&self.send, now);
        *self.waker.lock() = Some(waker.clone());
        self.send.is_over(now)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        if self.connection.streams.count.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.connection.await_within(self.connection.limits().idle_timeout);
        }
    }
}

/// Starts the tasks of a connection's streams.
#[derive(Clone)]
pub(in crate::app::server::connection) struct StreamExecutor(
    pub(in crate::app::server::connection) Arc<OpenConnection>,
);

impl<F> Executor<F> for StreamExecutor
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, task: F) {
        let stream = self.0.streams.starting.lock().take();
        tokio::spawn(StreamTask { task: Some(task), stream });
    }
}

pin_project! {
    /// A stream's task, which ends if the client does not take the response.
    struct StreamTask<F> {
        #[pin]
        task: Option<F>,
        stream: Option<Arc<OpenStream>>,
    }
}

impl<F: Future> Future for StreamTask<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(task) = this.task.as_mut().as_pin_mut() else { return Poll::Ready(()) };
        if task.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if this.stream.as_ref().is_some_and(|stream| stream.is_late(cx.waker())) {
            tracing::debug!("a stream was reset: its client did not take the response");
            // Resets the stream, and frees what is left of the response.
            this.task.set(None);
            return Poll::Ready(());
        }
        Poll::Pending
    }
}
