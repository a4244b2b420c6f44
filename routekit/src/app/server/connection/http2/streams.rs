//! The streams of a connection, each with a task of its own.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use hyper::rt::Executor;
use parking_lot::Mutex;
use pin_project_lite::pin_project;
use tokio::task::{self, Id};

use crate::app::server::connection::{
    connections::OpenConnection,
    waits::{StreamWait, UploadWait},
};

/// One open stream, as its task and its bodies use it.
#[derive(Debug)]
pub(in crate::app::server::connection) struct OpenStream {
    connection: Arc<OpenConnection>,
    wait: Arc<StreamWait>,
}

impl OpenStream {
    pub(in crate::app::server::connection) fn connection(&self) -> &OpenConnection {
        &self.connection
    }

    pub(in crate::app::server::connection) fn upload(&self) -> &UploadWait {
        &self.wait.upload
    }

    /// Records that the client took `bytes` of the response, and whether there is more to send.
    pub(super) fn sent(&self, bytes: usize, more: bool) {
        self.wait.sent(bytes, more, self.connection.now());
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        if self.connection.streams.end() {
            self.connection.await_within(self.connection.limits().idle_timeout);
        }
    }
}

/// A stream, and the task that starts its task.
type StartingStream = (Option<Id>, Arc<OpenStream>);

/// Starts the tasks of a connection's streams.
#[derive(Debug, Clone)]
pub(in crate::app::server::connection) struct StreamExecutor {
    connection: Arc<OpenConnection>,
    /// The stream whose task hyper starts next.
    starting: Arc<Mutex<Option<StartingStream>>>,
}

impl StreamExecutor {
    pub(in crate::app::server::connection) fn new(connection: Arc<OpenConnection>) -> Self {
        Self { connection, starting: Arc::default() }
    }

    /// Registers the stream of a request that was just read. hyper starts its task next.
    pub(in crate::app::server::connection) fn begin(&self) -> Arc<OpenStream> {
        let stream = self.open();
        *self.starting.lock() = Some((task::try_id(), Arc::clone(&stream)));
        stream
    }

    fn open(&self) -> Arc<OpenStream> {
        let wait = self.connection.streams.begin(self.connection.limits().send_timeout);
        Arc::new(OpenStream { connection: Arc::clone(&self.connection), wait })
    }
}

impl<F> Executor<F> for StreamExecutor
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream_task: F) {
        let begun = self.starting.lock().take_if(|(begun_by, _)| *begun_by == task::try_id());
        // A task that a stream's task starts sends what an upgraded stream sends (RFC 8441). Its stream is open for as
        // long as the task runs, and has no time limit.
        let stream = begun.map_or_else(|| self.open(), |(_, stream)| stream);
        tokio::spawn(StreamTask { task: Some(stream_task), stream });
    }
}

pin_project! {
    /// A stream's task, which ends if the client does not take the response.
    struct StreamTask<F> {
        #[pin]
        task: Option<F>,
        stream: Arc<OpenStream>,
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
        if this.stream.wait.is_late(this.stream.connection.now(), cx.waker()) {
            tracing::debug!("a stream was reset: its client did not take the response");
            // Resets the stream, and frees what is left of the response.
            this.task.set(None);
            return Poll::Ready(());
        }
        Poll::Pending
    }
}
