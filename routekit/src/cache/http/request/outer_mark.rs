//! Marks requests that a layer of the same cache has processed.

use axum::extract::Request;

use crate::cache::cache::Cache;

/// An extension of requests that a layer of this cache has processed. Inner layers pass such a request on: they would
/// wait for themselves, or store a response that the outer layer cannot invalidate.
#[derive(Clone)]
pub(in crate::cache) struct OuterCacheMark(Cache);

impl OuterCacheMark {
    pub(in crate::cache) fn set(request: &mut Request, cache: &Cache) {
        request.extensions_mut().insert(Self(cache.clone()));
    }

    pub(in crate::cache) fn is_set(request: &Request, cache: &Cache) -> bool {
        request.extensions().get::<Self>().is_some_and(|mark| mark.0.is(cache))
    }
}
