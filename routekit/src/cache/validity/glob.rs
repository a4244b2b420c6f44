//! Patterns over paths, in which `*` matches any text.

use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
};

use crate::cache::headers::percent;

/// A pattern, split at its stars.
///
/// It matches paths in all their spellings: its path is decoded, and is compared with decoded paths. Its query is in
/// the form of keys: sorted by name, and with unreserved characters as themselves.
#[derive(Debug, Clone)]
pub(in crate::cache) struct Glob {
    parts: Vec<String>,
    has_query: bool,
    /// As it was written, with its escapes.
    written: String,
}

/// Patterns that match the same are equal.
impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        (&self.parts, self.has_query) == (&other.parts, other.has_query)
    }
}

impl Eq for Glob {}

impl Hash for Glob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.parts, self.has_query).hash(state);
    }
}

/// A star (`None`) or a literal text.
type Piece<'a> = Option<Cow<'a, str>>;

/// The pieces of a pattern: `\*` is a literal star, and `\\` a backslash.
pub(in crate::cache) fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), pattern);
    while let Some(at) = rest.find(['*', '\\']) {
        let (before, found) = rest.split_at(at);
        pieces.push(Some(before.into()));
        let escaped = ["\\*", "\\\\"].iter().find(|escape| found.starts_with(**escape));
        rest = match escaped {
            Some(escape) => {
                pieces.push(Some(escape[1..].into()));
                &found[2..]
            }
            None => {
                pieces.push(if found.starts_with('*') { None } else { Some(found[..1].into()) });
                &found[1..]
            }
        };
    }
    pieces.push(Some(rest.into()));
    pieces
}

impl Glob {
    /// Parses a pattern.
    pub(in crate::cache) fn new(pattern: &str) -> Self {
        Self::of_pieces(pieces(pattern))
    }

    /// A pattern of literal texts and stars (`None`).
    pub(in crate::cache) fn of_pieces<'a>(pieces: impl IntoIterator<Item = Option<Cow<'a, str>>>) -> Self {
        let parts = joined(pieces);
        let written: Vec<String> = parts.iter().map(|part| part.replace('\\', "\\\\").replace('*', "\\*")).collect();
        let mut glob = Self { parts: Vec::new(), has_query: false, written: written.join("*") };
        let decode = |text: &str| percent::decoded(text).into_owned();
        for (index, part) in parts.iter().enumerate() {
            let Some((path, query)) = part.split_once('?') else {
                glob.parts.push(decode(part));
                continue;
            };
            glob.has_query = true;
            let rest = parts[index + 1..].iter().map(String::as_str);
            let mut query = normal_query(&[query].into_iter().chain(rest).collect::<Vec<_>>());
            query[0].insert_str(0, &format!("{}?", decode(path)));
            glob.parts.append(&mut query);
            break;
        }
        glob
    }

    /// The text, if there is no star.
    pub(in crate::cache) fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// The text before the star, if the pattern has one star and ends with it.
    pub(in crate::cache) fn prefix(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [prefix, rest] if rest.is_empty() => Some(prefix),
            _ => None,
        }
    }

    /// Whether the pattern also matches the query: whether it has a `?`.
    pub(in crate::cache) fn has_query(&self) -> bool {
        self.has_query
    }

    /// Whether the pattern matches `text`. The time is at most proportional to the length of the text for each star.
    pub(in crate::cache) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.literal() == Some(text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        // The first match of each part leaves the longest rest for the others.
        for part in middle {
            let Some(found) = rest.find(part.as_str()) else { return false };
            rest = &rest[found + part.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

/// The literal texts between the stars.
fn joined<'a>(pieces: impl IntoIterator<Item = Piece<'a>>) -> Vec<String> {
    let mut parts = vec![String::new()];
    for piece in pieces {
        match (piece, parts.last_mut()) {
            (Some(text), Some(last)) => last.push_str(&text),
            (Some(_), None) | (None, _) => parts.push(String::new()),
        }
    }
    parts
}

/// The query of a pattern in the form of keys. Its pairs are sorted by name, unless a star may stand for a part of a
/// name, or a name is escaped.
fn normal_query(parts: &[&str]) -> Vec<String> {
    // A star is a character that no pattern has.
    const STAR: char = '\0';
    let query = parts.join("\0");
    let query = percent::normalised(&query);
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().len();
    let mut pairs: Vec<&str> = query.split('&').collect();
    if !pairs.iter().any(|pair| pair[..name(pair)].contains(['%', '+', STAR])) {
        pairs.sort_by_key(|pair| &pair[..name(pair)]);
    }
    pairs.join("&").split(STAR).map(str::to_owned).collect()
}

/// The pattern in its original spelling.
impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prop_assert_eq;

    use super::*;
    use crate::base::property::check;

    #[test]
    fn a_star_matches_any_text() {
        for (pattern, text, expected) in [
            ("/users", "/users", true),
            ("/users", "/users/", false),
            ("*", "", true),
            ("/users/*", "/users/7", true),
            ("/users/*", "/users", false),
            ("*users*", "/v2/users/7", true),
            ("/a*b*c", "/a-b-b-c", true),
            ("/a*b*c", "/a-c-b", false),
            ("/a*a", "/a", false),
            ("**", "/", true),
            ("/[a-z]?", "/[a-z]?", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn literals_and_spellings() {
        for (pattern, text, expected) in [
            (r"/a\*", "/a*", true),
            (r"/a\*", "/ab", false),
            (r"/a\**", "/a*b", true),
            (r"/a\\*", r"/a\b", true),
            (r"/a\b", r"/a\b", true),
            (r"/a\", r"/a\", true),
            ("user:{42}:*", "user:{42}:profile", true),
            ("/a/%37", "/a/7", true),
            ("/%2A", "/*", true),
            ("/%2A", "/a", false),
            ("/a?b=2&a=%7E", "/a?a=~&b=2", true),
            ("/a?b=*&a=1", "/a?a=1&b=2", true),
            ("/a?b*=2&a=1", "/a?b1=2&a=1", true),
            ("*?b=2&a=1", "/a?a=1&b=2", true),
            ("/a%3Fb", "/a?b", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
        for pattern in [r"/a\*b/*", r"\\*", "/a/%37?b=2&a=1", "*", ""] {
            assert_eq!(Glob::new(pattern).to_string(), pattern, "as it was written");
        }
        assert!(!Glob::new("/a%3Fb").has_query() && Glob::new("*?").has_query());
    }

    /// The obvious implementation, which tries every position.
    fn slow(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|skip| slow(rest, &text[skip..])),
            Some((byte, rest)) => text.split_first().is_some_and(|(first, tail)| first == byte && slow(rest, tail)),
        }
    }

    #[test]
    fn matches_agree_with_the_obvious_implementation() {
        check(4_000, &("[ab*]{0,6}", "[ab]{0,8}"), |(pattern, text)| {
            prop_assert_eq!(Glob::new(&pattern).matches(&text), slow(pattern.as_bytes(), text.as_bytes()));
            Ok(())
        });
    }
}
