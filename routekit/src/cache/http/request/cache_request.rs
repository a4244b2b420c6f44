//! The cache's view of a request.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::extract::Request;
use http::{HeaderMap, HeaderName, Uri, header};

use crate::{
    base::redis_waits::RedisWaits,
    cache::{
        backend::Store,
        headers::{percent, reference},
        http::{
            policy::Policy,
            request::{admission::RequestKind, directives::ClientDirectives},
            response::storable::MAX_VARYING,
        },
        invalidation::requested_uri,
        store::{contract::StoreError, key::Key, lookup_result::Lookup, variants::Variants},
        validity::{
            stamp::Stamp,
            tag::{self, Tag},
        },
    },
    identity::Identity,
    route::Audience,
};

/// The parts of a request that a stored response is found by and built from.
#[derive(Debug, Clone)]
pub(in crate::cache) struct CacheRequest {
    /// The key of the request, apart from the headers that responses vary by.
    pub(in crate::cache) base: Key,
    /// The key of the variant, if responses of the base key are known to vary.
    variant: Option<Key>,
    /// The request headers that responses of the base key are known to vary by.
    pub(in crate::cache) varying: Vec<HeaderName>,
    pub(in crate::cache) headers: HeaderMap,
    pub(in crate::cache) directives: ClientDirectives,
    pub(in crate::cache) partition: String,
    /// The URI that the client requested.
    pub(in crate::cache) uri: Uri,
    /// The URI that the route's router receives, without the prefix of a router that it is nested in.
    pub(in crate::cache) router_uri: Uri,
    /// The user, on a route with responses per user.
    pub(in crate::cache) identity: Option<Identity>,
    /// How long the request has waited for Redis.
    pub(in crate::cache) waits: RedisWaits,
    /// The tags of its response that do not depend on the handler, once they are asked for.
    tags: OnceLock<Box<[Tag]>>,
}

impl CacheRequest {
    pub(in crate::cache) fn new(
        policy: &Policy,
        (key, partition): (Key, Option<String>),
        kind: RequestKind,
        request: &mut Request,
    ) -> Self {
        let waits = policy.store.waits_of(request.extensions_mut());
        let headers = request.headers().clone();
        let is_per_user = policy.audience == Some(Audience::User);
        Self {
            base: key.shrunk(),
            variant: None,
            varying: Vec::new(),
            directives: ClientDirectives::of(kind, &headers),
            headers,
            partition: partition.unwrap_or_else(|| policy.cache.partition.to_string()),
            uri: requested_uri(request).clone(),
            router_uri: request.uri().clone(),
            identity: if is_per_user { request.extensions().get().cloned() } else { None },
            waits,
            tags: OnceLock::new(),
        }
    }

    /// The tags of the response that do not depend on the handler: its route, its path, each prefix of its path, and
    /// its user.
    pub(in crate::cache) fn tags(&self, template: &str) -> &[Tag] {
        self.tags.get_or_init(|| {
            // Decoded, so that an invalidation reaches every spelling.
            let (partition, path) = (&*self.partition, percent::decoded(self.uri.path()));
            let host = reference::host_name(&self.uri, self.headers.get(header::HOST));
            let own = [
                Tag::route(partition, template),
                Tag::decoded_path(partition, &path),
                Tag::host_path(partition, &host, &path),
            ];
            let prefixes = tag::prefixes(&path).map(|prefix| Tag::decoded_prefix(partition, prefix));
            let user = self.identity.as_ref().map(|identity| Tag::user(partition, identity));
            own.into_iter().chain(prefixes).chain(user).collect()
        })
    }

    /// The same request without a client, for which any response is acceptable, and no wait counts.
    pub(in crate::cache) fn without_client(&self) -> Self {
        let directives = ClientDirectives { credentials: self.directives.credentials, ..ClientDirectives::default() };
        Self { directives, waits: RedisWaits::uncounted(), ..self.clone() }
    }

    /// The key of the response, as far as the headers that it varies by are known.
    pub(in crate::cache) fn key(&self) -> &Key {
        self.variant.as_ref().unwrap_or(&self.base)
    }

