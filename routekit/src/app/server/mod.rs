//! Accepts connections, and lets requests in flight finish when the app is told to stop.
//!
//! 1. HTTP/1.1 and HTTP/2 (feature `http2`; without TLS with prior knowledge, h2c) share one port. The protocol is
//!    detected from the first bytes of a connection; from then on it is a plain connection of that protocol.
//! 2. `axum::serve` is not used: it clones the router and its layers for every connection.
//! 3. A client that is too slow is closed: with the head of a request (`server.head_timeout`), between two requests
//!    (`server.idle_timeout`), with a body (`server.body_timeout`), or with taking a response (`server.send_timeout`).
//!    A late head, and a late body that one of routekit's extractors reads, gets a 408.
//! 4. The main listener has at most `server.max_connections`; others wait in the queue of the system. The admin
//!    listener and the redirects have 64 each.
//! 5. `serve` starts the tasks of the app (`background`) and the server of the main listener (`main_server`). `signal`
//!    begins a [shutdown](crate::shutdown), whose phases have the times of `schedule`: `stop` drains, waits for
//!    requests and cuts them off, and `hooks` runs the program's hooks.
//! 6. A connection whose client is still sending is closed in stages (RFC 9112 §9.6): hyper sends the response and
//!    closes its side, then the client's data is read, within limits. This happens after a malformed head, and if a
//!    handler did not read a body. Otherwise the system would reset the connection, the client would lose the response,
//!    and a proxy would consider the server dead.
//! 7. A head that becomes no request is answered by hyper (400, 414, 431) or here: with 400 if hyper accepts what a
//!    server must reject, with 408 if it is late. Each is reported once, as a request without a route. What h2 rejects
//!    by itself (a header list that is too large with 431, a malformed one with a reset) cannot be seen here.
//! 8. A request is active until the last byte of its response is on the socket, or the connection ends. In HTTP/2 it is
//!    active until h2 has its last frame, for which the client has made room.
//! 9. `exit` ends a process whose handlers block their threads.
//! 10. `supervisor`: a socket that another process may hold too is accepted from once the app is ready. The supervisor
//!     is notified of the states of the app.
//! 11. With a certificate (feature `tls`), connections of the main listener begin with a handshake, in the task of the
//!     connection. Everything else is the same inside TLS, the detection of the protocol too. `redirects` is a plain
//!     listener that sends clients to HTTPS; it ends when the main listener is closed.

mod accept;
mod background;
mod connection;
mod exit;
mod file_limit;
mod hooks;
mod listeners;
mod main_server;
mod redirects;
mod schedule;
mod serve;
mod signal;
mod stop;
mod supervisor;
mod tls;

#[cfg(feature = "cli")]
pub(super) use self::file_limit::open_files;
pub(super) use self::{
    exit::ProcessOwner,
    listeners::{BoundListeners, bind},
    serve::serve,
    signal::StopSignals,
};
