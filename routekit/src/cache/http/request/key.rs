//! The cache key of a request.

use axum::extract::Request;
use http::Uri;

use crate::{
    cache::{
        http::policy::{HeadRequests, Policy},
        invalidation::requested_uri,
        store::key::{Key, KeyParts},
    },
    route::Audience,
};

/// The key of a request, and the partition that the route's function names.
pub(in crate::cache) fn request_key(policy: &Policy, request: &mut Request) -> (Key, Option<String>) {
    let (mut partition, mut custom) = (None, None);
    if policy.partition.is_some() || policy.key.is_some() {
        let (parts, body) = std::mem::take(request).into_parts();
        partition = policy.partition.as_ref().map(|partition| partition.of(&parts));
        custom = policy.key.as_ref().map(|key| key.of(&parts));
        *request = Request::from_parts(parts, body);
    }
    // A HEAD route has responses of its own.
    let route = if policy.head_requests == HeadRequests::OwnRoute { "HEAD" } else { &*policy.template };
    let (uri, router_uri) = (requested_uri(request), request.uri());
    let rewritten = (!is_same(uri, router_uri)).then(|| {
        let query = (uri.query() != router_uri.query()).then(|| router_uri.query());
        format!("{route} {} {query:?}", router_uri.path())
    });
    let parts = KeyParts {
        route: rewritten.as_deref().unwrap_or(route),
        partition: partition.as_deref().unwrap_or(&policy.cache.partition),
        uri,
        headers: request.headers(),
        custom: custom.as_deref(),
        vary: &policy.rules.vary,
        user: (policy.audience == Some(Audience::User)).then(|| request.extensions().get()),
    };
    (parts.key(), partition)
}

/// Usually one is a clone of the other, and shares its text.
fn is_same(one: &Uri, other: &Uri) -> bool {
    let text = |uri: &Uri| uri.path_and_query().map(|path| std::ptr::from_ref(path.as_str()));
    text(one) == text(other) && one.authority().is_none() && other.authority().is_none() || one == other
}
