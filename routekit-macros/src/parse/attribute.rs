//! The whole attribute: a method, a path, and options.
//!
//! It is first cut at its commas (`raw`), so that one malformed option does not hide the next. Then each option goes to
//! its family.

use proc_macro2::{Span, TokenStream};

use super::{
    options::Options,
    path::{self, Template},
    raw,
};
use crate::{
    errors::{Errors, list, unknown},
    method::Method,
};

/// The arguments of one attribute.
pub(crate) struct Arguments {
    /// `None` if it was missing or wrong, which has been reported.
    pub(crate) method: Option<Method>,
    /// `None` if it was missing or wrong, which has been reported.
    pub(crate) path: Option<Template>,
    pub(crate) options: Options,
}

/// Reads the arguments of `#[route(METHOD, "PATH", OPTION…)]`, or of a short form, which has its method in its name.
/// What is missing is reported at `whole`, if no token is nearer.
pub(crate) fn attribute(
    short_form: Option<Method>,
    tokens: TokenStream,
    whole: Span,
    errors: &mut Errors,
) -> Arguments {
    let pieces = raw::split(tokens);
    // `route("GET", "/users")`: the first string is meant as the method.
    let quoted_method = pieces.len() > 1 && pieces[..2].iter().all(raw::Piece::is_string);
    let mut pieces = pieces.into_iter().peekable();
    let method = match short_form {
        Some(method) => Some(method),
        None => match pieces.next_if(|piece| quoted_method || !piece.is_string() && !piece.is_option()) {
            Some(piece) => method(&piece, errors),
            None => {
                let span = pieces.peek().map_or(whole, |piece| piece.span());
                errors.push(span, format!("the method is missing; write one of {}", list(Method::NAMES)));
                None
            }
        },
    };
    // A first piece that is not an option is meant as the path, and is reported as a path only.
    let path = match pieces.next_if(|piece| !piece.is_option() && !Options::is_known(&piece.to_string())) {
        Some(piece) => path::template(&piece, errors),
        None => {
            let span = pieces.peek().map_or(whole, |piece| piece.span());
            errors.push(span, "the path is missing; write a string literal such as `\"/users/{id}\"`");
            None
        }
    };

    let mut options = Options::default();
    let mut once = raw::Once::default();
    for piece in pieces {
        let option = match piece.into_option() {
            Ok(option) => option,
            Err((span, message)) => {
                errors.push(span, message);
                continue;
            }
        };
        // An unknown option is reported each time.
        let may_repeat = !Options::is_known(&option.name) || Options::may_repeat(&option.name);
        if may_repeat || once.is_first(&option, errors) {
            options.parse(&option, errors);
        }
    }
    Arguments { method, path, options }
}

fn method(piece: &raw::Piece, errors: &mut Errors) -> Option<Method> {
    let word = piece.to_string();
    let method = Method::from_word(&word);
    if method.is_none() {
        errors.push(piece.span(), unknown("method", word.trim_matches('"'), &Method::NAMES));
    }
    method
}
