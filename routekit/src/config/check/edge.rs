//! Checks of the origins that CORS and CSRF trust.

use http::Method;

use crate::{
    base::{
        setting::{Origin, Setting},
        setup_problem::{all_mistakes, did_you_mean, nearest},
    },
    config::settings::Config,
    edge::{CorsHeaders, web_origin},
};

/// Any origin.
const ANY: &str = "*";

/// The methods that pages can send, of those in the HTTP Method Registry of IANA.
const METHODS: [&str; 37] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "QUERY",
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "COPY",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "ORDERPATCH",
    "PROPFIND",
    "PROPPATCH",
    "REBIND",
    "REPORT",
    "SEARCH",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
];

/// The methods that no page can send (Fetch Standard §2.2.1).
const FORBIDDEN_METHODS: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];

/// Returns the keys of CORS whose values expose more than they say, or nothing, each with the reason.
pub(super) fn cors(config: &Config) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    let is_any = |name: &str| name == ANY;
    if let Some(reason) = config.cors_methods.as_deref().and_then(invalid_methods) {
        wrong.push(("cors.methods", reason));
    }
    if let CorsHeaders::List(names) = &*config.cors_headers
        && names.iter().any(|name| is_any(name.as_str()))
    {
        let reason = "`*` cannot stand in a list of headers; write it alone, or call `CorsPolicy::any_headers`";
        wrong.push(("cors.headers", reason.to_owned()));
    }
    let Some(origins) = &*config.cors_origins else {
        wrong.extend(without_origins(config));
        return wrong;
    };
    if origins.is_empty() {
        wrong.push(("cors.origins", "empty; `off` switches CORS off".to_owned()));
    } else if origins.len() == 1 && is_any(&origins[0]) {
        if *config.cors_credentials {
            let reason = "any origin cannot be combined with `cors.credentials`: every page could act as its visitors \
                          and read the responses; name the origins";
            wrong.push(("cors.origins", reason.to_owned()));
        }
    } else if let Some(reason) = invalid_origins(origins) {
        wrong.push(("cors.origins", reason));
    }
    if *config.cors_credentials && config.cors_expose_headers.iter().any(|name| is_any(name.as_str())) {
        let reason = "`*` cannot be combined with `cors.credentials`, with which it is the name of a header; name them";
        wrong.push(("cors.expose_headers", reason.to_owned()));
    }
    wrong
}

/// The keys that are set although nothing sets `cors.origins`. With `off`, an operator keeps them for later.
fn without_origins(config: &Config) -> impl Iterator<Item = (&'static str, String)> {
    let is_off = *config.cors_origins.origin() != Origin::Default;
    let keys = [
        ("cors.methods", is_set(&config.cors_methods)),
        ("cors.headers", is_set(&config.cors_headers)),
        ("cors.expose_headers", is_set(&config.cors_expose_headers)),
        ("cors.credentials", *config.cors_credentials),
        ("cors.max_age", is_set(&config.cors_max_age)),
    ];
    keys.into_iter().filter(move |(_, is_set)| *is_set && !is_off).map(|(name, _)| {
        (name, "no effect without `cors.origins`, the pages that it is for; `off` there switches CORS off".to_owned())
    })
}

fn is_set<T>(setting: &Setting<T>) -> bool {
    *setting.origin() != Origin::Default
}

/// Why some of these are the origin of no page.
pub(super) fn invalid_origins(origins: &[String]) -> Option<String> {
    let mistakes: Vec<String> = origins.iter().filter_map(|origin| web_origin(origin).err()).collect();
    all_mistakes(&mistakes)
}

/// Why no page can send a request with one of these methods.
fn invalid_methods(methods: &[Method]) -> Option<String> {
    if methods.is_empty() {
        return Some("empty; `declared` allows all methods that routes declare".to_owned());
    }
    let mistakes: Vec<String> = methods.iter().filter_map(|method| invalid_method(method.as_str())).collect();
    all_mistakes(&mistakes)
}

fn invalid_method(name: &str) -> Option<String> {
    let capitals = name.to_ascii_uppercase();
    if METHODS.contains(&name) {
        None
    } else if name == ANY {
        Some("`*` is no method; write `declared` for all methods that routes declare".to_owned())
    } else if METHODS.contains(&&*capitals) {
        // RFC 9110 §9.1.
        Some(format!("`{name}` is not a method, because methods are case-sensitive; write `{capitals}`"))
    } else if FORBIDDEN_METHODS.contains(&&*capitals) {
        Some(format!("no browser sends `{name}` for a page"))
    } else {
        let hint = did_you_mean(nearest(&capitals, METHODS.into_iter()));
        Some(format!("`{name}` is not a method of HTTP{hint}"))
    }
}
