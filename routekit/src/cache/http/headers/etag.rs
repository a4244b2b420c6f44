//! Entity tags (RFC 9110 §8.8.3), and whether a client has one already (§13.1.2).

use http::{HeaderMap, HeaderValue, header};

/// Whether `If-None-Match` names what is there, whose tag this is. `None` without the header.
///
/// The comparison is the weak one (RFC 9110 §8.8.3.2). `*` names whatever is there, but only alone. In a list, nothing is read from the first
/// thing on that is no entity tag.
pub(in crate::cache) fn none_match(request: &HeaderMap, etag: Option<&HeaderValue>) -> Option<bool> {
    let mut lines = request.get_all(header::IF_NONE_MATCH).iter().peekable();
    let first = *lines.peek()?;
    if first.as_bytes().trim_ascii() == b"*" {
        return Some(lines.count() == 1);
    }
    let etag = etag.and_then(|etag| only(etag.as_bytes()));
    Some(etag.is_some_and(|etag| lines.any(|line| List(line.as_bytes()).any(|tag| tag == etag))))
}

/// Whether this is an entity tag, weak or strong, and nothing besides.
pub(in crate::cache) fn is_valid(etag: &HeaderValue) -> bool {
    only(etag.as_bytes()).is_some()
}

/// Whether what has this tag is said, in a 304, to be what is stored (RFC 9111 §4.3.4): a strong tag is so only of the very same one.
pub(in crate::cache) fn selects(said: &HeaderValue, stored: &HeaderValue) -> bool {
    let is_weak = said.as_bytes().starts_with(b"W/");
    said == stored || is_weak && is_valid(said) && only(said.as_bytes()) == only(stored.as_bytes())
}

/// The opaque tag of an entity tag.
fn only(etag: &[u8]) -> Option<&[u8]> {
    first(etag).and_then(|(opaque, rest)| rest.is_empty().then_some(opaque))
}

/// The opaque tag of the entity tag that this begins with, without its quotes, and what follows it. There are no escapes.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let opaque = bytes.strip_prefix(b"W/").unwrap_or(bytes).strip_prefix(b"\"")?;
    let end = opaque.iter().position(|byte| !matches!(byte, 0x21 | 0x23..=0x7e | 0x80..))?;
    (opaque[end] == b'"').then(|| (&opaque[..end], &opaque[end + 1..]))
}

/// The opaque tags of a list.
struct List<'a>(&'a [u8]);

impl<'a> Iterator for List<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let begin = self.0.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
        let read = first(&self.0[begin..]);
        let read = read.map(|(opaque, rest)| (opaque, rest.trim_ascii_start()));
        // Also if a comma is missing, there is nothing more to be read, and what stands before it counts for nothing.
        let read = read.filter(|(_, rest)| rest.is_empty() || rest.starts_with(b","));
        let (opaque, rest) = read.unzip();
        self.0 = rest.unwrap_or_default();
        opaque
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_304_is_about() {
        for (said, stored, expected) in [
            ("\"a\"", "\"a\"", true),
            ("W/\"a\"", "W/\"a\"", true),
            ("W/\"a\"", "\"a\"", true),
            ("\"a\"", "W/\"a\"", false),
            ("\"a\"", "\"b\"", false),
            ("W/\"a\"", "W/\"b\"", false),
            ("W/a", "a", false),
        ] {
            let (said_value, stored_value) = (said.parse().unwrap(), stored.parse().unwrap());
            assert_eq!(selects(&said_value, &stored_value), expected, "{said} {stored}");
        }
    }

    #[test]
    fn if_none_match() {
        let rows: [(&[&str], Option<&str>, Option<bool>); 27] = [
            (&[], Some("\"a\""), None),
            (&["*"], Some("\"a\""), Some(true)),
            (&[" * "], None, Some(true)),
            (&["*"], Some("a"), Some(true)),
            (&["*, \"a\""], Some("\"a\""), Some(false)),
            (&["*", "\"a\""], Some("\"a\""), Some(false)),
            (&["\"a\""], None, Some(false)),
            (&["\"a\""], Some("\"a\""), Some(true)),
            (&["W/\"a\""], Some("\"a\""), Some(true)),
            (&["\"a\""], Some("W/\"a\""), Some(true)),
            (&["W/\"a\""], Some("W/\"a\""), Some(true)),
            (&["w/\"a\""], Some("\"a\""), Some(false)),
            (&["\"A\""], Some("\"a\""), Some(false)),
            (&["\"b\",\"a\""], Some("\"a\""), Some(true)),
            (&[",, \"b\" ,\t, W/\"a\" ,"], Some("\"a\""), Some(true)),
            (&["\"b\"", "\"a\""], Some("\"a\""), Some(true)),
            (&["\"x,\", \"a,b\""], Some("\"a,b\""), Some(true)),
            (&["\"a,b\""], Some("\"a\""), Some(false)),
            (&["\"\""], Some("\"\""), Some(true)),
            (&["a"], Some("a"), Some(false)),
            (&["a"], Some("\"a\""), Some(false)),
            (&["\"a"], Some("\"a\""), Some(false)),
            (&["\"a\"b"], Some("\"a\""), Some(false)),
            (&["\"b\" \"a\""], Some("\"a\""), Some(false)),
            (&["b, \"a\""], Some("\"a\""), Some(false)),
            (&["\"a\", b"], Some("\"a\""), Some(true)),
            (&["b", "\"a\""], Some("\"a\""), Some(true)),
        ];
        for (lines, etag, expected) in rows {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::IF_NONE_MATCH, line.parse().unwrap());
            }
            let etag = etag.map(|etag| etag.parse().unwrap());
            assert_eq!(none_match(&headers, etag.as_ref()), expected, "{etag:?} in {lines:?}");
        }
    }

    #[test]
    fn what_is_a_tag() {
        let valid: [&[u8]; 6] = [b"\"\"", b"\"a\"", b"W/\"a\"", b"\"a,b\\\"", b"\"\xe9\"", b"W/\"'!#~\""];
        let invalid: [&[u8]; 10] =
            [b"", b"a", b"\"", b"\"a", b"a\"", b"w/\"a\"", b"W/ \"a\"", b"\"a b\"", b"\"a\"\"", b" \"a\""];
        for (tags, expected) in [(&valid[..], true), (&invalid[..], false)] {
            for tag in tags {
                assert_eq!(is_valid(&HeaderValue::from_bytes(tag).unwrap()), expected, "{}", tag.escape_ascii());
            }
        }
    }
}
