//! `invalidate_on("POST /v2/users")`

use syn::LitStr;

use crate::{
    errors::{Errors, list, unknown},
    method::Method,
    parse::raw::{RawOption, distinct},
};

/// Routes of unsafe methods.
pub(super) fn mutating_routes(item: &RawOption, errors: &mut Errors) -> Vec<LitStr> {
    let routes = item.strings("`invalidate_on(\"POST /v2/users\")`", errors);
    for route in &routes {
        if let Err(message) = mutating_route(&route.value()) {
            errors.push(route.span(), message);
        }
    }
    distinct(&routes, errors);
    routes
}

fn mutating_route(text: &str) -> Result<(), String> {
    const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];
    let Some((word, path)) = text.split_once(' ').filter(|(_, path)| !path.contains(char::is_whitespace)) else {
        return Err("not a route; write a method, one space and a path: `\"POST /v2/users\"`".to_owned());
    };
    let upper = word.to_uppercase();
    match Method::from_word(&word.to_lowercase()) {
        None => return Err(unknown("method", word, &METHODS)),
        Some(method) if method.is_safe() => {
            let methods = list(METHODS);
            return Err(format!(
                "a {upper} request changes nothing (RFC 9110 §9.2.1), so it invalidates nothing; write one of {methods}"
            ));
        }
        Some(_) if word != upper => return Err(format!("the method must be in upper case; write `{upper} {path}`")),
        Some(_) => {}
    }
    if !path.starts_with('/') {
        return Err(format!("a path starts with `/`; write `{word} /{path}`"));
    }
    Ok(())
}
