//! The bodies of an exchange, which report their progress to the connection or to their HTTP/2 stream.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

#[cfg(feature = "http2")]
use super::http2::{OpenStream, Pieces};
use super::{
    connections::OpenConnection,
    waits::{ClientPatience, UploadWait},
};
use crate::{base::message::late_body::LateBody, observe::ActiveRequest};

/// The exchange that a body belongs to.
#[derive(Clone)]
pub(super) enum ExchangeSide {
    /// A connection has one exchange at a time.
    Http1(Arc<OpenConnection>),
    #[cfg(feature = "http2")]
    Http2(Arc<OpenStream>),
}

impl ExchangeSide {
    fn upload(&self) -> &UploadWait {
        match self {
            Self::Http1(open) => &open.upload,
            #[cfg(feature = "http2")]
            Self::Http2(stream) => stream.upload(),
        }
    }

    fn connection(&self) -> &OpenConnection {
        match self {
            Self::Http1(open) => open,
            #[cfg(feature = "http2")]
            Self::Http2(stream) => stream.connection(),
        }
    }

    /// An HTTP/1 connection, which cannot be used further if a body was not read.
    fn shared_connection(&self) -> Option<&OpenConnection> {
        match self {
            Self::Http1(open) => Some(open),
            #[cfg(feature = "http2")]
            Self::Http2(_) => None,
        }
    }
}

/// The body of a request. It ends with [`LateBody`] if the client is too slow. Reports to an HTTP/1 connection whether
/// it was read to its end.
pub(super) struct RequestBody {
    inner: Incoming,
    ended: bool,
    /// Whether it has ended with [`LateBody`].
    late: bool,
    patience: ClientPatience,
    exchange: ExchangeSide,
}

impl RequestBody {
    pub(super) fn new(inner: Incoming, exchange: ExchangeSide) -> Self {
        if let Some(open) = exchange.shared_connection() {
            open.upload_began();
        }
        let patience = ClientPatience::new(exchange.connection().limits().body_timeout);
        Self { inner, ended: false, late: false, patience, exchange }
    }

    fn end(&mut self, unread: Option<u64>) {
        // A body may be dropped while the connection waits for the body of the next request.
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.exchange.upload().end();
        if let Some(open) = self.exchange.shared_connection() {
            open.upload_ended(unread);
        }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if this.late {
            return Poll::Ready(None);
        }
        let frame = Pin::new(&mut this.inner).poll_frame(cx);
        let (upload, now) = (this.exchange.upload(), this.exchange.connection().now());
        match &frame {
            Poll::Pending if upload.deadline.is_over(now) => {
                this.late = true;
                this.end(None);
                return Poll::Ready(Some(Err(axum::Error::new(LateBody))));
            }
            Poll::Pending => {
                this.patience.wait(&upload.deadline, now);
                upload.wake(cx.waker());
            }
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                this.patience.progress(&upload.deadline, now, bytes);
                if this.inner.is_end_stream() {
                    this.end(Some(0));
                }
            }
            Poll::Ready(None | Some(Err(_))) => this.end(Some(0)),
        }
        frame.map_err(axum::Error::new)
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
        self.end(self.inner.size_hint().upper());
    }
}

/// The body of a response. Reports its end to an HTTP/1 connection, and its progress to an HTTP/2 stream.
pub(super) struct ResponseBody {
    inner: Body,
    report: ProgressReport,
    /// Active until this is dropped, and in HTTP/1 until the connection has sent what is left.
    request: Option<ActiveRequest>,
}

enum ProgressReport {
    Nothing,
    Http1(Arc<OpenConnection>),
    #[cfg(feature = "http2")]
    Http2(Box<Pieces>),
}

impl ResponseBody {
    pub(super) fn new(inner: Body, exchange: Option<ExchangeSide>, request: Option<ActiveRequest>) -> Self {
        let report = match exchange {
            None => ProgressReport::Nothing,
            Some(ExchangeSide::Http1(open)) => ProgressReport::Http1(open),
            #[cfg(feature = "http2")]
            Some(ExchangeSide::Http2(stream)) => ProgressReport::Http2(Box::new(Pieces::new(stream))),
        };
        Self { inner, report, request }
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        match &mut this.report {
            ProgressReport::Nothing | ProgressReport::Http1(_) => Pin::new(&mut this.inner).poll_frame(cx),
            #[cfg(feature = "http2")]
            ProgressReport::Http2(pieces) => pieces.poll_frame(Pin::new(&mut this.inner), cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.report {
            ProgressReport::Nothing | ProgressReport::Http1(_) => self.inner.is_end_stream(),
            #[cfg(feature = "http2")]
            ProgressReport::Http2(pieces) => pieces.is_empty() && self.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.report {
            ProgressReport::Nothing | ProgressReport::Http1(_) => self.inner.size_hint(),
            #[cfg(feature = "http2")]
            ProgressReport::Http2(pieces) => pieces.size_hint(self.inner.size_hint()),
        }
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let ProgressReport::Http1(open) = &self.report {
            open.response_ended(self.request.take());
        }
    }
}
