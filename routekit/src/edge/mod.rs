//! Policies between an app and its clients on the web: security headers, CORS, CSRF and compression.
//!
//! Each part acts on every request of an app, whatever route it matches:
//!
//! 1. [`security_headers`] adds headers to every response that tell browsers what they may do with it. On by default.
//! 2. [`cors`] lets pages of other origins read responses. Off by default.
//! 3. [`csrf`] refuses requests of other sites that carry the user's cookies. On by default.
//! 4. `compression` (Cargo feature) compresses responses. Off by default.
//! 5. `decompression` (Cargo feature) decompresses request bodies, up to the `body_limit` of the route.
//!
//! The [guide](crate::guide::edge) has the settings and their reasons.

#[cfg(feature = "compression")]
pub mod compression;
pub mod cors;
pub mod csrf;
#[cfg(feature = "decompression")]
pub mod decompression;
mod immediate;
pub mod security_headers;
mod vary;
mod web_origin;

#[cfg(feature = "compression")]
pub(crate) use self::compression::{AcceptedCodings, ResponseCompression};
#[cfg(feature = "decompression")]
pub(crate) use self::decompression::BodyDecompression;
pub(crate) use self::{
    cors::{CorsAnswers, CorsOfRequest, CorsRules},
    csrf::CrossSiteCheck,
    security_headers::SecurityHeaders,
    web_origin::web_origin,
};
pub use self::{
    cors::{CorsHeaders, CorsPolicy},
    csrf::CsrfLayer,
    security_headers::SecurityHeadersLayer,
};
