//! Bodies that are stored compressed, and the clients that get them as they are.

pub(in crate::cache) mod gzip_body;
pub(in crate::cache) mod recipient;
