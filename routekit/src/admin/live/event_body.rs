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
        let next = Some(event(Arc::clone(&source), Duration::ZERO));
        Self { source, next, _permit: permit }
    }
}

impl Body for EventBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        let ready = ready!(next.as_mut().poll(cx));
        self.next = ready.is_some().then(|| event(Arc::clone(&self.source), INTERVAL));
        Poll::Ready(ready.map(|event| Ok(Frame::data(event))))
    }
}

/// The event after this time, or `None` once the app closes.
fn event(source: Arc<LiveSource>, after: Duration) -> NextEvent {
    Box::pin(async move {
        let made = async {
            tokio::time::sleep(after).await;
            source.snapshot().await
        };
        tokio::select! {
            biased;
            () = source.shutdown.closing() => None,
            json = made => Some(Bytes::from(format!("data: {json}\n\n"))),
        }
    })
}
