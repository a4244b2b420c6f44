//! Tags and patterns with placeholders of a path in them, and the values of placeholders.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::cache::glob::Glob;

/// `user:{id}`: text, and names of placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cache) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Placeholder(String),
}

impl Template {
    /// Reads a template; `{{` and `}}` are braces. The attribute has checked it, so that what is wrong stays as it is written.
    pub(in crate::cache) fn new(template: &str) -> Self {
        let (mut pieces, mut text, mut rest) = (Vec::new(), String::new(), template);
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(tail) = rest.strip_prefix(brace) {
                text.push_str(brace);
                rest = tail;
            } else if brace == "{"
                && let Some((name, tail)) = rest.split_once('}')
            {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Placeholder(name.to_owned()));
                rest = tail;
            } else {
                text.push_str(brace);
            }
        }
        text.push_str(rest);
        pieces.push(Piece::Text(text));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Self(pieces)
    }

    /// With the values of its placeholders.
    pub(in crate::cache) fn fill<'v>(&self, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Placeholder(name) => filled.push_str(&value(name).unwrap_or_default()),
            }
        }
        filled
    }

    /// As a pattern; a star in a value is meant as it is. If it is a path, these stand before it.
    pub(in crate::cache) fn fill_pattern<'v>(
        &'v self,
        before: &[&'v str],
        value: impl Fn(&str) -> Option<&'v str>,
    ) -> Glob {
        let is_path = matches!(self.0.first(), Some(Piece::Text(text)) if text.starts_with('/'));
        let before = before.iter().filter(|_| is_path).map(|text| Some(*text));
        let pieces = self.0.iter().flat_map(|piece| -> Vec<Option<&str>> {
            match piece {
                Piece::Text(text) => {
                    let parts = text.split('*').map(Some);
                    let mut pieces: Vec<_> = parts.flat_map(|part| [part, None]).collect();
                    pieces.pop();
                    pieces
                }
                Piece::Placeholder(name) => vec![value(name)],
            }
        });
        Glob::of_pieces(before.chain(pieces))
    }

    /// Whether there is a placeholder in it.
    pub(in crate::cache) fn is_fixed(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, Piece::Text(_)))
    }

    /// Whether the two can be filled to be the same.
    fn may_equal(&self, other: &Self) -> bool {
        fn as_glob(template: &Template) -> Vec<Option<char>> {
            let pieces = template.0.iter();
            pieces
                .flat_map(|piece| -> Vec<Option<char>> {
                    match piece {
                        Piece::Text(text) => text.chars().map(Some).collect(),
                        Piece::Placeholder(_) => vec![None],
                    }
                })
                .collect()
        }
        fn meet(a: &[Option<char>], b: &[Option<char>]) -> bool {
            match (a.split_first(), b.split_first()) {
                (None, None) => true,
                (Some((None, rest)), _) if meet(rest, b) => true,
                (_, Some((None, rest))) if meet(a, rest) => true,
                (Some((None, _)), Some((_, rest))) => meet(a, rest),
                (Some((_, rest)), Some((None, _))) => meet(rest, b),
                (Some((Some(x), a)), Some((Some(y), b))) => x == y && meet(a, b),
                (None, Some(_)) | (Some(_), None) => false,
            }
        }
        meet(&as_glob(self), &as_glob(other))
    }
}

/// Whether two templates of tags can name the same tag.
pub(crate) fn may_be_equal(a: &str, b: &str) -> bool {
    Template::new(a).may_equal(&Template::new(b))
}

/// Whether a pattern, if it is a path with this before it, can be about paths of this template.
pub(crate) fn may_match(pattern: &str, prefix: &str, path: &str) -> bool {
    let before = if pattern.starts_with('/') { prefix } else { "" };
    // Its query may be any.
    let pattern = pattern.split('?').next().unwrap_or_default();
    // A star is to a pattern what a placeholder is to a template.
    may_be_equal(&format!("{before}{}", pattern.replace('*', "{}")), path)
}

/// Where the placeholders of a path stand in it.
#[derive(Debug, Clone, Default)]
pub(in crate::cache) struct Places(Vec<Place>);

#[derive(Debug, Clone)]
struct Place {
    name: String,
    segment: usize,
    /// What stands before it in its segment.
    prefix: usize,
    /// Whether it takes all that is left.
    rest: bool,
}

impl Places {
    /// Of a path template in axum's syntax.
    pub(in crate::cache) fn of(path: &str) -> Self {
        let masked = path.replace("{{", "\0\0").replace("}}", "\0\0");
        let segments = masked.split('/').enumerate();
        let places = segments.filter_map(|(segment, text)| {
            let (prefix, rest) = text.split_once('{')?;
            let name = rest.strip_suffix('}')?;
            Some(Place {
                name: name.trim_start_matches('*').to_owned(),
                segment,
                // An escaped brace is two characters here and one in a path.
                prefix: prefix.len() - prefix.matches('\0').count() / 2,
                rest: name.starts_with('*'),
            })
        });
        Self(places.collect())
    }

