//! How a program wants a value to be kept.

use std::time::Duration;

/// How a value is kept: for how long, with which tags, in which format.
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
    /// The tags that it can be invalidated by; routes use the same tags. Defaults to none.
    pub tags: Vec<String>,
    /// How long it is returned at once while it is filled again, after it has become stale. Defaults to not at all.
    pub stale_while_revalidate: Option<Duration>,
    /// Whether it may be compressed. Has an effect with the feature `cache-compression`. Defaults to true.
    pub compress: bool,
    /// How it is written. Defaults to JSON.
    pub format: Format,
}

/// How a value is written. What is kept says the format, so that readers need not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// JSON (RFC 8259), by [`serde_json`].
    #[default]
    Json,
    /// [MessagePack](https://msgpack.org), with the names of struct fields: smaller, and for maps whose keys are not
    /// strings.
    #[cfg(feature = "cache-messagepack")]
    MessagePack,
}

impl CacheOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self { ttl: None, tags: Vec::new(), stale_while_revalidate: None, compress: true, format: Format::default() }
    }

    /// How long the value is fresh; the cache's [`ttl_jitter`](crate::cache::CacheBuilder::ttl_jitter) shortens it.
    /// With zero, callers that wait for the same fill receive the value, and it is not kept.
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

    /// For this long after it has become stale, [`get_or_fill`](crate::cache::Cache::get_or_fill) returns the value at
    /// once and fills it again in the background (after RFC 5861 §3).
    #[must_use]
    pub fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.stale_while_revalidate = Some(window);
        self
    }

    /// Whether it may be compressed if that makes it smaller.
    #[must_use]
    pub fn compress(mut self, compress: bool) -> Self {
        self.compress = compress;
        self
    }

    /// How it is written.
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
