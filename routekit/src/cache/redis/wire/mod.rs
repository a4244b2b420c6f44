//! What is written to Redis and read from it, as bytes.

pub(super) mod ban_list;
pub(super) mod digits;
pub(super) mod envelope;
pub(in crate::cache) mod message;
pub(super) mod reply;
