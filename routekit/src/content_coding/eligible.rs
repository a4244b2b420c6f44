//! Which responses may be compressed, and what changes in their headers.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Types other than text whose bodies are worth compressing.
const COMPRESSIBLE: [&str; 7] = [
    "application/javascript",
    "application/json",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/xml",
    "font/ttf",
    "image/svg+xml",
];

/// Headers that show that the bytes of a response must stay the same.
const FINAL_BYTES: [HeaderName; 6] = [
    header::CONTENT_ENCODING,
    header::CONTENT_RANGE,
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-md5"),
];

/// Whether the headers of a response let its bytes change.
pub(crate) fn may_change(headers: &HeaderMap) -> bool {
    !FINAL_BYTES.iter().any(|name| headers.contains_key(name)) && !has_no_transform(headers)
}

/// Whether bodies of this type become smaller. Server-sent events must not wait in a compressor.
pub(crate) fn is_compressible(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else { return false };
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "text/event-stream" {
        return false;
    }
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || COMPRESSIBLE.contains(&&*essence)
}

/// Whether `Cache-Control` of a request or a response says `no-transform` (RFC 9111 §5.2.1.6, §5.2.2.6).
pub(crate) fn has_no_transform(headers: &HeaderMap) -> bool {
    let directives = headers
        .get_all(header::CACHE_CONTROL)
        .into_iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii));
    directives.into_iter().any(|directive| directive.eq_ignore_ascii_case(b"no-transform"))
}

/// Makes a strong `ETag` weak, because the bytes of the response differ (RFC 9110 §8.8.1).
pub(crate) fn weaken_etag(headers: &mut HeaderMap) {
    if let Some(tag) = headers.get_mut(header::ETAG)
        && tag.as_bytes().first() == Some(&b'"')
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        *tag = weak;
    }
}
