//! Removes secrets from the head of a request.

use http::{HeaderName, HeaderValue};

/// Replaces a value.
pub(super) const MASK: &str = "***";

/// The longest name of a query parameter that is shown. Longer ones may be values.
const LONGEST_NAME: usize = 32;

/// The headers whose values are shown, in alphabetical order. Every header may hold a secret that its name does not
/// suggest, so the values of all others are masked.
const SHOWN: [&str; 42] = [
    "accept",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "age",
    "allow",
    "cache-control",
    "cache-status",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "deprecation",
    "etag",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "location",
    "origin",
    "range",
    "referer",
    "retry-after",
    "server",
    "sunset",
    "traceparent",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "x-cache",
    "x-correlation-id",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-request-id",
];

/// The value of a header that is known to be harmless and that the app does not mark as sensitive. A value ends at the
/// query of a URL (`Referer`).
pub(super) fn header(name: &HeaderName, value: &HeaderValue) -> String {
    if value.is_sensitive() || SHOWN.binary_search(&name.as_str()).is_err() {
        return MASK.to_owned();
    }
    match value.to_str() {
        Ok(text) => match text.split_once('?') {
            Some((before, _)) => format!("{before}?{MASK}"),
            None => text.to_owned(),
        },
        // Not visible ASCII.
        Err(_) => MASK.to_owned(),
    }
}

/// The query with the names of its parameters. Values are masked, and so are parts that may be no names.
pub(super) fn query(query: &str) -> String {
    let parts = query.split('&').map(|part| match part.split_once('=') {
        // Also the padding of a base64 text has a `=`.
        Some((name, value)) if is_name(name) && !value.starts_with('=') && !value.is_empty() => {
            format!("{name}={MASK}")
        }
        _ => MASK.to_owned(),
    });
    parts.collect::<Vec<_>>().join("&")
}

fn is_name(name: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']');
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_shows_names_and_no_values() {
        for (given, shown) in [
            ("page=2&token=hunter2", "page=***&token=***"),
            ("page=2&page=3", "page=***&page=***"),
            ("hunter2", "***"),
            ("aHVudGVyMg==", "***"),
            ("aHVudGVy=", "***"),
            ("=hunter2", "***"),
            ("hunter%32=1", "***"),
            ("filter[name]=ann", "filter[name]=***"),
            ("01234567890123456789012345678901=1", "01234567890123456789012345678901=***"),
            ("012345678901234567890123456789012=1", "***"),
            ("", "***"),
        ] {
            assert_eq!(query(given), shown, "{given}");
        }
    }

    #[test]
    fn only_harmless_headers_are_shown() {
        assert!(SHOWN.is_sorted());
        for name in [
            "authorization",
            "cookie",
            "dpop",
            "sec-websocket-protocol",
            "x-amzn-oidc-data",
            "x-api-key",
            "x-csrf",
            "x-forwarded-client-cert",
            "x-goog-iap-jwt-assertion",
            "x-jwt",
            "x-ms-client-principal",
            "x-otp",
            "x-pin",
            "x-pwd",
            "x-sid",
            "x-user-email",
            "x-xsrf",
        ] {
            let shown = header(&HeaderName::from_static(name), &HeaderValue::from_static("hunter2"));
            assert_eq!(shown, MASK, "{name}");
        }
        let mut marked = HeaderValue::from_static("hunter2");
        marked.set_sensitive(true);
        for (name, value, shown) in [
            ("x-request-id", marked, MASK),
            ("user-agent", HeaderValue::from_bytes(b"hunter\xff").unwrap(), MASK),
            ("referer", HeaderValue::from_static("https://shop/reset?code=hunter2"), "https://shop/reset?***"),
            ("accept", HeaderValue::from_static("text/html"), "text/html"),
            ("x-forwarded-for", HeaderValue::from_static("10.0.0.7"), "10.0.0.7"),
        ] {
            assert_eq!(header(&name.parse().unwrap(), &value), shown, "{name}");
        }
    }
}
