//! Policies between an app and the clients on the web: security headers.
//!
//! Each part acts on every request of an app, whatever route it matches:
//!
//! 1. [`security_headers`] adds headers to every response that tell browsers what they may do with it. On by default.
//!
//! The [guide](crate::guide::edge) has the settings and their reasons.

pub mod security_headers;

pub(crate) use self::security_headers::SecurityHeaders;
pub use self::security_headers::SecurityHeadersLayer;
