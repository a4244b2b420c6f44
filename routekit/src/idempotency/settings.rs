//! The settings of a layer.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::{cache::Cache, observe::Report};

/// How long responses are replayed, by default.
pub const DEFAULT_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a claim outlives its process, by default.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(60);

/// The largest body of a stored response, in bytes, by default.
pub const DEFAULT_MAX_BODY: u64 = 256 * 1024;

/// How long a handler may continue after its client has disconnected, and how long the body of a response may take.
pub(super) const GRACE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct IdempotencySettings {
    pub(super) cache: Cache,
    /// `POST /orders`; `None` for a layer, which reads it from the request.
    pub(super) route: Option<String>,
    pub(super) ttl: Duration,
    pub(super) lease: Duration,
    pub(super) required: bool,
    pub(super) max_body: u64,
    pub(super) grace: Duration,
    pub(super) report: Report,
    /// Whether the warning about responses that are not stored has been logged.
    pub(super) warned: AtomicBool,
}

impl IdempotencySettings {
    /// Warns once that a response was too large, or streamed.
    pub(super) fn warn_of_large_response(&self, size: Option<u64>) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            let (route, max_body) = (self.route.as_deref(), self.max_body);
            tracing::warn!(
                route,
                size,
                max_body,
                "a response to an idempotency key is too large to be stored, or streamed: a repeat is processed again"
            );
        }
    }
}
