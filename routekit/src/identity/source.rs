//! The source of an identity.

/// An extension of a request whose identity came from a header that no page of another origin can set. Without it, an
/// identity may have come from a cookie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeaderIdentity;
