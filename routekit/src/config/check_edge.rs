//! Checks of the origins that CORS and CSRF trust.

use super::settings::Config;
use crate::edge::web_origin;

/// Any origin.
const ANY: &str = "*";

/// Reports a key of CORS whose value exposes more than it says, or nothing, with the reason.
pub(super) fn origins(config: &Config) -> Result<(), (&'static str, String)> {
    let Some(origins) = &*config.cors_origins else { return Ok(()) };
    let wrong = |reason: String| Err(("cors.origins", reason));
    if origins.is_empty() {
        return wrong("empty; `off` switches CORS off".to_owned());
    }
    if origins.len() == 1 && origins[0] == ANY {
        if *config.cors_credentials {
            let reason = "any origin cannot be combined with `cors.credentials`: every page could act as its visitors \
                          and read the responses; name the origins";
            return wrong(reason.to_owned());
        }
    } else if let Some(reason) = invalid_origin(origins) {
        return wrong(reason);
    }
    if *config.cors_credentials && config.cors_expose_headers.iter().any(|name| name.as_str() == ANY) {
        let reason = "`*` cannot be combined with `cors.credentials`, with which it is the name of a header; name them";
        return Err(("cors.expose_headers", reason.to_owned()));
    }
    Ok(())
}

/// Why one of these is the origin of no page.
pub(super) fn invalid_origin(origins: &[String]) -> Option<String> {
    origins.iter().find_map(|origin| web_origin(origin).err())
}
