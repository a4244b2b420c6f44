//! The response headers that policies add.

use serde_json::{Map, Value, json};

/// A header with its description and its schema, as a component.
struct HeaderComponent {
    name: &'static str,
    text: &'static str,
    kind: &'static str,
}

const fn text(name: &'static str, text: &'static str) -> HeaderComponent {
    HeaderComponent { name, text, kind: "string" }
}

const fn number(name: &'static str, text: &'static str) -> HeaderComponent {
    HeaderComponent { name, text, kind: "integer" }
}

const ALL: [HeaderComponent; 18] = [
    number("Age", "The seconds since the response was generated (RFC 9111 §5.1)."),
    text("Cache-Control", "How caches may use the response (RFC 9111 §5.2)."),
    text("Cache-Status", "How the cache handled the request (RFC 9211)."),
    text("Content-Range", "The part of the content that the response has (RFC 9110 §14.4)."),
    text("Deprecation", "The time since which the operation is deprecated (RFC 9745)."),
    text("ETag", "The version of the content, for `If-None-Match` (RFC 9110 §8.8.3)."),
    text("Idempotency-Replayed", "`true`: the response to an earlier request with the same key."),
    text("RateLimit", "The requests that are left of each quota (draft-ietf-httpapi-ratelimit-headers-10)."),
    text("RateLimit-Policy", "The quotas (draft-ietf-httpapi-ratelimit-headers-10)."),
    number("Retry-After", "The seconds after which the client may try again (RFC 9110 §10.2.3)."),
    text("Sunset", "The time from which the operation may not answer any more (RFC 8594)."),
    text("Vary", "The request headers that the response depends on (RFC 9110 §12.5.5)."),
    text("WWW-Authenticate", "The schemes that the client can use (RFC 9110 §11.6.1)."),
    text("X-Cache", "`HIT`, `MISS`, `STALE` or `BYPASS`."),
    text("X-Correlation-Id", "The id of the request in the logs of the server."),
    number("X-RateLimit-Limit", "The quota that is closest to its end."),
    number("X-RateLimit-Remaining", "The requests that are left of it."),
    number("X-RateLimit-Reset", "The seconds until it has one more."),
];

/// All headers, for `components`. Those that no response has are removed later.
pub(super) fn components() -> Value {
    let component = |header: &HeaderComponent| {
        let value = json!({ "description": header.text, "schema": { "type": header.kind } });
        (header.name.to_owned(), value)
    };
    ALL.iter().map(component).collect::<Map<String, Value>>().into()
}

/// References to these headers.
pub(super) fn references<'a>(names: impl IntoIterator<Item = &'a str>) -> Map<String, Value> {
    let reference = |name: &str| (name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    names.into_iter().map(reference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_unique() {
        assert!(ALL.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert_eq!(components().as_object().unwrap().len(), ALL.len());
    }
}
