//! TLS on the main listener.
//!
//! 1. `handshakes` completes the handshake in the task of the connection, and then serves it like any other. A client
//!    has `server.head_timeout` for the handshake and the first byte of a request together.
//! 2. `socket` is the socket below TLS, which measures how fast the client takes what is sent. TLS buffers data, so that
//!    a write to it does not show that.

mod handshakes;
mod socket;
#[cfg(test)]
mod tests;

pub(super) use self::handshakes::TlsHandshakes;
