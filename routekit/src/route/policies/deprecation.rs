//! The headers of a deprecated route.

/// The headers of a deprecated route, as they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deprecation {
    pub(crate) since: &'static str,
    pub(crate) sunset: Option<&'static str>,
}

impl Deprecation {
    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(since: &'static str, sunset: Option<&'static str>) -> Self {
        Self { since, sunset }
    }

    /// Returns the value of `Deprecation`: a structured-field date such as `@1767225600` (RFC 9745 §2.1).
    #[must_use]
    pub const fn since(&self) -> &'static str {
        self.since
    }

    /// Returns the value of `Sunset`: an HTTP date (RFC 8594 §3).
    #[must_use]
    pub const fn sunset(&self) -> Option<&'static str> {
        self.sunset
    }
}
