//! Removes secrets from the head of a request.

use http::{HeaderName, HeaderValue};

/// Replaces a value.
pub(super) const MASK: &str = "***";

/// The longest name of a query parameter that is shown.
const LONGEST_NAME: usize = 40;

/// Parts of header names that suggest a secret. The app may not know the header as sensitive.
const SECRETIVE: [&str; 9] =
    ["auth", "cookie", "key", "passw", "secret", "session", "signature", "token", "credential"];

/// The value of a header without secrets: marked values and those of headers with a name such as `x-api-key` are
/// masked, and a value ends at the query of a URL (`Referer`).
pub(super) fn header(name: &HeaderName, value: &HeaderValue) -> String {
    let is_secret = value.is_sensitive() || SECRETIVE.iter().any(|part| name.as_str().contains(part));
    match value.to_str() {
        Ok(_) if is_secret => MASK.to_owned(),
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
            ("0123456789012345678901234567890123456789x=1", "***"),
            ("", "***"),
        ] {
            assert_eq!(query(given), shown, "{given}");
        }
    }

    #[test]
    fn header_with_a_secret_is_masked() {
        let mut marked = HeaderValue::from_static("hunter2");
        marked.set_sensitive(true);
        for (name, value, shown) in [
            ("x-customer", marked, "***"),
            ("x-api-key", HeaderValue::from_static("hunter2"), "***"),
            ("x-csrf-token", HeaderValue::from_static("hunter2"), "***"),
            ("referer", HeaderValue::from_static("https://shop/reset?code=hunter2"), "https://shop/reset?***"),
            ("x-blob", HeaderValue::from_bytes(b"hunter\xff").unwrap(), "***"),
            ("accept", HeaderValue::from_static("text/html"), "text/html"),
        ] {
            assert_eq!(header(&name.parse().unwrap(), &value), shown, "{name}");
        }
    }
}
