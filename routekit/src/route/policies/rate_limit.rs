//! The rate limits of a route.

use routekit_grammar::rate::Rate;

use super::request_text::{RequestFunction, RequestText};

/// One rate limit of a route, as it is declared: `rate_limit("10/s", burst = 20)`.
#[derive(Debug, Clone, Copy)]
pub struct RateLimitPolicy {
    name: &'static str,
    rate: Rate,
    burst: u32,
    key: RateLimitKey,
    observes: bool,
    is_shared: bool,
}

/// What a rate limit counts by, as it is declared.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum RateLimitKey {
    Ip,
    User,
    /// In lower case.
    Header(&'static str),
    Function(RequestFunction),
}

impl RateLimitPolicy {
    /// Returns the name, which is unique among the limits of the route.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the rate.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Returns how many requests may come at once.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// Returns whether requests beyond the limit are only counted.
    #[must_use]
    pub const fn observes(&self) -> bool {
        self.observes
    }

    /// Returns whether it counts the requests to all processes together.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.is_shared
    }

    pub(crate) const fn key(&self) -> RateLimitKey {
        self.key
    }
}

impl RequestFunction {
    /// The text of the key of a rate limit.
    pub(crate) const fn key_text(self) -> RequestText {
        self.text()
    }
}

/// Constructors for generated code, in const context.
#[doc(hidden)]
impl RateLimitPolicy {
    #[must_use]
    pub const fn new(name: &'static str, requests: u32, window_ms: u64) -> Self {
        let (rate, key) = (Rate::new(requests, window_ms), RateLimitKey::Ip);
        Self { name, rate, burst: requests, key, observes: false, is_shared: false }
    }

    #[must_use]
    pub const fn with_burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    #[must_use]
    pub const fn with_key(mut self, key: RateLimitKey) -> Self {
        self.key = key;
        self
    }

    #[must_use]
    pub const fn with_observes(mut self) -> Self {
        self.observes = true;
        self
    }

    #[must_use]
    pub const fn with_shared(mut self) -> Self {
        self.is_shared = true;
        self
    }
}
