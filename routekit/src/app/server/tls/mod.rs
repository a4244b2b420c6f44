//! TLS on the main listener.
//!
//! 1. `handshakes` completes the handshake in the task of the connection, and then serves it like any other. A client
//!    has `server.head_timeout` for the handshake and the first byte of a request together.
//! 2. `socket` is the socket below TLS, which measures how fast the client takes what is sent. TLS buffers data, so a
//!    write to it does not show that.
//! 3. Without the feature `tls` there are no handshakes (`disabled`).

#[cfg(not(feature = "tls"))]
mod disabled;
#[cfg(feature = "tls")]
mod handshakes;
#[cfg(feature = "tls")]
mod socket;
#[cfg(feature = "tls")]
#[cfg(test)]
mod tests;

#[cfg(not(feature = "tls"))]
pub(super) use self::disabled::TlsHandshakes;
#[cfg(feature = "tls")]
pub(super) use self::handshakes::TlsHandshakes;
