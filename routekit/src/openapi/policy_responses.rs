//! What the policies of a route, its extractors and the server answer in place of the handler.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    facts::{ApiFacts, DocumentedRoute},
    request_body::body_of,
};
use crate::{
    base::units,
    rate_limit::RateLimitHeaders,
    route::{Access, Method},
};

/// A response that does not come from the handler.
#[derive(Debug, Default)]
pub(super) struct PolicyResponse {
    pub(super) status: u16,
    /// One sentence for each reason.
    pub(super) texts: Vec<String>,
    pub(super) headers: Vec<&'static str>,
}

/// The responses of one route, by status.
#[derive(Default)]
struct Collected(BTreeMap<u16, PolicyResponse>);

impl Collected {
    fn add(&mut self, status: u16, text: impl Into<String>, headers: &[&'static str]) {
        let response = self.0.entry(status).or_default();
        response.status = status;
        response.texts.push(text.into());
        response.headers.extend(headers);
    }
}

/// All of them, in the order of their statuses.
pub(super) fn all(facts: &ApiFacts, route: &DocumentedRoute<'_>) -> impl Iterator<Item = PolicyResponse> {
    let mut found = Collected::default();
    inputs(facts, route, &mut found);
    access(facts, route, &mut found);
    limits(route, &mut found);
    stored(route, &mut found);
    handler(route, &mut found);
    found.0.into_values()
}

fn inputs(facts: &ApiFacts, route: &DocumentedRoute<'_>, found: &mut Collected) {
    let description = route.description;
    let has_body = body_of(route).is_some();
    let statuses: BTreeSet<u16> = description.inputs.iter().flat_map(|input| input.statuses.iter().copied()).collect();
    for status in statuses {
        let text = match status {
            400 => "The request is malformed: a parameter or the body cannot be read.",
            // With the access of the route, and with the size of its bodies.
            401 if *route.policies.access != Access::Public => continue,
            401 => "Credentials are missing or not valid.",
            413 if has_body => continue,
            413 => "The request is too large.",
            415 => "The body has another media type or content coding.",
            422 => "The input does not match its schema or breaks a rule; `errors` says where.",
            426 => "The request does not ask for a WebSocket.",
            _ => "The request is rejected.",
        };
        found.add(status, text, &[]);
    }
    if has_body {
        let limit = units::Bytes(*route.policies.body_limit);
        found.add(413, format!("The body is larger than {limit}."), &[]);
        found.add(408, "The body arrived too slowly.", &[]);
        if facts.decompression && !found.0.contains_key(&415) {
            found.add(415, "The body has a content coding that is not supported.", &[]);
        }
    }
    if description.upgrades() {
        found.add(101, "The connection is a WebSocket.", &[]);
    }
}

fn access(facts: &ApiFacts, route: &DocumentedRoute<'_>, found: &mut Collected) {
    match &*route.policies.access {
        Access::Public => {}
        access => {
            let text = if access.is_identified() {
                "Credentials are missing or not valid."
            } else {
                "The credentials are not valid."
            };
            found.add(401, text, &["WWW-Authenticate"]);
            found.add(503, "The credentials cannot be verified at the moment.", &[]);
        }
    }
    if let Access::Identified(requirements) = &*route.policies.access
        && !requirements.is_empty()
    {
        found.add(403, format!("The client lacks a right: {}.", *route.policies.access), &[]);
    }
    if facts.csrf && route.method.is_unsafe() && !matches!(*route.policies.access, Access::Public) {
        found.add(403, "A browser sent the request for a page of another site.", &[]);
    }
}

fn limits(route: &DocumentedRoute<'_>, found: &mut Collected) {
    if route.policies.rate_limits.iter().any(|limit| !limit.observes()) {
        found.add(429, "The client has used up its quota.", &["Retry-After"]);
    }
    if route.policies.concurrency.is_some() {
        found.add(503, "Too many requests are in progress.", &["Retry-After"]);
    }
}

fn stored(route: &DocumentedRoute<'_>, found: &mut Collected) {
    if route.policies.cache.is_some() && route.method == Method::Get {
        found.add(304, "The client has this version already.", &["Age", "Cache-Control", "ETag", "Vary"]);
        found.add(206, "A part of the content.", &["Content-Range"]);
        found.add(416, "The range is not within the content.", &["Content-Range"]);
        found.add(504, "The client wants a stored response only, and there is none.", &[]);
    }
    if let Some(policy) = &*route.policies.idempotent {
        let missing = if policy.required() { "missing or malformed" } else { "malformed" };
        found.add(400, format!("The `Idempotency-Key` is {missing}."), &[]);
        found.add(409, "A request with the same `Idempotency-Key` is in progress.", &["Retry-After"]);
        found.add(422, "The `Idempotency-Key` belongs to another request.", &[]);
        found.add(503, "The `Idempotency-Key` cannot be recorded.", &["Retry-After"]);
    }
}

fn handler(route: &DocumentedRoute<'_>, found: &mut Collected) {
    if let Some(policy) = &*route.policies.breaker
        && policy.fallback.is_none()
    {
        found.add(503, "What the operation depends on is failing.", &["Retry-After"]);
    }
    if let Some(timeout) = *route.policies.timeout {
        found.add(504, format!("The operation took longer than {}.", units::show(&timeout)), &[]);
    }
}

/// The headers of a successful response of the handler.
pub(super) fn headers_of_success(route: &DocumentedRoute<'_>) -> Vec<&'static str> {
    let mut names = Vec::new();
    if route.policies.cache.is_some() {
        names.extend(["Age", "Cache-Control", "ETag", "Vary"]);
    }
    if route.policies.idempotent.is_some() {
        names.push("Idempotency-Replayed");
    }
    names
}

/// The headers that any response of the route may have.
pub(super) fn headers_of_all(facts: &ApiFacts, route: &DocumentedRoute<'_>) -> Vec<&'static str> {
    let mut names = vec!["X-Correlation-Id"];
    if route.policies.cache.is_some() {
        names.extend(["Cache-Status", "X-Cache"]);
    }
    if let Some(deprecation) = &*route.policies.deprecation {
        names.push("Deprecation");
        names.extend(deprecation.sunset().map(|_| "Sunset"));
    }
    if route.policies.rate_limits.iter().any(|limit| !limit.observes()) {
        if matches!(facts.rate_limit_headers, RateLimitHeaders::Draft | RateLimitHeaders::Both) {
            names.extend(["RateLimit", "RateLimit-Policy"]);
        }
        if matches!(facts.rate_limit_headers, RateLimitHeaders::Legacy | RateLimitHeaders::Both) {
            names.extend(["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]);
        }
    }
    names
}
