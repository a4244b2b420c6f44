//! The idempotency keys of a route.

use std::time::Duration;

/// How a route treats the `Idempotency-Key` of its requests: `idempotent(…)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IdempotentPolicy {
    pub(crate) ttl: Option<Duration>,
    pub(crate) required: bool,
    pub(crate) max_body: Option<u64>,
}

impl IdempotentPolicy {
    /// Returns how long a response is replayed. `None` is the default of the app.
    #[must_use]
    pub const fn ttl(&self) -> Option<Duration> {
        self.ttl
    }

    /// Returns whether a request without a key is rejected.
    #[must_use]
    pub const fn required(&self) -> bool {
        self.required
    }

    /// Returns the largest body of a stored response, in bytes. `None` is the default.
    #[must_use]
    pub const fn max_body(&self) -> Option<u64> {
        self.max_body
    }
}

/// Constructors for generated code, in const context.
#[doc(hidden)]
impl IdempotentPolicy {
    #[must_use]
    pub const fn new() -> Self {
        Self { ttl: None, required: false, max_body: None }
    }

    #[must_use]
    pub const fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    #[must_use]
    pub const fn with_required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub const fn with_max_body(mut self, bytes: u64) -> Self {
        self.max_body = Some(bytes);
        self
    }
}
