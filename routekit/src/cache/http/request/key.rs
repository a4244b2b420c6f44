//! The cache key of a request.

use std::borrow::Cow;

use axum::extract::Request;
use http::Uri;

use crate::{
    cache::{
        http::policy::{HeadRequests, Policy},
        invalidation::requested_uri,
        store::{
            key::Key,
            request_key::{RequestKey, key_prefix},
        },
    },
    route::Audience,
};

/// The key of a request, and the partition that the route's function returns.
pub(in crate::cache) fn request_key(policy: &Policy, request: &mut Request) -> (Key, Option<String>) {
    let (mut partition, mut custom) = (None, None);
    if policy.partition.is_some() || policy.key.is_some() {
        let (parts, body) = std::mem::take(request).into_parts();
        partition = policy.partition.as_ref().map(|partition| partition.of(&parts));
        custom = policy.key.as_ref().map(|key| key.of(&parts));
        *request = Request::from_parts(parts, body);
    }
    let (uri, router_uri) = (requested_uri(request), request.uri());
    let prefix = match &partition {
        None if is_same(uri, router_uri) => Cow::Borrowed(&*policy.key_prefix),
        partition => Cow::Owned(other_prefix(policy, partition.as_deref(), (uri, router_uri))),
    };
    let parts = RequestKey {
        prefix: &prefix,
        uri,
        headers: request.headers(),
        custom: custom.as_deref(),
        vary: &policy.rules.vary,
        user: (policy.audience == Some(Audience::User)).then(|| request.extensions().get()),
    };
    (parts.key(), partition)
}

/// The first parts of the keys of a layer: the route, and the partition of the cache.
pub(in crate::cache) fn own_prefix(policy: &Policy) -> Vec<u8> {
    key_prefix(route(policy), &policy.cache.partition)
}

/// The first parts of the key of a request that was rewritten, or has its own partition.
fn other_prefix(policy: &Policy, partition: Option<&str>, (uri, router_uri): (&Uri, &Uri)) -> Vec<u8> {
    let partition = partition.unwrap_or(&policy.cache.partition);
    if is_same(uri, router_uri) {
        return key_prefix(route(policy), partition);
    }
    let query = (uri.query() != router_uri.query()).then(|| router_uri.query());
    key_prefix(&format!("{} {} {query:?}", route(policy), router_uri.path()), partition)
}

/// A HEAD route has separate responses.
fn route(policy: &Policy) -> &str {
    if policy.head_requests == HeadRequests::OwnRoute { "HEAD" } else { &policy.template }
}

/// Usually one is a clone of the other, and shares its text.
fn is_same(one: &Uri, other: &Uri) -> bool {
    let text = |uri: &Uri| uri.path_and_query().map(|path| std::ptr::from_ref(path.as_str()));
    text(one) == text(other) && one.authority().is_none() && other.authority().is_none() || one == other
}
