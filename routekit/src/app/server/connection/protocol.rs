//! Detects the protocol of a connection from its first bytes.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{connections::OpenConnection, stage::ClosingStage, waits::ClientPatience, websocket::OutgoingFrames};

/// The first bytes of every HTTP/2 connection (RFC 9113 §3.4). They are not a valid HTTP/1 request.
const HTTP2_PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    /// With prior knowledge (RFC 9113 §3.3).
    #[cfg(feature = "http2")]
    Http2,
}

/// Reads until the protocol is known, at most the preface of HTTP/2. The returned stream begins with the same bytes.
///
/// A stream that ends earlier counts as HTTP/1, so that hyper handles it.
pub(super) async fn detect<I: AsyncRead + Unpin>(
    mut stream: I,
    open: Arc<OpenConnection>,
) -> io::Result<(Protocol, Rewound<I>)> {
    let mut first = [0; HTTP2_PREFACE.len()];
    let mut length = 0;
    let protocol = poll_fn(|cx| {
        loop {
            let mut buffer = ReadBuf::new(&mut first[length..]);
            ready!(Pin::new(&mut stream).poll_read(cx, &mut buffer))?;
            let read = buffer.filled().len();
            length += read;
            if read > 0 {
                open.received();
            }
            if read == 0 || first[..length] != HTTP2_PREFACE[..length] {
                return Poll::Ready(io::Result::Ok(Protocol::Http1));
            }
            if length == HTTP2_PREFACE.len() {
                #[cfg(feature = "http2")]
                return Poll::Ready(Ok(Protocol::Http2));
                // hyper refuses the version.
                #[cfg(not(feature = "http2"))]
                return Poll::Ready(Ok(Protocol::Http1));
            }
        }
    })
    .await?;
    let patience = (!open.is_measured()).then(|| open.send_patience());
    Ok((
        protocol,
        Rewound { first, unread: 0..length, inner: TokioIo::new(stream), protocol, patience, websocket: None, open },
    ))
}

/// The size of the largest control frame of HTTP/2 that is written by itself, at most (RFC 9113 §6).
const LARGEST_CONTROL: usize = 64;

/// A stream whose first bytes were already read, and are read again. It reports to its connection when all data is
/// sent.
pub(super) struct Rewound<I> {
    first: [u8; HTTP2_PREFACE.len()],
    /// The range of the first bytes that are still to be read again.
    unread: std::ops::Range<usize>,
    inner: TokioIo<I>,
    protocol: Protocol,
    /// With the client's reading. `None` if the socket below measures it.
    patience: Option<ClientPatience>,
    /// What is written on a WebSocket.
    websocket: Option<Box<OutgoingFrames>>,
    open: Arc<OpenConnection>,
}

impl<I> Rewound<I> {
    /// Returns the stream itself, without those first bytes.
    pub(super) fn into_inner(self) -> I {
        self.inner.into_inner()
    }
}

impl<I> Rewound<I> {
    /// Notes whether the client takes what is written.
    #[inline]
    fn written(&mut self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Some(patience) = &mut self.patience {
            self.open.written(patience, &polled);
        }
        if self.protocol != Protocol::Http1 && matches!(polled, Poll::Ready(Ok(written)) if written > LARGEST_CONTROL) {
            self.open.sent_data();
        }
        polled
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> Rewound<I> {
    /// Closes a WebSocket if the app does. Returns whether it has ended for its handler.
    fn websocket_has_ended(&mut self, cx: &mut Context<'_>) -> bool {
        // Before the stage is read, so that no change of it is missed.
        self.open.wake(cx.waker());
        if self.open.is_at_least(ClosingStage::ClosingWebSockets)
            && let Some(frames) = &mut self.websocket
        {
            frames.poll_close(Pin::new(&mut self.inner), cx);
        }
        self.open.is_at_least(ClosingStage::WebSocketsClosed)
    }

    /// Writes for the handler of a WebSocket.
    fn write_frames(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        // Before the stage is read, so that no change of it is missed.
        self.open.wake_writer(cx.waker());
        if self.open.is_at_least(ClosingStage::WebSocketsClosed) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let frames = self.websocket.get_or_insert_default();
        if self.open.is_at_least(ClosingStage::ClosingWebSockets) {
            frames.poll_close(Pin::new(&mut self.inner), cx);
        }
        if frames.is_closing() {
            return Poll::Pending;
        }
        if frames.is_closed() {
            // Dropped: nothing may follow a Close frame.
            return Poll::Ready(Ok(bytes.len()));
        }
        let polled = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = polled {
            frames.wrote(&bytes[..written]);
        }
        self.written(polled)
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> Read for Rewound<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        if self.unread.is_empty() {
            if self.open.is_websocket() && self.websocket_has_ended(cx) {
                return Poll::Ready(Ok(()));
            }
            let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
            // In HTTP/2, any frame may come between two requests.
            if polled.is_ready() && self.protocol == Protocol::Http1 {
                self.open.received();
            }
            return polled;
        }
        let end = self.unread.end.min(self.unread.start + buf.remaining());
        buf.put_slice(&self.first[self.unread.start..end]);
        self.unread.start = end;
        // The rest of the head has usually arrived, too. Given the beginning alone, hyper would parse it in vain and
        // enlarge its buffer.
        if self.unread.is_empty()
            && buf.remaining() > 0
            && let Poll::Ready(Err(error)) = Pin::new(&mut self.inner).poll_read(cx, buf)
        {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> Write for Rewound<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.open.is_websocket() {
            return self.write_frames(bytes, cx);
        }
        let polled = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.written(polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        if flushed.is_ready() {
            self.open.flushed();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.open.is_websocket() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            return self.write_frames(first.map_or(&[], |slice| slice), cx);
        }
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.written(polled)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::{
        app::server::connection::{Connections, ServerLimits},
        config::Config,
    };

    /// The bytes that one read of the stream returns.
    async fn read(stream: &mut Rewound<tokio::io::DuplexStream>, most: usize) -> Vec<u8> {
        let mut space = vec![0; most];
        let mut buffer = hyper::rt::ReadBuf::new(&mut space);
        poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, buffer.unfilled())).await.unwrap();
        buffer.filled().to_vec()
    }

    #[tokio::test]
    async fn first_bytes_are_read_with_what_follows_them() {
        const HEAD: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n";
        let connections = Arc::new(Connections::new(ServerLimits::of(&Config::default())));
        for (most, first) in [(8192, HEAD.len()), (30, 30), (24, 24), (10, 10)] {
            let (mut client, stream) = tokio::io::duplex(1024);
            client.write_all(HEAD).await.unwrap();
            let (protocol, mut stream) = detect(stream, connections.open(None)).await.unwrap();
            assert_eq!(protocol, Protocol::Http1);
            let mut bytes = read(&mut stream, most).await;
            assert_eq!(bytes.len(), first, "{most}");
            while bytes.len() < HEAD.len() {
                bytes.extend(read(&mut stream, most).await);
            }
            assert_eq!(bytes, HEAD, "{most}");
        }
        // What has not arrived is not waited for.
        let (mut client, stream) = tokio::io::duplex(1024);
        client.write_all(&HEAD[..5]).await.unwrap();
        let (_, mut stream) = detect(stream, connections.open(None)).await.unwrap();
        assert_eq!(read(&mut stream, 8192).await, HEAD[..5]);
    }
}
