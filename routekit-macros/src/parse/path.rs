//! The path of a route: a template in axum 0.8's syntax, checked by the matcher that axum itself uses.

use proc_macro2::{Literal, Span, TokenStream, TokenTree};
use routekit_grammar::path::wrong_part;
use syn::LitStr;

use super::raw::Piece;
use crate::errors::{Errors, list};

/// A path that axum will accept.
pub(crate) struct Template {
    pub(crate) literal: LitStr,
    pub(crate) placeholders: Vec<Placeholder>,
}

/// `{name}` or `{*name}`.
pub(crate) struct Placeholder {
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// Reads a path template, or reports what is wrong with it.
pub(crate) fn template(piece: &Piece, errors: &mut Errors) -> Option<Template> {
    let literal = match piece.string() {
        Ok(literal) => literal,
        Err((span, message)) if piece.is_string() => {
            errors.push(span, message);
            return None;
        }
        Err(_) => {
            errors.push(
                piece.span(),
                "the path must be a string literal such as `\"/users/{id}\"`, so that its placeholders can be read",
            );
            return None;
        }
    };
    checked(literal, errors)
}

/// The literal as a path template, or what is wrong with it.
pub(super) fn checked(literal: LitStr, errors: &mut Errors) -> Option<Template> {
    let path = literal.value();
    let whole = literal.span();
    if !path.starts_with('/') {
        errors.push(whole, format!("a path starts with `/`; write `\"/{path}\"`"));
        return None;
    }
    if let Some((part, message)) = foreign_placeholder(&path) {
        errors.push(inside(&literal, &part), message);
        return None;
    }
    if path.contains(['?', '#']) {
        errors.push(whole, "a path contains no query and no fragment; take query parameters with `Query<T>`");
        return None;
    }
    if path.contains(char::is_whitespace) {
        errors.push(whole, "a path contains no white space; write `%20` for a space");
        return None;
    }
    if let Err(error) = matchit::Router::new().insert(path.as_str(), ()) {
        use matchit::InsertError;
        let message = match error {
            InsertError::InvalidParam => {
                "a placeholder is `{name}` or `{*rest}`, with matching braces (`{{` and `}}` are literal braces)"
                    .to_owned()
            }
            InsertError::InvalidParamSegment => {
                "a segment has at most one placeholder, at its end; move the rest into a segment of its own".to_owned()
            }
            InsertError::InvalidCatchAll => {
                "`{*rest}` must be the whole last segment; move it to the end of the path".to_owned()
            }
            other => other.to_string(),
        };
        errors.push(whole, message);
        return None;
    }
    if let Some(wrong) = wrong_part(&path) {
        errors.push(inside(&literal, &wrong.part), wrong.reason);
        return None;
    }
    let placeholders = placeholders(&literal, &path);
    for (index, placeholder) in placeholders.iter().enumerate() {
        if placeholders[..index].iter().any(|earlier| earlier.name == placeholder.name) {
            errors.push(
                placeholder.span,
                format!(
                    "the path has the placeholder `{{{}}}` twice; give each placeholder its own name",
                    placeholder.name
                ),
            );
            return None;
        }
    }
    Some(Template { literal, placeholders })
}

/// A placeholder in the syntax of another router, and what to write.
fn foreign_placeholder(path: &str) -> Option<(String, String)> {
    for name in names(path) {
        let written = format!("{{{name}}}");
        let trimmed = name.trim();
        if trimmed != name {
            return Some((written, format!("a placeholder contains no white space; write `{{{trimmed}}}`")));
        }
        if let Some((name, of_type)) = name.split_once([':', '=']) {
            let message = format!(
                "a placeholder is only a name; write `{{{name}}}`, and give the argument `{name}` the type that \
                 `{of_type}` stands for",
            );
            return Some((written, message));
        }
        if let Some(name) = name.strip_suffix('?') {
            let message = format!(
                "a placeholder is never optional; write `{{{name}}}`, and declare another handler for the path without \
                 it",
            );
            return Some((written, message));
        }
    }
    // Segments in braces are placeholders of this router.
    let segment = path.split('/').find(|segment| {
        let is_in = |open, close| segment.len() > 2 && segment.starts_with(open) && segment.ends_with(close);
        segment.starts_with([':', '*']) || is_in('<', '>') || is_in('[', ']')
    })?;
    let inner = segment.trim_matches(['<', '>', '[', ']']);
    // Flask writes `<int:id>`, Rocket `<rest..>`, Next.js `[...rest]`.
    let is_rest = segment.starts_with('*') || inner.contains("..") || inner.starts_with("path:");
    let inner = inner.trim_start_matches([':', '*']).trim_matches('.');
    let name = inner.rsplit_once(':').map_or(inner, |(_, name)| name);
    let now = if is_rest { format!("{{*{name}}}") } else { format!("{{{name}}}") };
    let routers = if segment.starts_with([':', '*']) { "older" } else { "other" };
    Some((segment.to_owned(), format!("`{segment}` is the syntax of {routers} routers; write `{now}`")))
}

/// The texts between single braces.
fn names(path: &str) -> impl Iterator<Item = &str> {
    // `{{` is a literal brace.
    let masked = path.replace("{{", "\0\0").replace("}}", "\0\0");
    let starts: Vec<usize> = masked.match_indices('{').map(|(start, _)| start + 1).collect();
    starts.into_iter().filter_map(move |start| Some(&path[start..start + masked[start..].find('}')?]))
}

fn placeholders(literal: &LitStr, path: &str) -> Vec<Placeholder> {
    // The matcher has accepted the path, so every other `{` has its `}`.
    names(path)
        .map(|name| Placeholder {
            name: name.trim_start_matches('*').to_owned(),
            span: inside(literal, &format!("{{{name}}}")),
        })
        .collect()
}

/// `` `{id}`, `{name}` ``
pub(crate) fn list_placeholders(placeholders: &[Placeholder]) -> String {
    let braced: Vec<String> = placeholders.iter().map(|placeholder| format!("{{{}}}", placeholder.name)).collect();
    list(braced.iter().map(String::as_str))
}

/// The span of `part` inside the literal where the compiler allows that, else of the whole literal.
pub(super) fn inside(literal: &LitStr, part: &str) -> Span {
    let whole = literal.span();
    let Some(TokenTree::Literal(token)) = quote::ToTokens::to_token_stream(literal).into_iter().next() else {
        return whole;
    };
    let token: Literal = token;
    let Some(start) = token.to_string().find(part) else { return whole };
    token.subspan(start..start + part.len()).unwrap_or(whole)
}

impl quote::ToTokens for Template {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.literal.to_tokens(tokens);
    }
}
