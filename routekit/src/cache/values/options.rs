//! What a program says of a value that it keeps.

use std::time::Duration;

/// How a value is kept: for how long, under which tags, in what form.
///
/// ```
/// use std::time::Duration;
/// use routekit::cache::{CacheOptions, Format};
///
/// let options = CacheOptions::new().ttl(Duration::from_secs(60)).tags(["users", "user:7"]).format(Format::MessagePack);
/// assert_eq!(options.ttl, Some(Duration::from_secs(60)));
/// assert!(options.compress);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheOptions {
    /// How long it is fresh. Defaults to the cache's [`default_ttl`](crate::cache::CacheBuilder::default_ttl).
    pub ttl: Option<Duration>,
    /// What it can be invalidated by, beside its key; the same tags as those of routes. Defaults to none.
    pub tags: Vec<String>,
    /// For how long after that it is given out at once while it is filled anew. Defaults to not at all.
    pub stale_while_revalidate: Option<Duration>,
    /// Whether it may be compressed. Defaults to true.
    pub compress: bool,
    /// How it is written. Defaults to JSON.
    pub format: Format,
}

/// How a value is written. What is kept says which it is, so that whoever reads need not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// JSON (RFC 8259), by [`serde_json`].
    #[default]
    Json,
    /// [MessagePack](https://msgpack.org), its structs with the names of their fields: smaller, and for maps whose keys are no strings.
    MessagePack,
}

impl CacheOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self { ttl: None, tags: Vec::new(), stale_while_revalidate: None, compress: true, format: Format::default() }
    }

    /// How long it is fresh, up to the cache's [`ttl_jitter`](crate::cache::CacheBuilder::ttl_jitter) less. With zero, it is given to those who ask
    /// at the same time, and not kept.
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

    /// For this long after it is no longer fresh, [`get_or_fill`](crate::cache::Cache::get_or_fill) gives it out at once, and fills anew meanwhile (after
    /// RFC 5861 §3).
    #[must_use]
    pub fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.stale_while_revalidate = Some(window);
        self
    }

    /// Whether it may be compressed where that makes it smaller.
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
