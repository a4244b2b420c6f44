//! Percent-encoding in URLs (RFC 3986 §2.1), and which spellings of a URL are equivalent (§6.2.2).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Appends `text` in its normal form: an escaped unreserved character is decoded, and any other escape has capital
/// letters (RFC 3986 §6.2.2.1, §6.2.2.2). So equivalent spellings are the same bytes.
pub(in crate::cache) fn put_normalised(bytes: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        bytes.extend_from_slice(&rest[..at]);
        rest = match &rest[at..] {
            [_, high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let byte = value(*high) << 4 | value(*low);
                if is_unreserved(byte) {
                    bytes.push(byte);
                } else {
                    bytes.extend_from_slice(&[b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]);
                }
                tail
            }
            // Not an escape.
            [percent, tail @ ..] => {
                bytes.push(*percent);
                tail
            }
            [] => &[],
        };
    }
    bytes.extend_from_slice(rest);
}

/// The normal form of `text`.
pub(in crate::cache) fn normalised(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    put_normalised(&mut bytes, text.as_bytes());
    Cow::Owned(String::from_utf8(bytes).expect("only ASCII was replaced, by ASCII"))
}

/// `text` as a handler reads it: all escapes are decoded, also those of reserved characters. Bytes that are not UTF-8
/// become U+FFFD.
pub(in crate::cache) fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// RFC 3986 §2.3.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// The value of a hexadecimal digit.
const fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_are_decoded() {
        for (written, expected) in [
            ("/a", "/a"),
            ("/%7E%41%2d%2E%5f%30", "/~A-._0"),
            ("/%2f%3F%23%40%3a", "/%2F%3F%23%40%3A"),
            ("/%25%2541", "/%25%2541"),
            ("/%c3%bc", "/%C3%BC"),
            ("/%", "/%"),
            ("/%4", "/%4"),
            ("/%4g%zz%%41", "/%4g%zz%A"),
            ("%61", "a"),
        ] {
            assert_eq!(normalised(written), expected, "{written}");
            assert_eq!(normalised(expected), expected, "{written}: the normal form is its own");
            assert_eq!(decoded(written), decoded(expected), "{written}: a handler reads the same");
        }
    }
}
