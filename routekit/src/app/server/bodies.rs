//! The bodies of an exchange on an HTTP/1 connection, which report their progress to the connection.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

use super::connections::OpenConnection;

/// The body of a request. Reports to the connection whether it was read to its end.
pub(super) struct RequestBody {
    inner: Incoming,
    ended: bool,
    open: Arc<OpenConnection>,
}

impl RequestBody {
    pub(super) fn new(inner: Incoming, open: Arc<OpenConnection>) -> Self {
        open.upload_began();
        Self { inner, ended: false, open }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        let at_end = matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.inner.is_end_stream();
        if at_end && !self.ended {
            self.ended = true;
            self.open.upload_ended(Some(0));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if !self.ended {
            self.open.upload_ended(self.inner.size_hint().upper());
        }
    }
}

/// The body of a response. Reports its end to an HTTP/1 connection.
pub(super) struct ResponseBody {
    inner: Body,
    open: Option<Arc<OpenConnection>>,
}

impl ResponseBody {
    pub(super) fn new(inner: Body, open: Option<Arc<OpenConnection>>) -> Self {
        Self { inner, open }
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Some(open) = &self.open {
            open.response_ended();
        }
    }
}
