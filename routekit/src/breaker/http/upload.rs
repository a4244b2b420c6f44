//! Whether a handler waits for its client's body. Whoever sends slowly must not be able to open the breaker for everybody.

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

/// Whether the body of a request is waited for; `None` where there is none.
#[derive(Debug, Clone)]
pub(super) struct Upload(Option<Arc<AtomicBool>>);

impl Upload {
    /// Looks at the body of this request from now on.
    pub(super) fn watch(request: &mut Request) -> Self {
        if request.body().is_end_stream() {
            return Self(None);
        }
        let awaited = Arc::new(AtomicBool::new(false));
        let inner = std::mem::take(request.body_mut());
        *request.body_mut() = Body::new(Watched { inner, awaited: Arc::clone(&awaited) });
        Self(Some(awaited))
    }

    /// Whether somebody has asked for more of it, and the client has not sent it.
    pub(super) fn is_awaited(&self) -> bool {
        // It is looked at by the task that polls it, or once that has ended.
        self.0.as_ref().is_some_and(|awaited| awaited.load(Ordering::Relaxed))
    }
}

struct Watched {
    inner: Body,
    awaited: Arc<AtomicBool>,
}

impl http_body::Body for Watched {
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
