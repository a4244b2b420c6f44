//! The last stage of a connection whose client is still sending (RFC 9112 §9.6).

use std::pin::pin;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::{
    connections::OpenConnection,
    drive::{LAST_MOMENT, poll_unless},
};

/// The largest number of bytes that are read after the response. More than that resets the connection.
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The number of bytes that are read at once.
const PIECE: usize = 16 * 1024;

/// Reads and discards data from the client, until the client closes the connection.
///
/// The response is sent and the sending side is closed. If the stream were dropped with unread bytes, the system would
/// reset the connection, and the client could lose the response.
///
/// At most [`MOST_BYTES`] are read, for as long as a client may take to send the head of a request, and for
/// [`LAST_MOMENT`] once the app stops.
pub(super) async fn linger(stream: impl AsyncRead + Unpin, open: &OpenConnection) {
    open.await_within(open.limits().head_timeout);
    let mut rest = pin!(discard(stream));
    let ended = poll_unless(rest.as_mut(), open, || open.is_closing() || open.is_late()).await;
    if ended.is_none() && !open.is_late() {
        let _ = tokio::time::timeout(LAST_MOMENT, rest).await;
    }
}

/// Reads until the client closes its side, at most [`MOST_BYTES`].
pub(super) async fn discard(mut stream: impl AsyncRead + Unpin) {
    // Not an array, which would take space in the future of every connection.
    let mut buffer = vec![0; PIECE];
    let mut left = MOST_BYTES;
    while left > 0 {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => left = left.saturating_sub(read),
        }
    }
}
