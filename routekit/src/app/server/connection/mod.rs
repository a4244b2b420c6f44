//! One connection: from its first bytes to its end, and for how long its client may keep it waiting.
//!
//! 1. `run` serves a connection from start to end. `protocol` detects HTTP/1.1 or HTTP/2 from the first bytes.
//! 2. `connections` is the clock of a listener. It counts seconds for all its connections and wakes those whose client
//!    is late. hyper's own timeout would make it read from the stream once more after each response.
//! 3. A head has an absolute time. Bodies have a patience (`waits`) in each direction, which waiting consumes and each
//!    byte restores a little, so that a trickle does not keep a connection.
//! 4. `bodies` reports the progress of requests and responses. In HTTP/1.1 the connection writes to the socket itself.
//!    In HTTP/2 (`http2`) each stream has a window, and a task that ends if its client makes no room.
//! 5. When the app stops, the connections of a listener go through the stages of `stage`. `websocket` closes those that
//!    have become WebSockets.
//! 6. `heads` has what becomes no request: heads that hyper accepts but a server must reject, and the report of all
//!    rejected heads. `unsent` keeps a request active until its response is on the socket.
//! 7. A connection whose client is still sending is closed in stages (`linger`, RFC 9112 §9.6).

mod bodies;
mod connections;
mod drive;
mod heads;
#[cfg(feature = "http2")]
mod http2;
mod limits;
mod linger;
mod protocol;
mod run;
mod serves_requests;
mod stage;
#[cfg(test)]
mod tests;
mod unsent;
mod waits;
mod websocket;

pub(super) use self::{
    connections::{Connections, OpenConnection},
    heads::RejectedHeads,
    limits::ServerLimits,
    run::serve_connection,
    serves_requests::ServesRequests,
    stage::ClosingStage,
};
#[cfg(feature = "tls")]
pub(super) use self::{drive::drive_handshake, waits::ClientPatience};
