//! The options of a stored value.

use std::time::Duration;

/// The options of a stored value: its lifetime, its tags, its format.
///
/// ```
/// use std::time::Duration;
/// use routekit::cache::CacheOptions;
///
/// let options = CacheOptions::new().ttl(Duration::from_secs(60)).tags(["users", "user:7"]);
/// assert_eq!(options.ttl, Some(Duration::from_secs(60)));
/// assert!(options.compress);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheOptions {
    /// How long the value is fresh. Defaults to the cache's
    /// [`default_ttl`](crate::cache::CacheBuilder::default_ttl).
    pub ttl: Option<Duration>,
    /// The tags by which it can be invalidated; routes use the same tags. Defaults to none.
    pub tags: Vec<String>,
    /// How long after it became stale the value is returned at once while it is filled again. Defaults to not at all.
    pub stale_while_revalidate: Option<Duration>,
    /// Whether it may be compressed. Only has an effect with the feature `cache-compression`. Defaults to true.
    pub compress: bool,
    /// The serialisation format. Defaults to JSON.
    pub format: Format,
}

/// The serialisation format of a value. The stored bytes name it, so that readers need not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// JSON (RFC 8259), by [`serde_json`].
    #[default]
    Json,
    /// [MessagePack](https://msgpack.org), with the names of struct fields. It is smaller, and allows maps whose keys
    /// are not strings.
    #[cfg(feature = "cache-messagepack")]
    MessagePack,
}

impl CacheOptions {
    /// Creates options with the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self { ttl: None, tags: Vec::new(), stale_while_revalidate: None, compress: true, format: Format::default() }
    }

    /// Sets how long the value is fresh; the cache's [`ttl_jitter`](crate::cache::CacheBuilder::ttl_jitter) shortens
    /// it. With zero, callers that wait for the same fill receive the value, and it is not stored.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Adds tags.
    #[must_use]
    pub fn tags<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.tags.extend(names.into_iter().map(Into::into));
        self
    }

    /// Sets how long after it became stale [`get_or_fill`](crate::cache::Cache::get_or_fill) returns the value at once
    /// and fills it again in the background (like RFC 5861 §3).
    #[must_use]
    pub fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.stale_while_revalidate = Some(window);
        self
    }

    /// Sets whether the value may be compressed if that makes it smaller.
    #[must_use]
    pub fn compress(mut self, compress: bool) -> Self {
        self.compress = compress;
        self
    }

    /// Sets the serialisation format.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self::new()
    }
}
