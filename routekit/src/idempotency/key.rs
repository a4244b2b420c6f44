//! The value of `Idempotency-Key`.

use std::convert::Infallible;

use http::{HeaderMap, HeaderName};
use sfv::{BareItemFromInput, Parser, visitor::Ignored};

/// draft-ietf-httpapi-idempotency-key-header-07 §2.1.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key, in bytes.
pub(super) const MAX_LENGTH: usize = 255;

/// A key that a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

/// The header is there, and has no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MalformedKey;

impl IdempotencyKey {
    /// Reads the header; `None` if there is none.
    ///
    /// The value is an item of structured fields, a string (RFC 9651 §3.3.3): `"8e03978e-40d5"`. Its parameters are
    /// ignored. Many clients send the key without quotes, which is read as the same key, if it consists of visible
    /// ASCII characters without quotes, commas, semicolons and backslashes. Two headers are no key.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, MalformedKey> {
        let mut lines = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(line) = lines.next() else { return Ok(None) };
        if lines.next().is_some() {
            return Err(MalformedKey);
        }
        Self::parse(line.as_bytes()).map(Some)
    }

    pub(crate) fn parse(text: &[u8]) -> Result<Self, MalformedKey> {
        let text = text.trim_ascii();
        let key = if text.starts_with(b"\"") {
            let mut key = None;
            let read = |item: BareItemFromInput<'_>| {
                if let BareItemFromInput::String(text) = item {
                    key = Some(text.as_str().to_owned());
                }
                Ok::<_, Infallible>(Ignored)
            };
            Parser::new(text).parse_item_with_visitor(read).map_err(|_| MalformedKey)?;
            key.ok_or(MalformedKey)?
        } else if text.iter().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(byte)) {
            String::from_utf8(text.to_vec()).map_err(|_| MalformedKey)?
        } else {
            return Err(MalformedKey);
        };
        if key.is_empty() || key.len() > MAX_LENGTH { Err(MalformedKey) } else { Ok(Self(key)) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn key_is_a_string_or_a_bare_token() {
        let long = "k".repeat(MAX_LENGTH);
        for (text, key) in [
            (r#""8e03978e-40d5-43dd""#, "8e03978e-40d5-43dd"),
            ("8e03978e-40d5-43dd", "8e03978e-40d5-43dd"),
            ("  8e03  ", "8e03"),
            (r#""a \"b\" \\ c, d;""#, r#"a "b" \ c, d;"#),
            (r#""a";v=1;w"#, "a"),
            ("12", "12"),
            ("?0", "?0"),
            ("urn:x/1+2=", "urn:x/1+2="),
            (&*long, &*long),
            (&*format!("\"{long}\""), &*long),
        ] {
            assert_eq!(IdempotencyKey::parse(text.as_bytes()).as_ref().map(IdempotencyKey::as_str), Ok(key), "{text}");
        }
        let too_long = "k".repeat(MAX_LENGTH + 1);
        for text in [
            "",
            "  ",
            r#""""#,
            r#"""#,
            r#""a"#,
            r#""a" b"#,
            r#""a", "b""#,
            r#""\a""#,
            "a b",
            "a,b",
            "a;v=1",
            "a\"",
            "a\\b",
            "\u{e9}",
            "\"\u{e9}\"",
            "a\tb",
            &too_long,
            &format!("\"{too_long}\""),
        ] {
            assert_eq!(IdempotencyKey::parse(text.as_bytes()), Err(MalformedKey), "{text}");
        }
    }

    #[test]
    fn two_headers_are_no_key() {
        let mut headers = HeaderMap::new();
        assert_eq!(IdempotencyKey::of(&headers), Ok(None));
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a"));
        assert!(matches!(IdempotencyKey::of(&headers), Ok(Some(_))));
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a"));
        assert_eq!(IdempotencyKey::of(&headers), Err(MalformedKey));
    }
}
