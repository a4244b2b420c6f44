//! An attribute cut into its options, before anybody asks what they mean.

use std::fmt;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{LitStr, parse::Parse};

use crate::errors::Errors;

/// What stands between two commas.
pub(crate) struct Piece(Vec<TokenTree>);

/// `name`, `name = value` or `name(items)`.
pub(crate) struct RawOption {
    pub(crate) name: String,
    pub(crate) span: Span,
    value: Value,
}

enum Value {
    None,
    Equals(TokenStream),
    List(Group),
}

/// Cuts at top-level commas; a trailing one is fine.
pub(crate) fn split(tokens: TokenStream) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut current = Vec::new();
    // Commas inside `<…>` belong to a type: `state = Shared<A, B>`.
    let mut angles = 0_usize;
    let mut previous = ' ';
    for token in tokens {
        let mark = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match mark {
            ',' if angles == 0 => {
                pieces.push(Piece(std::mem::take(&mut current)));
                previous = ' ';
                continue;
            }
            '<' => angles += 1,
            '>' if previous != '-' && previous != '=' => angles = angles.saturating_sub(1),
            _ => {}
        }
        previous = mark;
        current.push(token);
    }
    if !current.is_empty() {
        pieces.push(Piece(current));
    }
    pieces
}

impl Piece {
    pub(crate) fn is_string(&self) -> bool {
        matches!(self.0.first(), Some(TokenTree::Literal(literal)) if literal.to_string().starts_with(['"', 'r']))
    }

    pub(crate) fn span(&self) -> Span {
        self.0.first().map_or_else(Span::call_site, TokenTree::span)
    }

    /// The piece as a single value, such as a string literal.
    pub(crate) fn parse<T: Parse>(&self) -> syn::Result<T> {
        syn::parse2(self.0.iter().cloned().collect())
    }

    pub(crate) fn into_option(self) -> Result<RawOption, (Span, String)> {
        let span = self.span();
        let mut tokens = self.0.into_iter();
        let name = match tokens.next() {
            Some(TokenTree::Ident(name)) => name.to_string(),
            Some(other) => return Err((span, format!("expected an option, found `{other}`"))),
            None => return Err((span, "expected an option, found nothing before this comma".into())),
        };
        let value = match tokens.next() {
            None => Value::None,
            Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => {
                let value: TokenStream = tokens.by_ref().collect();
                if value.is_empty() {
                    return Err((punct.span(), format!("`{name} =` wants a value")));
                }
                Value::Equals(value)
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => Value::List(group),
            Some(other) => {
                return Err((other.span(), format!("expected `=`, `(` or `,` after `{name}`, found `{other}`")));
            }
        };
        if let Some(rest) = tokens.next() {
            return Err((rest.span(), format!("expected `,` before `{rest}`")));
        }
        Ok(RawOption { name, span, value })
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens: TokenStream = self.0.iter().cloned().collect();
        write!(f, "{tokens}")
    }
}

impl RawOption {
    /// The value of `name = value`; any other form is reported with `usage`.
    pub(crate) fn value<T: Parse>(&self, usage: &str, errors: &mut Errors) -> Option<T> {
        let Value::Equals(tokens) = &self.value else {
            errors.push(self.span, format!("`{}` is written {usage}", self.name));
            return None;
        };
        match syn::parse2(tokens.clone()) {
            Ok(value) => Some(value),
            Err(error) => {
                let span = tokens.clone().into_iter().next().map_or(self.span, |token| token.span());
                errors.push(span, format!("{error}; `{}` is written {usage}", self.name));
                None
            }
        }
    }

    /// The tokens of `name(…)`; any other form is reported with `usage`.
    pub(crate) fn list(&self, usage: &str, errors: &mut Errors) -> Option<TokenStream> {
        if let Value::List(group) = &self.value {
            return Some(group.stream());
        }
        errors.push(self.span, format!("`{}` is written {usage}", self.name));
        None
    }

    /// The strings of `name = "a"` or `name("a", "b")`.
    pub(crate) fn strings(&self, usage: &str, errors: &mut Errors) -> Vec<LitStr> {
        match &self.value {
            Value::Equals(_) => self.value(usage, errors).into_iter().collect(),
            Value::List(group) => {
                let strings: Vec<LitStr> = split(group.stream())
                    .iter()
                    .filter_map(|piece| {
                        piece
                            .parse()
                            .inspect_err(|_| {
                                errors.push(
                                    piece.span(),
                                    format!("expected a string; `{}` is written {usage}", self.name),
                                );
                            })
                            .ok()
                    })
                    .collect();
                if group.stream().is_empty() {
                    errors.push(group.span(), format!("`{}` is empty; it is written {usage}", self.name));
                }
                strings
            }
            Value::None => {
                errors.push(self.span, format!("`{}` is written {usage}", self.name));
                Vec::new()
            }
        }
    }
}
