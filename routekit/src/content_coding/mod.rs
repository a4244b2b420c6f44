//! Content codings of responses (RFC 9110 §8.4): what a client accepts, which responses may be compressed, and gzip.
//!
//! `edge` compresses responses as they are sent, and `cache` those that it stores. Both follow these rules.

mod accept_encoding;
mod eligible;
mod gzip;

#[cfg(feature = "compression")]
pub(crate) use self::accept_encoding::Coding;
pub(crate) use self::{
    accept_encoding::accepts_gzip,
    eligible::{has_no_transform, is_compressible, may_change, weaken_etag},
    gzip::{checksum, compressed, expanded},
};
