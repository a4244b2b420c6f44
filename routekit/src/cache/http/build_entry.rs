//! Builds the entry of a response.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::response::Response;
use http::{HeaderValue, header};

use crate::{
    cache::{
        headers::{
            groups,
            status::{CACHE_STATUS, HIT, X_CACHE, X_CACHE_KEY},
        },
        http::{
            policy::{HeadRequests, Policy},
            request::cache_request::CacheRequest,
            response::{compress::compressed, outgoing::ResponseFacts, parts::CacheTags, storable::Storing},
        },
        store::{buffered_response::BufferedResponse, stored_response::StoredResponse, variants::Variants},
        validity::{stamp::Stamp, tag::Tag},
    },
    route::spelling::Spellings,
};

/// A response that is about to be stored, without its headers.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct Fetched<'a> {
    pub(in crate::cache) body: &'a [u8],
    pub(in crate::cache) storing: &'a Storing,
    /// The headers that earlier responses of the base key vary by.
    pub(in crate::cache) variants: Option<&'a Variants>,
    /// The logical time before the handler was called.
    pub(in crate::cache) stamp: Stamp,
    /// The placeholders of the path as the handler's arguments display them.
    pub(in crate::cache) spellings: &'a Spellings,
    /// The tags of the stored response that the handler has confirmed.
    pub(in crate::cache) inherited: &'a [Tag],
    pub(in crate::cache) now: Instant,
    /// The wall clock, since 1970.
    pub(in crate::cache) at: Duration,
}

/// The entries to put into the store.
#[derive(Debug)]
pub(in crate::cache) struct ToStore {
    pub(in crate::cache) response: Arc<StoredResponse>,
    /// The request headers that responses of the base key vary by, unless the store has them already. Stored first, so
    /// that the response can be found.
    pub(in crate::cache) variants: Option<Variants>,
}

/// Builds the entry of `response`, and adds the headers that the handler has not set.
pub(in crate::cache) fn build(
    policy: &Policy,
    request: &CacheRequest,
    response: &mut Response,
    fetched: &Fetched<'_>,
) -> ToStore {
    let Fetched { storing, now, .. } = *fetched;
    let (key, varying) = request.key_of(&storing.vary, fetched.variants);
    let names = tag_names(policy, request, response, fetched.spellings);
    // By the headers of the handler: those that are added here are no reason against it.
    let gzip = policy.compress_from.and_then(|min_bytes| compressed(response, fetched.body, min_bytes));
    let facts = ResponseFacts {
        vary: &policy.rules.vary,
        status: response.status(),
        // A HEAD response has the length and the tag of content that is not available here.
        body: (policy.head_requests != HeadRequests::OwnRoute).then_some(fetched.body),
        is_compressed: gzip.is_some(),
        age: storing.age,
        now: fetched.at,
        partition: &request.partition,
        tags: &names,
        template: &policy.template,
    };
    let (added, ageing) = policy.outgoing.add(response.headers_mut(), &facts);
    let body = if gzip.is_some() { b"" } else { fetched.body };
    let mut buffered =
        BufferedResponse::new(response.status(), response.headers(), body).with_extensions(response.extensions());
    // As it will be served, so that a hit adds no headers.
    if !fetched.body.is_empty() {
        buffered.insert(header::CONTENT_LENGTH, fetched.body.len().into());
    }
    buffered.insert(X_CACHE, HIT);
    if let Some(digest) = policy.key_header(&key) {
        buffered.insert(X_CACHE_KEY, digest);
    }
    // Placeholders for the headers that are written once a second, and for those that outer layers set: a cloned map
    // has no spare capacity, and the first header that is added would move all others.
    if ageing.origin_since.is_none() {
        buffered.insert(header::AGE, storing.age.as_secs().into());
    }
    buffered.insert(CACHE_STATUS, HeaderValue::from_static(""));
    for name in policy.overwritten {
        buffered.insert(name.clone(), HeaderValue::from_static(""));
    }
    let lifetime =
        if storing.explicit { storing.lifetime } else { policy.cache.shared.jitter.shorten(storing.lifetime) };
    let mut tags = tags(policy, request, &names);
    tags.extend(fetched.inherited.iter().filter(|tag| !tags.contains(tag)).copied().collect::<Vec<_>>());
    let mut stored = StoredResponse::new(key, buffered, fetched.stamp, now, lifetime.saturating_sub(storing.age))
        .with_age(storing.age)
        .with_reuse(storing.reuse)
        .with_added(added)
        .with_ageing(ageing)
        .with_tags(tags);
    if let Some(gzip) = gzip {
        stored = stored.with_gzip(gzip);
    }
    // Kept as long as the response that is kept longest, stale or not: without the names, none can be found.
    let earlier = fetched.variants.filter(|earlier| earlier.names() == varying).map(Variants::kept_until);
    let lasts = earlier.is_some_and(|kept_until| kept_until >= stored.kept_until());
    let variants = (!varying.is_empty() && !lasts)
        .then(|| Variants::new(request.base.clone(), varying, fetched.stamp, now, stored.lifetime()));
    ToStore { response: Arc::new(stored), variants }
}

/// The tags that the response to `request` will have at least.
pub(in crate::cache) fn known_tags(policy: &Policy, request: &CacheRequest) -> Vec<Tag> {
    let names: Vec<String> = declared_names(policy, request, &Spellings::default()).collect();
    tags(policy, request, &names)
}

/// The names of the tags that the route declares, the handler adds, and `Cache-Groups` lists.
fn tag_names(policy: &Policy, request: &CacheRequest, response: &Response, spellings: &Spellings) -> Vec<String> {
    let added = response.extensions().get::<CacheTags>().into_iter().flat_map(CacheTags::names);
    let declared = declared_names(policy, request, spellings);
    declared.chain(added.map(str::to_owned)).chain(groups::of_response(response.headers())).collect()
}

/// The names of the tags that the route declares.
fn declared_names(policy: &Policy, request: &CacheRequest, spellings: &Spellings) -> impl Iterator<Item = String> {
    let (places, path, spelled) = (&policy.places, request.router_uri.path(), spellings.told());
    policy.tags.iter().flat_map(move |template| template.names(places, path, &spelled))
}

/// The tags by which the response can be invalidated: those with these names, and those of the request.
fn tags(policy: &Policy, request: &CacheRequest, names: &[String]) -> Vec<Tag> {
    let named = names.iter().map(|name| Tag::named(&request.partition, name));
    named.chain(request.tags(&policy.template).iter().copied()).collect()
}
