//! What of a request its entry is found by, and made from.

use http::{HeaderMap, HeaderName, Uri};

use crate::cache::{Cache, Key, Lookup, StoreError, directives::Wishes};
use crate::identity::Identity;

/// What of a request its entry is found by, and made from.
#[derive(Debug, Clone)]
pub(in crate::cache) struct Asked {
    /// The key of the request, were it not for what answers vary by.
    pub(in crate::cache) base: Key,
    /// The key of the answer, where that is another one.
    variant: Option<Key>,
    /// The headers by which answers are known to vary.
    pub(in crate::cache) varying: Vec<HeaderName>,
    /// Of the request.
    pub(in crate::cache) headers: HeaderMap,
    pub(in crate::cache) wishes: Wishes,
    pub(in crate::cache) partition: String,
    /// What the client asked for.
    pub(in crate::cache) uri: Uri,
    /// What of it a nested router is shown.
    pub(in crate::cache) shown: Uri,
    pub(in crate::cache) identity: Option<Identity>,
}

impl Asked {
    pub(in crate::cache) fn new(
        base: Key,
        headers: HeaderMap,
        wishes: Wishes,
        partition: String,
        uris: (Uri, Uri),
    ) -> Self {
        let (uri, shown) = uris;
        let base = base.shrunk();
        Self { base, variant: None, varying: Vec::new(), headers, wishes, partition, uri, shown, identity: None }
    }

    /// The same, for no client in particular.
    pub(in crate::cache) fn again(&self) -> Self {
        let wishes = Wishes { credentials: self.wishes.credentials, ..Wishes::default() };
        Self { wishes, ..self.clone() }
    }

    /// The key of the answer, as far as it is known by what answers vary.
    pub(in crate::cache) fn key(&self) -> &Key {
        self.variant.as_ref().unwrap_or(&self.base)
    }

    /// The key of an answer that varies by these headers, beside those that are known; and all of them.
    pub(in crate::cache) fn key_of(&self, vary: &[HeaderName]) -> (Key, Vec<HeaderName>) {
        let mut names = self.varying.clone();
        names.extend(vary.iter().filter(|name| !self.varying.contains(name)).cloned());
        names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        let key = if names.is_empty() { self.base.clone() } else { self.base.variant(&names, &self.headers) };
        (key.shrunk(), names)
    }

    /// What the store has that the request may be given.
    pub(in crate::cache) async fn find(&mut self, cache: &Cache) -> Result<Lookup, StoreError> {
        let looked = cache.lookup(&self.base).await?;
        self.choose(cache, looked).await
    }

    /// The same where the store has been asked for the base key.
    pub(in crate::cache) async fn choose(&mut self, cache: &Cache, looked: Lookup) -> Result<Lookup, StoreError> {
        let variants = looked.entry().and_then(|entry| entry.variants());
        self.varying = variants.map(<[_]>::to_vec).unwrap_or_default();
        self.variant = variants.map(|names| self.base.variant(names, &self.headers));
        let looked = match &self.variant {
            Some(key) => cache.lookup(key).await?,
            None => looked,
        };
        if self.wishes.credentials && looked.entry().is_some_and(|entry| !entry.reuse().open) {
            return Ok(Lookup::Miss(looked.stamp()));
        }
        Ok(looked)
    }
}
