//! All policies that a route declares.

use std::time::Duration;

use super::{
    access::{Access, DeclaredAccess},
    alert::AlertPolicy,
    breaker::BreakerPolicy,
    cache::CachePolicy,
    deprecation::Deprecation,
    idempotent::IdempotentPolicy,
    invalidates::Invalidates,
    rate_limit::RateLimitPolicy,
    slo::SloPolicy,
};

/// The policies that a route declares. `None` means that the route does not declare the policy, whatever its default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies {
    access: Option<DeclaredAccess>,
    pub(crate) rate_limits: Option<&'static [RateLimitPolicy]>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) body_limit: Option<u64>,
    pub(crate) slow: Option<Duration>,
    pub(crate) alert: Option<AlertPolicy>,
    pub(crate) slo: Option<SloPolicy>,
    pub(crate) deprecation: Option<Deprecation>,
    pub(crate) cache: Option<CachePolicy>,
    pub(crate) idempotent: Option<IdempotentPolicy>,
    pub(crate) invalidates: Option<Invalidates>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) breaker: Option<BreakerPolicy>,
    pub(crate) layered: bool,
}

impl Policies {
    /// Returns the access.
    #[must_use]
    pub fn access(&self) -> Option<Access> {
        self.access.map(Access::from)
    }

    /// Returns the rate limits. Empty if the route switches those of the app off.
    #[must_use]
    pub const fn rate_limits(&self) -> Option<&'static [RateLimitPolicy]> {
        self.rate_limits
    }

    /// Returns the time that the handler has up to its response head.
    #[must_use]
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Returns the size of the largest request body, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> Option<u64> {
        self.body_limit
    }

    /// Returns the duration from which a request counts as slow.
    #[must_use]
    pub const fn slow(&self) -> Option<Duration> {
        self.slow
    }

    /// Returns the thresholds of the alerts.
    #[must_use]
    pub const fn alert(&self) -> Option<AlertPolicy> {
        self.alert
    }

    /// Returns the service level objectives.
    #[must_use]
    pub const fn slo(&self) -> Option<SloPolicy> {
        self.slo
    }

    /// Returns the headers of a deprecated route.
    #[must_use]
    pub const fn deprecation(&self) -> Option<Deprecation> {
        self.deprecation
    }

    /// Returns the caching of responses.
    #[must_use]
    pub const fn cache(&self) -> Option<CachePolicy> {
        self.cache
    }

    /// Returns the treatment of idempotency keys.
    #[must_use]
    pub const fn idempotent(&self) -> Option<IdempotentPolicy> {
        self.idempotent
    }

    /// Returns the stored responses that are invalid after the handler.
    #[must_use]
    pub const fn invalidates(&self) -> Option<Invalidates> {
        self.invalidates
    }

    /// Returns the number of requests that the handler runs at a time.
    #[must_use]
    pub const fn concurrency(&self) -> Option<u32> {
        self.concurrency
    }

    /// Returns the circuit breaker.
    #[must_use]
    pub const fn breaker(&self) -> Option<BreakerPolicy> {
        self.breaker
    }

    /// Returns whether the route has its own tower layer.
    #[must_use]
    pub const fn layered(&self) -> bool {
        self.layered
    }
}

/// Constructors for generated code, in const context.
#[doc(hidden)]
impl Policies {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            access: None,
            rate_limits: None,
            timeout: None,
            body_limit: None,
            slow: None,
            alert: None,
            slo: None,
            deprecation: None,
            cache: None,
            idempotent: None,
            invalidates: None,
            concurrency: None,
            breaker: None,
            layered: false,
        }
    }

    #[must_use]
    pub const fn with_access(mut self, access: DeclaredAccess) -> Self {
        self.access = Some(access);
        self
    }

    #[must_use]
    pub const fn with_rate_limits(mut self, limits: &'static [RateLimitPolicy]) -> Self {
        self.rate_limits = Some(limits);
        self
    }

    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    #[must_use]
    pub const fn with_body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    #[must_use]
    pub const fn with_slow(mut self, threshold: Duration) -> Self {
        self.slow = Some(threshold);
        self
    }

    #[must_use]
    pub const fn with_alert(mut self, alert: AlertPolicy) -> Self {
        self.alert = Some(alert);
        self
    }

    #[must_use]
    pub const fn with_slo(mut self, slo: SloPolicy) -> Self {
        self.slo = Some(slo);
        self
    }

    #[must_use]
    pub const fn with_deprecation(mut self, deprecation: Deprecation) -> Self {
        self.deprecation = Some(deprecation);
        self
    }

    #[must_use]
    pub const fn with_cache(mut self, cache: CachePolicy) -> Self {
        self.cache = Some(cache);
        self
    }

    #[must_use]
    pub const fn with_idempotent(mut self, idempotent: IdempotentPolicy) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    #[must_use]
    pub const fn with_invalidates(mut self, invalidates: Invalidates) -> Self {
        self.invalidates = Some(invalidates);
        self
    }

    #[must_use]
    pub const fn with_concurrency(mut self, requests: u32) -> Self {
        self.concurrency = Some(requests);
        self
    }

    #[must_use]
    pub const fn with_breaker(mut self, breaker: BreakerPolicy) -> Self {
        self.breaker = Some(breaker);
        self
    }

    #[must_use]
    pub const fn with_layered(mut self) -> Self {
        self.layered = true;
        self
    }
}
