//! Observes whether a handler waits for its request body, because a slow client must not open the breaker for all
//! clients.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
};
use http_body::{Body as _, Frame, SizeHint};

/// Whether the handler waits for the request body. `None` if the request has none.
#[derive(Debug, Clone)]
pub(super) struct Upload(Option<Arc<AtomicBool>>);

impl Upload {
    /// Observes the body of `request` from now on.
    pub(super) fn watch(request: &mut Request) -> Self {
        if request.body().is_end_stream() {
            return Self(None);
        }
        let awaited = Arc::new(AtomicBool::new(false));
        let inner = std::mem::take(request.body_mut());
        *request.body_mut() = Body::new(ObservedBody { inner, awaited: Arc::clone(&awaited) });
        Self(Some(awaited))
    }

    /// Whether the handler has polled the body and the client has not sent more of it.
    pub(super) fn is_awaited(&self) -> bool {
        // Relaxed is enough: this is read by the task that polls the body, or by another task after that one has ended.
        self.0.as_ref().is_some_and(|awaited| awaited.load(Ordering::Relaxed))
    }
}

struct ObservedBody {
    inner: Body,
    awaited: Arc<AtomicBool>,
}

impl http_body::Body for ObservedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        self.awaited.store(polled.is_pending(), Ordering::Relaxed);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
