//! Entity tags (RFC 9110 §8.8.3), and conditions on them (§13.1.2).

use http::{HeaderMap, HeaderValue, header};

/// Whether `If-None-Match` lists `etag`, by weak comparison (RFC 9110 §8.8.3.2). `None` without the header.
///
/// `*`, alone, matches any response. A list is read up to the first element that is not an entity tag.
pub(crate) fn none_match(request: &HeaderMap, etag: Option<&HeaderValue>) -> Option<bool> {
    let mut lines = request.get_all(header::IF_NONE_MATCH).iter().peekable();
    let first = *lines.peek()?;
    if first.as_bytes().trim_ascii() == b"*" {
        return Some(lines.count() == 1);
    }
    let etag = etag.and_then(|etag| only(etag.as_bytes()));
    Some(etag.is_some_and(|etag| lines.any(|line| OpaqueTags(line.as_bytes()).any(|tag| tag == etag))))
}

/// Whether the whole value is one entity tag, weak or strong.
pub(in crate::cache) fn is_valid(etag: &HeaderValue) -> bool {
    only(etag.as_bytes()).is_some()
}

/// Whether a 304 with the tag `said` confirms the response with the tag `stored` (RFC 9111 §4.3.4). A strong tag
/// confirms only the same strong tag.
pub(in crate::cache) fn selects(said: &HeaderValue, stored: &HeaderValue) -> bool {
    let is_weak = said.as_bytes().starts_with(b"W/");
    said == stored || is_weak && is_valid(said) && only(said.as_bytes()) == only(stored.as_bytes())
}

/// The opaque tag of a value that is one entity tag.
fn only(etag: &[u8]) -> Option<&[u8]> {
    first(etag).and_then(|(opaque, rest)| rest.is_empty().then_some(opaque))
}

/// The opaque tag of the entity tag at the start, without its quotes, and the rest. There are no escapes.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let opaque = bytes.strip_prefix(b"W/").unwrap_or(bytes).strip_prefix(b"\"")?;
    let end = opaque.iter().position(|byte| !matches!(byte, 0x21 | 0x23..=0x7e | 0x80..))?;
    (opaque[end] == b'"').then(|| (&opaque[..end], &opaque[end + 1..]))
}

/// The opaque tags of a list.
struct OpaqueTags<'a>(&'a [u8]);

impl<'a> Iterator for OpaqueTags<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let begin = self.0.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
        let read = first(&self.0[begin..]);
        let read = read.map(|(opaque, rest)| (opaque, rest.trim_ascii_start()));
        // A tag without a comma after it ends the list, and does not count.
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
    fn a_304_selects_by_strong_or_weak_tag() {
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
    fn if_none_match_compares_weakly() {
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
    fn only_whole_tags_are_valid() {
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
