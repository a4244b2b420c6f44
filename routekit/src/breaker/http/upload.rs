//! Observes whether a handler waits for its request body, because a slow client must neither open the breaker for all
//! clients nor keep it half-open.

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
use parking_lot::Mutex;

use crate::breaker::{Open, Permit, permit::Pauses};

/// The request body of a call. `None` if the request has none.
#[derive(Debug)]
pub(super) struct Upload(Option<Arc<ObservedUpload>>);

#[derive(Debug)]
struct ObservedUpload {
    /// Whether the handler waits for more of the body.
    awaited: AtomicBool,
    pauses: Mutex<Pauses>,
    /// Set if the body ended with an error, because the breaker had no slot for the call any more.
    refused: Mutex<Option<Open>>,
}

impl Upload {
    /// Observes the body of `request` from now on, for the call with this permit.
    pub(super) fn watch(request: &mut Request, permit: &Permit) -> Self {
        if request.body().is_end_stream() {
            return Self(None);
        }
        let observed = ObservedUpload {
            awaited: AtomicBool::new(false),
            pauses: Mutex::new(permit.pauses()),
            refused: Mutex::default(),
        };
        let observed = Arc::new(observed);
        let inner = std::mem::take(request.body_mut());
        *request.body_mut() = Body::new(ObservedBody { inner, observed: Arc::clone(&observed) });
        Self(Some(observed))
    }

    /// Takes the time in which the handler waited for the body off the duration of the call.
    pub(super) fn subtract_from(&self, permit: &mut Permit) {
        if let Some(observed) = &self.0 {
            permit.subtract(&observed.pauses.lock());
        }
    }

    /// Why the body ended with an error, if the breaker had no slot for the call any more.
    pub(super) fn refusal(&self) -> Option<Open> {
        self.0.as_ref().and_then(|observed| *observed.refused.lock())
    }

    /// Whether the handler has polled the body and the client has not sent more of it.
    pub(super) fn is_awaited(&self) -> bool {
        // Relaxed is enough: this is read by the task that polls the body, or by another task after that one has ended.
        self.0.as_ref().is_some_and(|observed| observed.awaited.load(Ordering::Relaxed))
    }
}

impl ObservedUpload {
    /// `Err` if the call must not go on.
    #[cold]
    fn set_awaited(&self, awaited: bool) -> Result<(), Open> {
        self.awaited.store(awaited, Ordering::Relaxed);
        let mut pauses = self.pauses.lock();
        if awaited {
            pauses.begin();
            return Ok(());
        }
        let resumed = pauses.end();
        if let Err(open) = resumed {
            *self.refused.lock() = Some(open);
        }
        resumed
    }
}

struct ObservedBody {
    inner: Body,
    observed: Arc<ObservedUpload>,
}

impl http_body::Body for ObservedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if polled.is_pending() != self.observed.awaited.load(Ordering::Relaxed)
            && let Err(open) = self.observed.set_awaited(polled.is_pending())
        {
            return Poll::Ready(Some(Err(axum::Error::new(open))));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for ObservedBody {
    fn drop(&mut self) {
        // The handler waits for the client no more.
        if self.observed.awaited.load(Ordering::Relaxed) {
            let _ = self.observed.set_awaited(false);
        }
    }
}
