//! The mark of a request that a layer of the same cache has seen.

use axum::extract::Request;

use crate::cache::cache::Cache;

/// In the extensions of a request that a layer of this cache has seen. A layer further in passes the request on: it
/// would wait for itself, or store what the outer layer cannot invalidate.
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
