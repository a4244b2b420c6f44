//! Reads the token of the `Authorization` header.

use http::{HeaderMap, header};

/// The content of the `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearer<'a> {
    /// The header is missing or has another scheme.
    Absent,
    /// There is more than one header, so the token is ambiguous (RFC 6750 §2).
    Ambiguous,
    /// The token as it was sent.
    Token(&'a [u8]),
}

/// Reads the token if there is exactly one `Authorization` header. The scheme is case-insensitive (RFC 9110 §11.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Bearer<'_> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = all.next() else { return Bearer::Absent };
    if all.next().is_some() {
        return Bearer::Ambiguous;
    }
    match value.as_bytes().split_at_checked("Bearer ".len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"Bearer ") => Bearer::Token(token.trim_ascii()),
        _ => Bearer::Absent,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn bearer_token_is_read_from_one_header() {
        let rows: [(&str, &[&'static str], Bearer<'_>); 6] = [
            ("one", &["Bearer abc"], Bearer::Token(b"abc")),
            ("any case, more space", &["bEARER   abc"], Bearer::Token(b"abc")),
            ("another scheme", &["Basic abc"], Bearer::Absent),
            ("no token", &["Bearer"], Bearer::Absent),
            ("two headers", &["Bearer abc", "Bearer abc"], Bearer::Ambiguous),
            ("none", &[], Bearer::Absent),
        ];
        for (name, values, expected) in rows {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            assert_eq!(bearer(&headers), expected, "{name}");
        }
    }
}
