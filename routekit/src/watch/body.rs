//! Bodies of unknown length.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

use super::sample::Sample;
use crate::observe::{Exchange, Failure};

/// A request body that is counted while it is read.
pub(super) struct CountedBody {
    inner: Body,
    exchange: Exchange,
}

impl CountedBody {
    pub(super) fn new(inner: Body, exchange: Exchange) -> Self {
        Self { inner, exchange }
    }
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.exchange.read(data_length(frame));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A response body that ends the request when it ends.
pub(super) struct WatchedBody {
    inner: Body,
    sample: Sample,
    /// Set by the policy that built the response.
    failure: Option<Failure>,
}

impl WatchedBody {
    pub(super) fn new(inner: Body, sample: Sample, failure: Option<Failure>) -> Self {
        Self { inner, sample, failure }
    }
}

/// A body may also be dropped without a last `poll_frame`.
impl Drop for WatchedBody {
    fn drop(&mut self) {
        if self.inner.is_end_stream() {
            self.sample.end(self.failure);
        }
    }
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                this.sample.response_bytes += data_length(frame);
                // The reader may detect the end here and not poll again. Nothing follows trailers (RFC 9110 §6.5).
                if frame.is_trailers() || this.inner.is_end_stream() {
                    this.sample.end(this.failure);
                }
            }
            Some(Err(_)) => this.sample.end(this.failure.or(Some(Failure::Body))),
            None => this.sample.end(this.failure),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn data_length(frame: &Frame<Bytes>) -> u64 {
    frame.data_ref().map_or(0, |data| data.len() as u64)
}
