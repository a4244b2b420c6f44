use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body::Frame;

/// The body of a response to HEAD: it ends immediately and has no length.
///
/// An outer layer would write the length of an empty body as `Content-Length: 0`, which is wrong if a GET has content
/// (RFC 9110 §8.6).
pub(crate) fn no_content() -> Body {
    Body::new(NoContent)
}

struct NoContent;

impl http_body::Body for NoContent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}
