//! The wishes of a route, as data.

use std::{fmt, time::Duration};

/// The policies declared on a route. A default is not a declaration: it is `None` here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policies {
    /// How long the handler may take to its response head.
    pub timeout: Option<Duration>,
    /// The largest body, in bytes.
    pub body_limit: Option<u64>,
    /// Since when, and until when, the route is deprecated.
    pub deprecation: Option<Deprecation>,
    /// Whether the route brings a tower layer of its own.
    pub layered: bool,
}

/// What generated code calls, in const context.
#[doc(hidden)]
impl Policies {
    #[must_use]
    pub const fn new() -> Self {
        Self { timeout: None, body_limit: None, deprecation: None, layered: false }
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
    pub const fn deprecated(mut self, deprecation: Deprecation) -> Self {
        self.deprecation = Some(deprecation);
        self
    }

    #[must_use]
    pub const fn layered(mut self) -> Self {
        self.layered = true;
        self
    }
}

/// As the attribute would say it: `timeout = 2s, body_limit = 64KiB`.
impl fmt::Display for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(timeout) = self.timeout {
            parts.push(format!("timeout = {timeout:?}"));
        }
        if let Some(bytes) = self.body_limit {
            parts.push(format!("body_limit = {}", Size(bytes)));
        }
        if self.deprecation.is_some() {
            parts.push("deprecated".to_owned());
        }
        if self.layered {
            parts.push("layer".to_owned());
        }
        f.pad(&parts.join(", "))
    }
}

/// Bytes, in the largest unit that keeps them whole.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        match units.into_iter().find(|(unit, _)| self.0 >= *unit && self.0.is_multiple_of(*unit)) {
            Some((unit, name)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
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
