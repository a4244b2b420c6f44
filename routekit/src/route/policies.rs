//! The wishes of a route, as data.

use std::time::Duration;

use super::{Access, BreakerPolicy, CachePolicy, Invalidates};

/// The policies declared on a route. A default is not a declaration: it is `None` here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policies {
    /// Who may call it.
    pub access: Option<Access>,
    /// How long the handler may take to its response head.
    pub timeout: Option<Duration>,
    /// The largest body, in bytes.
    pub body_limit: Option<u64>,
    /// From when on a request counts as slow.
    pub slow: Option<Duration>,
    /// Since when, and until when, the route is deprecated.
    pub deprecation: Option<Deprecation>,
    /// How its answers are cached.
    pub cache: Option<CachePolicy>,
    /// Which cached answers are invalid once it has ended.
    pub invalidates: Option<Invalidates>,
    /// How many requests the handler may have at a time.
    pub concurrency: Option<u32>,
    /// Its circuit breaker.
    pub breaker: Option<BreakerPolicy>,
    /// Whether the route brings a tower layer of its own.
    pub layered: bool,
}

/// What generated code calls, in const context.
#[doc(hidden)]
impl Policies {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            access: None,
            timeout: None,
            body_limit: None,
            slow: None,
            deprecation: None,
            cache: None,
            invalidates: None,
            concurrency: None,
            breaker: None,
            layered: false,
        }
    }

    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }

    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    #[must_use]
    pub const fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    #[must_use]
    pub const fn slow(mut self, threshold: Duration) -> Self {
        self.slow = Some(threshold);
        self
    }

    #[must_use]
    pub const fn deprecated(mut self, deprecation: Deprecation) -> Self {
        self.deprecation = Some(deprecation);
        self
    }

    #[must_use]
    pub const fn cache(mut self, cache: CachePolicy) -> Self {
        self.cache = Some(cache);
        self
    }

    #[must_use]
    pub const fn invalidates(mut self, invalidates: Invalidates) -> Self {
        self.invalidates = Some(invalidates);
        self
    }

    #[must_use]
    pub const fn concurrency(mut self, requests: u32) -> Self {
        self.concurrency = Some(requests);
        self
    }

    #[must_use]
    pub const fn breaker(mut self, breaker: BreakerPolicy) -> Self {
        self.breaker = Some(breaker);
        self
    }

    #[must_use]
    pub const fn layered(mut self) -> Self {
        self.layered = true;
        self
    }
}

/// The headers of a deprecated route, as they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deprecation {
    /// The value of `Deprecation`: a structured-field date such as `@1767225600` (RFC 9745 §2.1).
    pub since: &'static str,
    /// The value of `Sunset`: an HTTP date (RFC 8594 §3).
    pub sunset: Option<&'static str>,
}

impl Deprecation {
    /// What generated code calls.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(since: &'static str, sunset: Option<&'static str>) -> Self {
        Self { since, sunset }
    }
}