    /// Stops a program whose templates name placeholders that the route lacks. (The attribute has checked those of its own.)
    #[track_caller]
    pub(in crate::cache) fn check<'t>(&self, route: &str, templates: impl IntoIterator<Item = &'t Template>) {
        for piece in templates.into_iter().flat_map(|template| &template.0) {
            if let Piece::Placeholder(name) = piece {
                let known = self.0.iter().any(|place| place.name == *name);
                assert!(
                    known,
                    "the route `{route}` has no placeholder `{{{name}}}`; say which route it is with `.route(\"/users/{{id}}\")`"
                );
            }
        }
    }

    /// The value of a placeholder as the path writes it.
    pub(in crate::cache) fn written<'p>(&self, path: &'p str, name: &str) -> Option<&'p str> {
        let place = self.0.iter().find(|place| place.name == name)?;
        let mut rest = path;
        for _ in 0..place.segment {
            rest = rest.split_once('/')?.1;
        }
        let segment = if place.rest { rest } else { rest.split('/').next()? };
        segment.get(place.prefix..)
    }
}

/// A written value as text, percent-decoded.
pub(in crate::cache) fn decoded(written: &str) -> Cow<'_, str> {
    percent_decode_str(written).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled() {
        let value = |name: &str| Some(Cow::Owned(format!("<{name}>")));
        for (template, filled) in [
            ("users", "users"),
            ("user:{id}", "user:<id>"),
            ("{a}{b}-{a}", "<a><b>-<a>"),
            ("{{x}}:{id}}}", "{x}:<id>}"),
            ("{", "{"),
        ] {
            assert_eq!(Template::new(template).fill(value), filled);
        }
    }

    #[test]
    fn a_star_in_a_value_is_no_star() {
        let template = Template::new("/users/{id}/*");
        let pattern = template.fill_pattern(&[], |_| Some("a*"));
        assert!(pattern.matches("/users/a*/b") && !pattern.matches("/users/ab/b"));
        let template = Template::new("/users/{id}");
        assert_eq!(template.fill_pattern(&["/shop", "/api"], |_| Some("7")).literal(), Some("/shop/api/users/7"));
        assert!(Template::new("*users").fill_pattern(&["/api"], |_| None).matches("/users"));
    }

    #[test]
    fn templates_that_can_be_the_same() {
        for (a, b, expected) in [
            ("users", "users", true),
            ("users", "user", false),
            ("user:{id}", "user:{user_id}", true),
            ("user:{id}", "user:7", true),
            ("user:{id}", "order:{id}", false),
            ("{a}:{b}", "user:7", true),
            ("a{x}c", "ab{y}", true),
            ("a{x}c", "ab{y}d", false),
        ] {
            assert_eq!(Template::new(a).may_equal(&Template::new(b)), expected, "{a} {b}");
            assert_eq!(Template::new(b).may_equal(&Template::new(a)), expected, "{b} {a}");
        }
    }

    #[test]
    fn patterns_that_can_be_about_a_path() {
        for (pattern, prefix, path, expected) in [
            ("/users/*", "", "/users/{id}", true),
            ("/users/*", "/api", "/users/{id}", false),
            ("/users/*", "/api", "/api/users/{id}", true),
            ("*users*", "/api", "/api/users/{id}", true),
            ("/users/{id}", "", "/users/{user}", true),
            ("/users?page=*", "", "/users", true),
            ("/user", "", "/users", false),
            ("/files/x", "", "/files/{*rest}", true),
        ] {
            assert_eq!(may_match(pattern, prefix, path), expected, "{pattern} {prefix} {path}");
        }
    }

    #[test]
    fn placeholders_are_found_in_paths() {
        for (template, path, name, value) in [
            ("/users/{id}", "/users/7", "id", Some("7")),
            ("/a/{x}/b/{y}", "/a/1/b/2%2F3", "y", Some("2%2F3")),
            ("/v{n}/x", "/v12/x", "n", Some("12")),
            ("/files/{*rest}", "/files/a/b", "rest", Some("a/b")),
            ("/{{x}}/{id}", "/{x}/7", "id", Some("7")),
            ("/{{{id}", "/{7", "id", Some("7")),
            ("/users/{id}", "/users/7", "other", None),
            ("/a/{x}/b/{y}", "/a/1", "y", None),
        ] {
            assert_eq!(Places::of(template).written(path, name), value, "{template} {path}");
        }
    }
}
