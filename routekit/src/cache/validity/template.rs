//! Templates: tags and patterns with placeholders of a path, and the values of the placeholders in a path.

use std::borrow::Cow;

use crate::cache::{
    headers::percent,
    validity::glob::{self, Glob},
};

/// A tag or pattern with placeholders, such as `user:{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cache) struct Template(Vec<TemplatePiece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum TemplatePiece {
    Text(String),
    Placeholder(String),
}

impl Template {
    /// Parses a template; `{{` and `}}` are braces. The attribute has checked it, so a stray brace stays unchanged.
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
                pieces.push(TemplatePiece::Text(std::mem::take(&mut text)));
                pieces.push(TemplatePiece::Placeholder(name.to_owned()));
                rest = tail;
            } else {
                text.push_str(brace);
            }
        }
        text.push_str(rest);
        pieces.push(TemplatePiece::Text(text));
        pieces.retain(|piece| !matches!(piece, TemplatePiece::Text(text) if text.is_empty()));
        Self(pieces)
    }

    /// Replaces the placeholders with their values.
    pub(in crate::cache) fn fill<'v>(&self, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                TemplatePiece::Text(text) => filled.push_str(text),
                TemplatePiece::Placeholder(name) => filled.push_str(&value(name).unwrap_or_default()),
            }
        }
        filled
    }

    /// The pattern with the values of its placeholders, in which a star is literal. A placeholder without a value
    /// becomes a star. If the pattern is a path, `before` precedes it.
    pub(in crate::cache) fn fill_pattern<'v>(
        &'v self,
        before: &[&'v str],
        value: impl Fn(&str) -> Option<&'v str>,
    ) -> Glob {
        let is_path = matches!(self.0.first(), Some(TemplatePiece::Text(text)) if text.starts_with('/'));
        let before = before.iter().filter(|_| is_path).map(|text| Some(Cow::Borrowed(*text)));
        let pieces = self.0.iter().flat_map(|piece| match piece {
            TemplatePiece::Text(text) => glob::pieces(text),
            TemplatePiece::Placeholder(name) => vec![value(name).map(Cow::Borrowed)],
        });
        Glob::of_pieces(before.chain(pieces))
    }

    /// The names that the template expands to: with the values as `path` spells them and, if they differ, as the
    /// handler's parsed arguments display them (`spellings`).
    pub(in crate::cache) fn names(&self, places: &Places, path: &str, spellings: &[(&str, String)]) -> Vec<String> {
        let written = |name: &str| places.written(path, name).map(percent::decoded);
        let mut names = vec![self.fill(written)];
        if !self.is_fixed() && !spellings.is_empty() {
            let parsed = self.fill(|name| {
                let told = spellings.iter().find(|(told, _)| *told == name);
                told.map(|(_, value)| Cow::Borrowed(value.as_str())).or_else(|| written(name))
            });
            if parsed != names[0] {
                names.push(parsed);
            }
        }
        names
    }

    /// Whether it has no placeholders.
    pub(in crate::cache) fn is_fixed(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, TemplatePiece::Text(_)))
    }

    /// Whether both can be equal for some values.
    fn may_equal(&self, other: &Self) -> bool {
        fn as_glob(template: &Template) -> Vec<Option<char>> {
            let pieces = template.0.iter();
            pieces
                .flat_map(|piece| -> Vec<Option<char>> {
                    match piece {
                        TemplatePiece::Text(text) => text.chars().map(Some).collect(),
                        TemplatePiece::Placeholder(_) => vec![None],
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

/// Whether two templates of tags can expand to the same tag.
pub(crate) fn may_be_equal(a: &str, b: &str) -> bool {
    Template::new(a).may_equal(&Template::new(b))
}

/// Whether a pattern can match a path of the template `path`. `prefix` precedes a pattern that is a path.
pub(crate) fn may_match(pattern: &str, prefix: &str, path: &str) -> bool {
    let before = if pattern.starts_with('/') { prefix } else { "" };
    // Any query can match.
    let pattern = pattern.split('?').next().unwrap_or_default();
    // A star matches any text, like a placeholder.
    let pieces = glob::pieces(pattern).into_iter().map(|piece| piece.unwrap_or(Cow::Borrowed("{}")));
    may_be_equal(&format!("{before}{}", pieces.collect::<String>()), path)
}

/// Whether a pattern names a list of patterns that grows with the values of its placeholders: it has one, and a `*`
/// other than at its end, or a query.
pub(crate) fn grows_list(pattern: &str) -> bool {
    let template = Template::new(pattern);
    let glob = template.fill_pattern(&[], |_| Some("0"));
    !template.is_fixed() && (glob.has_query() || glob.literal().is_none() && glob.prefix().is_none())
}

/// The positions of the placeholders of a path template in a path.
#[derive(Debug, Clone, Default)]
pub(in crate::cache) struct Places(Vec<PlaceholderPlace>);

#[derive(Debug, Clone)]
struct PlaceholderPlace {
    name: String,
    segment: usize,
    /// The number of bytes that precede it in its segment.
    prefix: usize,
    /// Whether it matches the rest of the path.
    rest: bool,
}

impl Places {
    /// Returns the positions in a path template, in axum's syntax.
    pub(in crate::cache) fn of(path: &str) -> Self {
        let masked = path.replace("{{", "\0\0").replace("}}", "\0\0");
        let segments = masked.split('/').enumerate();
        let places = segments.filter_map(|(segment, text)| {
            let (prefix, rest) = text.split_once('{')?;
            let name = rest.strip_suffix('}')?;
            Some(PlaceholderPlace {
                name: name.trim_start_matches('*').to_owned(),
                segment,
                // An escaped brace is two characters here and one in a path.
                prefix: prefix.len() - prefix.matches('\0').count() / 2,
                rest: name.starts_with('*'),
            })
        });
        Self(places.collect())
    }

    /// Panics if a template names a placeholder that the route lacks. The attribute has checked its own templates.
    #[track_caller]
    pub(in crate::cache) fn check<'t>(&self, route: &str, templates: impl IntoIterator<Item = &'t Template>) {
        for piece in templates.into_iter().flat_map(|template| &template.0) {
            if let TemplatePiece::Placeholder(name) = piece {
                let known = self.0.iter().any(|place| place.name == *name);
                assert!(
                    known,
                    "the route `{route}` has no placeholder `{{{name}}}`; name the route with \
                     `.route(\"/users/{{id}}\")`"
                );
            }
        }
    }

    /// The value of a placeholder in the spelling of the path.
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
    fn a_star_in_a_value_is_literal() {
        let template = Template::new("/users/{id}/*");
        let pattern = template.fill_pattern(&[], |_| Some("a*"));
        assert!(pattern.matches("/users/a*/b") && !pattern.matches("/users/ab/b"));
        let template = Template::new("/users/{id}");
        assert_eq!(template.fill_pattern(&["/shop", "/api"], |_| Some("7")).literal(), Some("/shop/api/users/7"));
        assert!(Template::new("*users").fill_pattern(&["/api"], |_| None).matches("/users"));
    }

    #[test]
    fn templates_that_can_be_equal() {
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
    fn patterns_that_can_match_a_path() {
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
    fn patterns_that_grow_the_list() {
        for (pattern, expected) in [
            ("/users/{id}", false),
            ("/users/{id}/*", false),
            ("/users/{id}*", false),
            ("/users/*/orders", false),
            ("/users/{id}/*/orders", true),
            ("*/users/{id}", true),
            ("/users/{id}?page=*", true),
            (r"/users/{id}/\*/orders", false),
        ] {
            assert_eq!(grows_list(pattern), expected, "{pattern}");
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
