//! Arguments that are read from the body.

use std::{
    future::Future,
    pin::Pin,
    task::{self, Poll},
};

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use pin_project_lite::pin_project;

use super::{Head, LastArgument};
use crate::{
    extract::{read_body::read_body, rejection::Rejection},
    route::Context,
};

/// An argument that a function reads from the whole body. Only that function depends on the type.
#[derive(Debug)]
pub struct BodySource<T> {
    /// Checks the media type.
    pub(super) accept: fn(&HeaderMap) -> Result<(), Rejection>,
    pub(super) parse: fn(&Bytes) -> Result<T, Rejection>,
}

impl<T: Send, S: Sync> LastArgument<S> for BodySource<T> {
    type Value = T;

    fn extract_last(self, head: Head, body: Body, _: &Context<S>) -> impl Future<Output = Result<T, Response>> + Send {
        Parsed { bytes: read_body(head.into_request(body), self.accept), parse: self.parse }
    }
}

pin_project! {
    /// Unlike an `async` block, it does not hold the request twice.
    struct Parsed<F, T> {
        #[pin]
        bytes: F,
        parse: fn(&Bytes) -> Result<T, Rejection>,
    }
}

impl<F: Future<Output = Result<Bytes, Rejection>>, T> Future for Parsed<F, T> {
    type Output = Result<T, Response>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let parse = *this.parse;
        this.bytes.poll(cx).map(|bytes| bytes.and_then(|bytes| parse(&bytes)).map_err(IntoResponse::into_response))
    }
}
