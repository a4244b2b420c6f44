//! Patterns over paths, in which `*` stands for any text and nothing else is special.

use std::fmt;

/// A pattern, split at its stars.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::cache) struct Glob(Vec<String>);

impl Glob {
    /// Parses a pattern.
    pub(in crate::cache) fn new(pattern: &str) -> Self {
        Self(pattern.split('*').map(str::to_owned).collect())
    }

    /// A pattern of literal texts and stars (`None`).
    pub(in crate::cache) fn of_pieces<'a>(pieces: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut parts = vec![String::new()];
        for piece in pieces {
            match (piece, parts.last_mut()) {
                (Some(text), Some(last)) => last.push_str(text),
                (Some(_), None) | (None, _) => parts.push(String::new()),
            }
        }
        Self(parts)
    }

    /// The text, if there is no star.
    pub(in crate::cache) fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// The text before the star, if the pattern has one star and ends with it.
    pub(in crate::cache) fn prefix(&self) -> Option<&str> {
        match self.0.as_slice() {
            [prefix, rest] if rest.is_empty() => Some(prefix),
            _ => None,
        }
    }

    /// Whether the pattern covers the query too: whether it has a `?`.
    pub(in crate::cache) fn has_query(&self) -> bool {
        self.0.iter().any(|part| part.contains('?'))
    }

    /// Whether the pattern matches `text`. Takes at most time proportional to the length of the text for each star.
    pub(in crate::cache) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else {
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

/// The pattern as it was written.
impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("*"))
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
