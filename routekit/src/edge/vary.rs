//! `Vary`: the request headers that a response depends on (RFC 9110 §12.5.5).

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Adds `name` to `Vary`, unless it is named already.
pub(super) fn add_vary(headers: &mut HeaderMap, name: &HeaderName) {
    let is_named = headers.get_all(header::VARY).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let mut is_named = is_named.map(<[u8]>::trim_ascii);
    if !is_named.any(|named| named == b"*" || named.eq_ignore_ascii_case(name.as_str().as_bytes())) {
        // A map with the most headers that it can have stays as it is.
        let _ = headers.try_append(header::VARY, HeaderValue::from_name(name.clone()));
    }
}
