//! The body of a request as bytes.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
};
use http::{HeaderMap, StatusCode, header};
use pin_project_lite::pin_project;

use super::rejection::Rejection;
use crate::base::message::late_body::LateBody;

/// Reads the whole body, within the route's `body_limit`, if `accept` does not reject its headers.
pub(super) fn read_body(
    request: Request,
    accept: fn(&HeaderMap) -> Result<(), Rejection>,
) -> impl Future<Output = Result<Bytes, Rejection>> + Send {
    let headers = request.headers();
    let rejection = match accept(headers) {
        // An app that decompresses bodies has removed the header.
        Ok(()) if headers.contains_key(header::CONTENT_ENCODING) && !is_identity(headers) => {
            Some(Rejection::ContentEncoding)
        }
        Ok(()) => None,
        Err(rejection) => Some(rejection),
    };
    ReadBody { bytes: Bytes::from_request(request, &()), rejection }
}

/// Whether each `Content-Encoding` is `identity`, which some clients send (RFC 9110 §8.4.1).
fn is_identity(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

pin_project! {
    /// Unlike an `async` block, it does not hold the request twice.
    struct ReadBody<F> {
        #[pin]
        bytes: F,
        // Of the headers: the body is not read.
        rejection: Option<Rejection>,
    }
}

impl<F: Future<Output = Result<Bytes, BytesRejection>>> Future for ReadBody<F> {
    type Output = Result<Bytes, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(rejection) = this.rejection.take() {
            return Poll::Ready(Err(rejection));
        }
        this.bytes.poll(cx).map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(failure) if failure.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Rejection::TooLarge
            }
            rejection if LateBody::is_cause_of(&rejection) => Rejection::Late,
            _ => Rejection::Interrupted,
        })
    }
}
