//! A connection of the load: little work per request, so that the server is what is measured.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An HTTP/1.1 connection that is kept alive, with one request at a time.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A whole response.
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    head: &'a str,
    pub(crate) body: &'a [u8],
}

impl Response<'_> {
    /// The value of a field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        field(self.head, name)
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").skip(1).find_map(|line| {
        let (field, value) = line.split_once(':')?;
        field.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

impl Connection {
    pub(crate) async fn open(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(16 * 1024) }
    }

    /// Sends a request and reads its response, which must have a `Content-Length`.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Response<'_> {
        self.buffer.clear();
        self.stream.write_all(request).await.unwrap();
        let head = loop {
            self.read().await;
            // The blank line is among the first bytes: heads are short.
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head]).unwrap();
        let length: usize = field(text, "content-length").expect("a length").parse().unwrap();
        let end = head + 4 + length;
        while self.buffer.len() < end {
            self.read().await;
        }
        assert_eq!(self.buffer.len(), end, "one response at a time");
        let text = std::str::from_utf8(&self.buffer[..head]).unwrap();
        let status = text.get(9..12).and_then(|digits| digits.parse().ok()).expect("a status");
        Response { status, head: text, body: &self.buffer[head + 4..] }
    }

    async fn read(&mut self) {
        let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
        assert_ne!(read, 0, "the server closed the connection");
    }
}
