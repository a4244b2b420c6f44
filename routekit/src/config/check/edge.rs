//! Checks of the origins that CORS and CSRF trust.

use crate::{
    config::settings::Config,
    edge::{CorsHeaders, web_origin},
};

/// Any origin.
const ANY: &str = "*";

/// Reports a key of CORS whose value exposes more than it says, or nothing, with the reason.
pub(super) fn cors(config: &Config) -> Result<(), (&'static str, String)> {
    let wrong = |name, reason: &str| Err((name, reason.to_owned()));
    let is_any = |name: &str| name == ANY;
    if let Some(methods) = &*config.cors_methods {
        if methods.is_empty() {
            return wrong("cors.methods", "empty; `declared` allows all methods that routes declare");
        }
        if methods.iter().any(|method| is_any(method.as_str())) {
            return wrong("cors.methods", "`*` is no method; write `declared` for all methods that routes declare");
        }
    }
    if let CorsHeaders::List(names) = &*config.cors_headers
        && names.iter().any(|name| is_any(name.as_str()))
    {
        let reason = "`*` cannot stand in a list of headers; write it alone, or call `CorsPolicy::any_headers`";
        return wrong("cors.headers", reason);
    }
    let Some(origins) = &*config.cors_origins else { return Ok(()) };
    if origins.is_empty() {
        return wrong("cors.origins", "empty; `off` switches CORS off");
    }
    if origins.len() == 1 && is_any(&origins[0]) {
        if *config.cors_credentials {
            let reason = "any origin cannot be combined with `cors.credentials`: every page could act as its visitors \
                          and read the responses; name the origins";
            return wrong("cors.origins", reason);
        }
    } else if let Some(reason) = invalid_origin(origins) {
        return wrong("cors.origins", &reason);
    }
    if *config.cors_credentials && config.cors_expose_headers.iter().any(|name| is_any(name.as_str())) {
        let reason = "`*` cannot be combined with `cors.credentials`, with which it is the name of a header; name them";
        return wrong("cors.expose_headers", reason);
    }
    Ok(())
}

/// Why one of these is the origin of no page.
pub(super) fn invalid_origin(origins: &[String]) -> Option<String> {
    origins.iter().find_map(|origin| web_origin(origin).err())
}
