//! Accepts connections, and lets requests in flight finish when the app is told to stop.
//!
//! 1. HTTP/1.1 and HTTP/2 without TLS (h2c with prior knowledge, feature `http2`) share one port. The protocol is
//!    detected from the first bytes of a connection; from then on it is a plain connection of that protocol.
//! 2. `axum::serve` is not used: it clones the router and its layers for every connection.
//! 3. A client that is too slow is closed: with the head of a request (`server.head_timeout`), between two requests
//!    (`server.idle_timeout`), with a body (`server.body_timeout`), or with taking a response (`server.send_timeout`).
//!    A late head, and a late body that one of routekit's extractors reads, gets a 408.
//! 4. A listener has at most `server.max_connections`; others wait in the queue of the system. The admin listener has
//!    64 of its own.
//! 5. When the app stops, `serve` closes the listener. Connections between two requests are closed at once, those
//!    without a request so far after half a second, the others after their response. Requests that are still running
//!    after 30 seconds are cut off.
//! 6. A connection whose client is still sending is closed in stages (RFC 9112 §9.6): hyper sends the response and
//!    closes its side, then the client's data is read, within limits. This happens after a malformed head, and if
//!    a handler did not read a body. Otherwise the system would reset the connection, the
//!    client would lose the response, and a proxy would consider the server dead.
//! 7. `malformed` finds heads that hyper accepts but a server must reject. Like those that hyper rejects, they get an
//!    empty 400 and count in no metric.

mod accept;
mod connection;
mod file_limit;
mod listeners;
#[cfg(not(feature = "tls"))]
mod no_tls;
mod redirects;
mod serve;
pub(super) mod signal;
#[cfg(feature = "tls")]
mod tls;

#[cfg(not(feature = "tls"))]
use self::no_tls as tls;
pub(super) use self::{
    listeners::{BoundListeners, bind},
    serve::serve,
};
