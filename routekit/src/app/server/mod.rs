//! Accepts connections, and lets requests in flight finish when the app is told to stop.
//!
//! 1. HTTP/1.1 and HTTP/2 without TLS (h2c with prior knowledge) share one port. `protocol` looks at the first bytes of
//!    a connection; from then on it is a plain connection of its protocol.
//! 2. `axum::serve` is not used: it clones the router and its layers for every connection.
//! 3. A client has 30 seconds to send the head of a request, counted from the end of the previous response.
//!    `connections` counts seconds for all connections of a listener and wakes those that are late. hyper's own timeout
//!    would have it read from the stream once more after each response.
//! 4. Told to stop, `serve` closes the listener. Connections between two requests are closed at once, those that have
//!    not had a request after half a second, the others after their response. What is left after 30 seconds is cut off.
//! 5. A connection whose client still sends is closed in stages (RFC 9112 §9.6): hyper sends the response and closes
//!    its side, then `linger` reads what the client sends, within bounds. This happens if a handler left a body unread,
//!    which `bodies` notices, and after a malformed head. Without it, the system resets the connection, the client
//!    loses the response, and a proxy takes the server for dead.
//! 6. `malformed` finds heads that hyper accepts and a server must refuse. They get an empty 400, and count in no
//!    metric, as those that hyper refuses.

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
