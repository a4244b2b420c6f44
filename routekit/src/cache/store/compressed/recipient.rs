//! The client that gets a stored response.

use http::{HeaderMap, HeaderValue, header};

use crate::content_coding::{accepts_gzip, has_no_transform, weaken_etag};

/// The client that gets a stored response, as far as its form depends on the request.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct Recipient<'a> {
    /// Whether the client sent HEAD.
    pub(in crate::cache) head_only: bool,
    /// The headers of the request.
    pub(in crate::cache) headers: &'a HeaderMap,
}

impl Recipient<'_> {
    /// Whether a response that is stored compressed is sent as it is. Ranges count plain bytes, and HEAD has none
    /// (RFC 9110 §14.2).
    pub(in crate::cache::store) fn takes_gzip(self) -> bool {
        (self.head_only || !self.headers.contains_key(header::RANGE))
            && accepts_gzip(self.headers)
            && !has_no_transform(self.headers)
    }
}

/// Turns the headers of a plain response into those of the compressed one, whose body has this many bytes. Returns
/// `false`, and changes nothing, if they are too many.
pub(in crate::cache::store) fn describe_gzip(headers: &mut HeaderMap, length: usize) -> bool {
    if headers.try_reserve(2).is_err() {
        return false;
    }
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(header::CONTENT_LENGTH, length.into());
    // Ranges are those of the plain response.
    headers.remove(header::ACCEPT_RANGES);
    weaken_etag(headers);
    true
}