    /// The headers that responses of the base key vary by now, for a response that varies by `vary`. Another variant
    /// may have been stored since the lookup, which counts if the store does not know the names any longer.
    pub(in crate::cache) async fn variants(
        &self,
        store: &Store,
        vary: &[HeaderName],
        (stamp, now): (Stamp, Instant),
    ) -> Option<Arc<Variants>> {
        if vary.is_empty() && self.varying.is_empty() {
            return None;
        }
        match store.lookup(&self.base, &self.waits).await {
            Ok(Lookup::VariesBy(variants, _)) => Some(variants),
            // A store may drop the names at any time, and memory that answers for Redis may not have them.
            Ok(Lookup::Miss(_)) | Err(_) if !self.varying.is_empty() => {
                // For how long they are kept is not known.
                let (key, names) = (self.base.clone(), self.varying.clone());
                Some(Arc::new(Variants::new(key, names, stamp, now, Duration::ZERO)))
            }
            Ok(_) | Err(_) => None,
        }
    }

    /// The key of a response that varies by `vary` and by the headers that earlier responses vary by, and the names of
    /// all these headers. If they are too many, the key ignores the earlier responses.
    pub(in crate::cache) fn key_of(&self, vary: &[HeaderName], earlier: Option<&Variants>) -> (Key, Vec<HeaderName>) {
        let earlier = earlier.map(Variants::names).unwrap_or_default();
        let new = vary.iter().filter(|name| !earlier.contains(name));
        let mut names: Vec<HeaderName> = earlier.iter().chain(new).cloned().collect();
        if names.len() > MAX_VARYING {
            names = vary.to_vec();
        }
        names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        let key = if names.is_empty() { self.base.clone() } else { self.base.variant(&names, &self.headers) };
        (key.shrunk(), names)
    }

    /// Looks up the response that may be served to this request.
    pub(in crate::cache) async fn lookup(&mut self, store: &Store) -> Result<Lookup, StoreError> {
        let found = store.lookup(&self.base, &self.waits).await?;
        self.select(store, found).await
    }

    /// Completes a lookup of the base key.
    pub(in crate::cache) async fn select(&mut self, store: &Store, found: Lookup) -> Result<Lookup, StoreError> {
        (self.varying, self.variant) = (Vec::new(), None);
        let found = match found {
            Lookup::VariesBy(variants, _) => {
                self.varying = variants.names().to_vec();
                let key = self.variant.insert(self.base.variant(variants.names(), &self.headers));
                store.lookup(key, &self.waits).await?
            }
            found => found,
        };
        if self.directives.credentials && found.response().is_some_and(|response| !response.reuse().open) {
            return Ok(Lookup::Miss(found.stamp()));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{
        store::{
            buffered_response::BufferedResponse, embedded::Embedded, entry::Entry, stored_response::StoredResponse,
        },
        validity::stamp::Stamp,
    };

    /// A request whose responses were known to vary by these headers.
    fn request(varying: &[HeaderName]) -> CacheRequest {
        CacheRequest {
            base: Key::new(*b"base"),
            variant: None,
            varying: varying.to_vec(),
            headers: HeaderMap::new(),
            directives: ClientDirectives::default(),
            partition: String::new(),
            uri: Uri::default(),
            router_uri: Uri::default(),
            identity: None,
            waits: RedisWaits::uncounted(),
            tags: OnceLock::new(),
        }
    }

    /// A response without `Vary` replaces variants, and a store without the names does not.
    #[tokio::test]
    async fn names_that_a_store_has_dropped_are_kept() {
        let (clock, [a, b]) = (crate::base::clock::Clock::system(), ["x-a", "x-b"].map(HeaderName::from_static));
        let (store, now) = (Store::Embedded(Arc::new(Embedded::new(1 << 20))), clock.now());
        let names = async |request: &CacheRequest, vary: &[HeaderName]| {
            let variants = request.variants(&store, vary, (Stamp::new(1), now)).await;
            variants.map(|variants| variants.names().to_vec())
        };
        let (unknown, known) = (request(&[]), request(&[a.clone(), b.clone()]));
        let vary = std::slice::from_ref(&a);
        assert_eq!(names(&unknown, vary).await, None);
        assert_eq!(names(&known, vary).await, Some(vec![a.clone(), b.clone()]));
        let empty = BufferedResponse::new(http::StatusCode::OK, &HeaderMap::new(), b"");
        let response = StoredResponse::new(known.base.clone(), empty, Stamp::new(1), now, Duration::from_secs(60));
        store.put(Entry::Response(Arc::new(response))).await.unwrap();
        assert_eq!(names(&known, vary).await, None);
    }
}
