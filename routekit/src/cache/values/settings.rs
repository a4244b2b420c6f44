//! What a cache's builder says of values, and which of them are being filled beside a flight.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use crate::cache::Cache;

/// How long values are fresh unless somebody says otherwise.
const DEFAULT_TTL: Duration = Duration::from_secs(300);

/// What a builder says of values.
#[derive(Debug, Clone)]
pub(in crate::cache) struct Settings {
    /// Before the key of each value.
    pub(in crate::cache) key_prefix: String,
    /// As the program said it; routes without a `ttl` have it as well.
    pub(in crate::cache) default_ttl: Option<Duration>,
    /// Longer keys are hashed.
    pub(in crate::cache) max_key_length: usize,
    /// Longer values are compressed.
    pub(in crate::cache) compression_threshold: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            key_prefix: "api:cache:".to_owned(),
            default_ttl: None,
            max_key_length: 250,
            compression_threshold: 1024,
        }
    }
}

impl Settings {
    pub(super) fn ttl(&self) -> Duration {
        self.default_ttl.unwrap_or(DEFAULT_TTL)
    }
}

/// What a cache has for its values.
#[derive(Debug, Default)]
pub(in crate::cache) struct Values {
    pub(in crate::cache) settings: Settings,
    /// How many fills are under way that lead no flight, of whatever keys.
    beside: AtomicUsize,
}

impl Values {
    pub(in crate::cache) fn new(settings: Settings) -> Self {
        Self { settings, beside: AtomicUsize::new(0) }
    }

    pub(super) fn are_filled_beside(&self) -> bool {
        self.beside.load(Ordering::SeqCst) > 0
    }
}

/// A fill that leads no flight: by this, whoever sets a value knows of it.
#[derive(Debug)]
pub(super) struct Beside(Cache);

impl Beside {
    /// To be had before the stamp is read.
    pub(super) fn new(cache: &Cache) -> Self {
        cache.values().beside.fetch_add(1, Ordering::SeqCst);
        Self(cache.clone())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.0.values().beside.fetch_sub(1, Ordering::SeqCst);
    }
}
