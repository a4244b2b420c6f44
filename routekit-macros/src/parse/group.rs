//! The arguments of `group!`: a prefix, and the options that may be defaults of several routes.

use proc_macro2::{Span, TokenStream};
use syn::LitStr;

use super::{
    family::Surroundings,
    options::Options,
    path,
    raw::{self, RawOption},
};
use crate::errors::{Errors, unknown};

/// The arguments of one `group!`.
pub(crate) struct GroupArguments {
    pub(crate) prefix: Option<LitStr>,
    pub(crate) options: Options,
}

/// The options of a route that a group may set for all of its routes.
const SHARED: [&str; 12] = [
    "alert",
    "auth",
    "body_limit",
    "crate",
    "deprecated",
    "public",
    "rate_limit",
    "slo",
    "slow",
    "tags",
    "timeout",
    "version",
];

/// Reads the arguments of `group! { prefix = "/v2", OPTION… }`.
pub(crate) fn group(tokens: TokenStream, errors: &mut Errors) -> GroupArguments {
    let (mut prefix, mut options) = (None, Options::default());
    let mut once = raw::Once::default();
    let pieces = raw::split(tokens);
    if pieces.is_empty() {
        errors.push(Span::call_site(), "an empty group has no effect; write `group! { prefix = \"/v2\" }`");
    }
    for piece in pieces {
        let option = match piece.into_option() {
            Ok(option) => option,
            Err((span, message)) => {
                errors.push(span, message);
                continue;
            }
        };
        if option.name == "prefix" {
            if once.is_first(&option, errors) {
                prefix = self::prefix(&option, errors);
            }
        } else if SHARED.contains(&&*option.name) {
            if Options::may_repeat(&option.name) || once.is_first(&option, errors) {
                options.parse(&option, errors);
            }
        } else if Options::is_known(&option.name) {
            let message =
                format!("`{}` belongs to a single route; write it in the attribute of the route", option.name);
            errors.push(option.span, message);
        } else {
            let mut names = [&SHARED[..], &["prefix"]].concat();
            names.sort_unstable();
            errors.push(option.span, unknown("group option", &option.name, &names));
        }
    }
    let callers = options.callers();
    let of_no_route = Surroundings { method: None, placeholders: None, arguments: Vec::new(), output: None, callers };
    options.check(&of_no_route, errors);
    GroupArguments { prefix, options }
}

/// Reads `prefix = "/v2"`: a path without placeholders and without a slash at its end.
fn prefix(option: &RawOption, errors: &mut Errors) -> Option<LitStr> {
    let literal: LitStr = option.value("`prefix = \"/v2\"`", errors)?;
    let template = path::checked(literal, errors)?;
    let prefix = template.literal.value();
    if let Some(placeholder) = template.placeholders.first() {
        let message = "a prefix has no placeholders; write them in the path of each route, which its arguments name";
        errors.push(placeholder.span, message);
        return None;
    }
    if prefix.ends_with('/') {
        let without = prefix.trim_end_matches('/');
        let instead = if without.is_empty() { "leave `prefix` out".into() } else { format!("write `\"{without}\"`") };
        errors.push(template.literal.span(), format!("a prefix has no slash at its end; {instead}"));
        return None;
    }
    Some(template.literal)
}
