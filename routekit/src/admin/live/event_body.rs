//! The body of a stream of server-sent events.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::OwnedSemaphorePermit;

use super::snapshot::LiveSource;

/// The time from one event to the next.
const INTERVAL: Duration = Duration::from_secs(2);

type NextEvent = Pin<Box<dyn Future<Output = Option<Bytes>> + Send>>;

/// Events that are made when the server is ready to send them, the first one at once. A client that reads slowly gets
/// fewer.
pub(super) struct EventBody {
    source: Arc<LiveSource>,
    /// `None` once the app closes.
    next: Option<NextEvent>,
    _permit: OwnedSemaphorePermit,
}

impl EventBody {
    pub(super) fn new(source: Arc<LiveSource>, permit: OwnedSemaphorePermit) -> Self {
        let next = Some(first_event(Arc::clone(&source)));
        Self { source, next, _permit: permit }
    }
}

impl Body for EventBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        let ready = ready!(next.as_mut().poll(cx));
        self.next = ready.is_some().then(|| event(Arc::clone(&self.source)));
        Poll::Ready(ready.map(|event| Ok(Frame::data(event))))
    }
}

/// What has happened so far, and the figures of now.
fn first_event(source: Arc<LiveSource>) -> NextEvent {
    let closing = source.shutdown.closing();
    let made = async move { source.history().await + &source.snapshot().await };
    unless_closing(closing, made)
}

/// The figures after the interval.
fn event(source: Arc<LiveSource>) -> NextEvent {
    let closing = source.shutdown.closing();
    let made = async move {
        tokio::time::sleep(INTERVAL).await;
        source.snapshot().await
    };
    unless_closing(closing, made)
}

/// `None` once the app closes.
fn unless_closing(
    closing: impl Future<Output = ()> + Send + 'static,
    made: impl Future<Output = String> + Send + 'static,
) -> NextEvent {
    Box::pin(async move {
        tokio::select! {
            biased;
            () = closing => None,
            text = made => Some(Bytes::from(text)),
        }
    })
}
