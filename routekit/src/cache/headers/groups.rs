//! Cache groups (RFC 9875): responses that are invalidated together.

use std::convert::Infallible;

use http::{HeaderMap, HeaderName};
use sfv::{
    BareItemFromInput, Parser,
    visitor::{EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ListVisitor},
};

const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");
pub(in crate::cache) const CACHE_GROUP_INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");

/// The groups of a response (`Cache-Groups`, RFC 9875 §2).
pub(in crate::cache) fn of_response(headers: &HeaderMap) -> Vec<String> {
    strings(headers, &CACHE_GROUPS)
}

/// The groups that a response invalidates (`Cache-Group-Invalidation`, RFC 9875 §3). It counts only in responses to
/// unsafe methods.
pub(in crate::cache) fn invalid_after(headers: &HeaderMap) -> Vec<String> {
    strings(headers, &CACHE_GROUP_INVALIDATION)
}

/// Parses the lines of a header as one list of strings, and ignores parameters. A list that cannot be parsed, or that
/// has another kind of member, is ignored (RFC 9651 §4.2).
fn strings(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    if !headers.contains_key(name) {
        return Vec::new();
    }
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(|line| line.as_bytes()).collect();
    let read = Strings { found: Vec::new(), others: false };
    match Parser::new(&lines.join(&b", "[..])).parse_list_with_visitor(read) {
        Ok(Strings { found, others: false }) => found,
        Ok(_) | Err(_) => Vec::new(),
    }
}

struct Strings {
    found: Vec<String>,
    /// Whether the list has a member that is not a string.
    others: bool,
}

impl<'de> ListVisitor<'de> for Strings {
    type Out = Self;
    type Error = Infallible;

    fn entry(&mut self) -> Result<impl EntryVisitor<'de>, Infallible> {
        Ok(Member(self))
    }

    fn finish(self) -> Result<Self, Infallible> {
        Ok(self)
    }
}

struct Member<'a>(&'a mut Strings);

impl<'de> EntryVisitor<'de> for Member<'_> {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'de>, Infallible> {
        Ok(move |item: BareItemFromInput<'de>| {
            match item {
                BareItemFromInput::String(text) => self.0.found.push(text.as_str().to_owned()),
                _ => self.0.others = true,
            }
            Ok::<_, Infallible>(Ignored)
        })
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Infallible> {
        self.0.others = true;
        Ok(Ignored)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_lists_of_strings_are_groups() {
        for (name, lines, expected) in [
            ("none", &[][..], &[][..]),
            ("one", &[r#""scripts""#], &["scripts"]),
            ("two", &[r#""a", "b c""#], &["a", "b c"]),
            ("two lines", &[r#""a""#, r#""b""#], &["a", "b"]),
            ("parameters", &[r#""a";x=1;y, "b";z"#], &["a", "b"]),
            ("escapes", &[r#""a\"b\\""#], &[r#"a"b\"#]),
            ("an empty line", &[""], &[]),
            ("an empty string", &[r#""""#], &[""]),
            ("a token", &["a"], &[]),
            ("a token among strings", &[r#""a", b"#], &[]),
            ("an inner list", &[r#"("a" "b")"#], &[]),
            ("a number", &["1"], &[]),
            ("not closed", &[r#""a"#], &[]),
            ("a comma at the end", &[r#""a","#], &[]),
            ("one bad line of two", &[r#""a""#, "?"], &[]),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(CACHE_GROUPS, HeaderValue::from_static(line));
                headers.append(CACHE_GROUP_INVALIDATION, HeaderValue::from_static(line));
            }
            assert_eq!(of_response(&headers), expected, "{name}");
            assert_eq!(invalid_after(&headers), expected, "{name}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_GROUPS, HeaderValue::from_bytes(b"\"\xff\"").unwrap());
        assert!(of_response(&headers).is_empty(), "not ASCII");
    }
}
