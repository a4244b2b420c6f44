//! Sends the body of an HTTP/2 response in pieces, so that the progress of its client can be seen.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

use super::streams::OpenStream;

/// hyper takes a frame, waits until the client has room for a byte of it, and then buffers the whole frame.
const PIECE: usize = 8 * 1024;

/// The largest end of a body that a client may leave in the buffer unobserved, in bytes. hyper's task of a stream ends
/// once it has buffered the last frame. So the last byte of a larger body is a frame of its own, which needs room.
const UNOBSERVED: usize = 1024;

/// The part of a frame that was not sent yet, and the stream that it belongs to.
pub(in crate::app::server::connection) struct Pieces {
    rest: Bytes,
    /// The length of the last piece.
    last: usize,
    stream: Arc<OpenStream>,
}

impl Pieces {
    pub(in crate::app::server::connection) fn new(stream: Arc<OpenStream>) -> Self {
        stream.sent(0, true);
        Self { rest: Bytes::new(), last: 0, stream }
    }

    pub(in crate::app::server::connection) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The size of the remaining body, with that of its inner body.
    pub(in crate::app::server::connection) fn size_hint(&self, inner: SizeHint) -> SizeHint {
        let rest = self.rest.len() as u64;
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }

    pub(in crate::app::server::connection) fn poll_frame(
        &mut self,
        mut inner: Pin<&mut Body>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // While the handler makes the next frame, the client is not waited for.
        self.stream.sent(std::mem::take(&mut self.last), false);
        if self.rest.is_empty() {
            let frame = match ready!(inner.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                other => return Poll::Ready(other),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let is_end = self.rest.len() <= PIECE && inner.is_end_stream();
        let holds_back = is_end && self.rest.len() > UNOBSERVED;
        let piece = self.rest.split_to(if holds_back { self.rest.len() - 1 } else { self.rest.len().min(PIECE) });
        self.last = piece.len();
        self.stream.sent(0, true);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}
