//! Accepts connections, and lets requests in flight finish when the app is told to stop.
//!
//! 1. HTTP/1.1 and HTTP/2 without TLS (h2c with prior knowledge, feature `http2`) share one port. `protocol` detects
//!    the protocol from the first bytes of a connection; from then on it is a plain connection of that protocol.
//! 2. `axum::serve` is not used: it clones the router and its layers for every connection.
//! 3. A client has 30 seconds to send the head of a request, counted from the end of the previous response.
//!    `connections` counts seconds for all connections of a listener and wakes those that are late. hyper's own timeout
//!    would make it read from the stream once more after each response.
//! 4. When the app stops, `serve` closes the listener. Connections between two requests are closed at once, those
//!    without a request so far after half a second, the others after their response. Requests that are still running
//!    after 30 seconds are cut off.
//! 5. A connection whose client is still sending is closed in stages (RFC 9112 §9.6): hyper sends the response and
//!    closes its side, then `linger` reads the client's data, within limits. This happens after a malformed head, and
//!    if a handler did not read a body, which `bodies` reports. Otherwise the system would reset the connection, the
//!    client would lose the response, and a proxy would consider the server dead.
//! 6. `malformed` finds heads that hyper accepts but a server must reject. Like those that hyper rejects, they get an
//!    empty 400 and count in no metric.

mod accept;
mod bodies;
mod connection;
mod connections;
mod drive;
mod linger;
mod listeners;
mod malformed;
mod protocol;
mod serve;
pub(super) mod signal;
#[cfg(test)]
mod tests;

pub(super) use self::{
    listeners::{BoundListeners, bind},
    serve::serve,
};
