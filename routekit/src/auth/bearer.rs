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

/// Reads the token of the scheme `Bearer`. See [`token_of`].
pub(crate) fn bearer(headers: &HeaderMap) -> Bearer<'_> {
    token_of(headers, "Bearer")
}

/// Reads the token if there is exactly one `Authorization` header. The scheme is case-insensitive (RFC 9110 §11.1).
pub(crate) fn token_of<'a>(headers: &'a HeaderMap, scheme: &str) -> Bearer<'a> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = all.next() else { return Bearer::Absent };
    if all.next().is_some() {
        return Bearer::Ambiguous;
    }
    match value.as_bytes().split_at_checked(scheme.len()) {
        Some((actual, [b' ', token @ ..])) if actual.eq_ignore_ascii_case(scheme.as_bytes()) => {
            Bearer::Token(token.trim_ascii())
        }
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

    #[test]
    fn token_of_another_scheme_is_read() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("token abc"));
        for (scheme, expected) in [
            ("Token", Bearer::Token(b"abc" as &[u8])),
            ("Tok", Bearer::Absent),
            ("Tokens", Bearer::Absent),
            ("Bearer", Bearer::Absent),
        ] {
            assert_eq!(token_of(&headers, scheme), expected, "{scheme}");
        }
    }
}
