//! For how long a client may keep the server waiting.
//!
//! `patience` is the rule. `upload` is the wait for the body of a request, and `streams` are the waits of HTTP/2
//! streams.

mod patience;
#[cfg(feature = "http2")]
mod streams;
mod upload;

#[cfg(feature = "http2")]
pub(in crate::app::server) use self::streams::{StreamWait, StreamWaits};
pub(in crate::app::server) use self::{
    patience::{ClientDeadline, ClientPatience, TICK, millis},
    upload::UploadWait,
};
