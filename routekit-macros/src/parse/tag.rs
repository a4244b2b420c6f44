//! Templates of tags and patterns: text that may name placeholders of the path, such as `user:{id}`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use routekit_grammar::suggest::nearest;
use syn::LitStr;

use super::{
    path::{Placeholder, inside, list_placeholders},
    raw::distinct,
};
use crate::errors::Errors;

/// Text with balanced braces. [`check`] reports placeholders that the path does not have.
pub(crate) struct Tag {
    literal: LitStr,
    pub(crate) placeholders: Vec<Placeholder>,
}

/// Reads a list of templates; one that is given twice is reported.
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
                "unbalanced brace; write a placeholder as `{name}`, and literal braces as `{{` and `}}`",
            );
            return None;
        };
        if name.is_empty() {
            errors.push(
                inside(literal, written),
                "`{}` does not name a placeholder; write `{name}`, or `{{}}` for literal braces",
            );
            return None;
        }
        found.push(Placeholder { name: name.to_owned(), span: inside(literal, written) });
        rest = &rest[written.len()..];
    }
    Some(found)
}

/// Reports placeholders of `tags` that the path does not have.
pub(super) fn check<'a>(tags: impl IntoIterator<Item = &'a Tag>, path: &[Placeholder], errors: &mut Errors) {
    for named in tags.into_iter().flat_map(|tag| &tag.placeholders) {
        let name = &named.name;
        let names = || path.iter().map(|placeholder| placeholder.name.as_str());
        if names().any(|known| known == name) {
            continue;
        }
        let guess = nearest(name, names()).map_or_else(String::new, |guess| format!(" (did you mean `{{{guess}}}`?)"));
        let help = match path {
            [] => "; the path has none, so write the tag without it".to_owned(),
            _ => format!("{guess}; it has {}", list_placeholders(path)),
        };
        errors.push(named.span, format!("the path has no placeholder `{{{name}}}`{help}"));
    }
}

/// `.with_name(&["a", "b"])`, or nothing for an empty list.
pub(super) fn strings_call<T: ToTokens>(name: &str, strings: &[T]) -> Option<TokenStream> {
    let name = format_ident!("with_{name}");
    (!strings.is_empty()).then(|| quote!(.#name(&[#(#strings),*])))
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
