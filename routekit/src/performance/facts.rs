//! What is known of routes before their first request.

use std::time::Duration;

/// The settings of a route that advice depends on.
#[derive(Debug, Clone)]
pub(crate) struct RouteFacts {
    /// The key of its statistics.
    pub(crate) key: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) timeout: Option<Duration>,
    pub(crate) is_cached: bool,
    pub(crate) breaker: Option<String>,
}
