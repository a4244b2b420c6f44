//! The path of a route: a template in axum 0.8's syntax, checked by the matcher that axum itself uses.

use proc_macro2::{Literal, Span, TokenStream, TokenTree};
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
    let path = literal.value();
    let whole = literal.span();
    if !path.starts_with('/') {
        errors.push(whole, format!("a path starts with `/`; write `\"/{path}\"`"));
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
    if let Some(segment) = path.split('/').find(|segment| segment.starts_with([':', '*'])) {
        let name = &segment[1..];
        let now = if segment.starts_with(':') { format!("{{{name}}}") } else { format!("{{*{name}}}") };
        let span = inside(&literal, segment);
        errors.push(span, format!("`{segment}` is the syntax of older routers; write `{now}`"));
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

fn placeholders(literal: &LitStr, path: &str) -> Vec<Placeholder> {
    // `{{` is a literal brace; the matcher has accepted the path, so every other `{` has its `}`.
    let masked = path.replace("{{", "\0\0").replace("}}", "\0\0");
    masked
        .match_indices('{')
        .filter_map(|(start, _)| {
            let end = start + masked[start..].find('}')?;
            let written = &path[start..=end];
            let name = written[1..written.len() - 1].trim_start_matches('*').to_owned();
            Some(Placeholder { name, span: inside(literal, written) })
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
