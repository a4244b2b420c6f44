//! Templates of tags and patterns: texts that may name placeholders of the path, as `user:{id}`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::LitStr;

use super::{Placeholder, path::inside, raw::distinct};
use crate::errors::Errors;

/// A text with balanced braces. Whether the path has its placeholders is checked where both are known.
pub(crate) struct Tag {
    literal: LitStr,
    pub(crate) placeholders: Vec<Placeholder>,
}

/// Reads a list of templates, in which each stands once.
pub(super) fn tags(texts: Vec<LitStr>, errors: &mut Errors) -> Vec<Tag> {
    distinct(&texts, errors);
    texts
        .into_iter()
        .filter_map(|literal| Some(Tag { placeholders: placeholders(&literal, errors)?, literal }))
        .collect()
}

fn placeholders(literal: &LitStr, errors: &mut Errors) -> Option<Vec<Placeholder>> {
    let text = literal.value();
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(['{', '}']) {
        rest = &rest[start..];
        if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            rest = after;
            continue;
        }
        let written = rest.split_inclusive('}').next().unwrap_or_default();
        let Some(name) = written.strip_prefix('{').and_then(|name| name.strip_suffix('}')).filter(|n| !n.contains('{'))
        else {
            errors.push(
                literal.span(),
                "a brace without its counterpart; a placeholder is `{name}`, and `{{` and `}}` are literal braces",
            );
            return None;
        };
        if name.is_empty() {
            errors.push(
                inside(literal, written),
                "`{}` names no placeholder; write `{name}`, or `{{}}` for literal braces",
            );
            return None;
        }
        found.push(Placeholder { name: name.to_owned(), span: inside(literal, written) });
        rest = &rest[written.len()..];
    }
    Some(found)
}

impl Tag {
    pub(crate) fn names(&self, placeholder: &str) -> bool {
        self.placeholders.iter().any(|named| named.name == placeholder)
    }
}

impl ToTokens for Tag {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.literal.to_tokens(tokens);
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    #[test]
    fn placeholders_of_tags() {
        for (text, expected) in [
            ("users", Some(vec![])),
            ("user:{id}", Some(vec!["id"])),
            ("{shop}/{id}", Some(vec!["shop", "id"])),
            ("{{id}}", Some(vec![])),
            ("{{{id}}}", Some(vec!["id"])),
            ("{id", None),
            ("id}", None),
            ("{id}}", None),
            ("{{id}", None),
            ("{a{b}", None),
            ("{}", None),
        ] {
            let mut errors = Errors::default();
            let found = placeholders(&LitStr::new(text, Span::call_site()), &mut errors);
            let names = found.map(|found| found.into_iter().map(|placeholder| placeholder.name).collect::<Vec<_>>());
            assert_eq!(names, expected.map(|names| names.into_iter().map(str::to_owned).collect()), "{text:?}");
        }
    }
}
