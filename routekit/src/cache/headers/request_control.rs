//! What a client says in `Cache-Control` (RFC 9111 §5.2.1, RFC 5861 §4) or, if there is none, in `Pragma` (RFC 9111 §5.4).

use std::time::Duration;

use http::{HeaderMap, header};

use super::directives::{self, Argument};

/// The directives of a request that a cache acts on.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) struct RequestControl {
    pub(in crate::cache) no_store: bool,
    pub(in crate::cache) no_cache: bool,
    pub(in crate::cache) only_if_cached: bool,
    pub(in crate::cache) max_age: Option<Duration>,
    pub(in crate::cache) min_fresh: Option<Duration>,
    /// [`Duration::MAX`] if the client takes what is stale by any extent.
    pub(in crate::cache) max_stale: Option<Duration>,
    pub(in crate::cache) stale_if_error: Option<Duration>,
}

impl RequestControl {
    /// Reads all lines. What is unknown is ignored. Of what is repeated, and for what is no number of seconds, the strictest reading
    /// holds: the longest `min-fresh`, which is 2^31 seconds if it is no number, so that nothing is that fresh; of the others the shortest, which is 0.
    pub(in crate::cache) fn of(headers: &HeaderMap) -> Self {
        let mut control = Self::default();
        if !headers.contains_key(header::CACHE_CONTROL) {
            for line in headers.get_all(header::PRAGMA) {
                directives::read(line.as_bytes(), |name, _| control.no_cache |= name.eq_ignore_ascii_case(b"no-cache"));
            }
            return control;
        }
        for line in headers.get_all(header::CACHE_CONTROL) {
            // A client that breaks its quotes hides directives from us alone, and does itself no good.
            directives::read(line.as_bytes(), |name, argument| control.add(name, argument));
        }
        control
    }

    fn add(&mut self, name: &[u8], argument: Option<Argument<'_>>) {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let seconds = argument.and_then(Argument::seconds);
        match () {
            () if is("no-store") => self.no_store = true,
            () if is("no-cache") => self.no_cache = true,
            () if is("only-if-cached") => self.only_if_cached = true,
            () if is("max-age") => directives::shorten(&mut self.max_age, seconds.unwrap_or_default()),
            () if is("min-fresh") => self.min_fresh = self.min_fresh.max(Some(seconds.unwrap_or(directives::LONGEST))),
            () if is("max-stale") && argument.is_none() => directives::shorten(&mut self.max_stale, Duration::MAX),
            () if is("max-stale") => directives::shorten(&mut self.max_stale, seconds.unwrap_or_default()),
            () if is("stale-if-error") => directives::shorten(&mut self.stale_if_error, seconds.unwrap_or_default()),
            () => {}
        }
    }
}
