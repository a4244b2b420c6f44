//! The limits of a listener.

use std::time::Duration;

use crate::config::Config;

/// What a client may ask of a connection, and for how long it may keep it waiting.
#[derive(Debug, Clone)]
pub(in crate::app::server) struct ServerLimits {
    /// From the first byte of a head to its end, and from a new connection to its first byte.
    pub(super) head_timeout: Duration,
    /// From a response to the first byte of the next head.
    pub(super) idle_timeout: Duration,
    /// The wait for a request's body, see [`ClientPatience`](super::waits::ClientPatience).
    pub(super) body_timeout: Duration,
    /// The wait until a client takes a response, see [`ClientPatience`](super::waits::ClientPatience).
    pub(super) send_timeout: Duration,
    /// How long a connection without a request stays open once the app closes.
    pub(super) shutdown_grace: Duration,
    pub(super) max_head_bytes: usize,
    #[cfg(feature = "http2")]
    pub(super) http2_max_streams: u32,
    #[cfg(feature = "http2")]
    pub(super) http2_window: u32,
}

impl ServerLimits {
    /// The limits of a listener whose clients have little to send: the time for a head is at most `head_timeout`.
    pub(in crate::app::server) fn with_heads_within(mut self, head_timeout: Duration) -> Self {
        self.head_timeout = self.head_timeout.min(head_timeout);
        self
    }

    pub(in crate::app::server) fn of(config: &Config) -> Self {
        Self {
            head_timeout: *config.server_head_timeout,
            idle_timeout: *config.server_idle_timeout,
            body_timeout: *config.server_body_timeout,
            send_timeout: *config.server_send_timeout,
            shutdown_grace: *config.server_shutdown_grace,
            max_head_bytes: usize::try_from(*config.server_max_head_bytes).unwrap_or(usize::MAX),
            #[cfg(feature = "http2")]
            http2_max_streams: saturating(*config.server_http2_max_streams),
            #[cfg(feature = "http2")]
            http2_window: saturating(*config.server_http2_window),
        }
    }
}

#[cfg(feature = "http2")]
fn saturating(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
