//! The directives of a client: `Cache-Control` (RFC 9111 §5.2.1, RFC 5861 §4), or `Pragma` without it (RFC 9111 §5.4).

use std::time::Duration;

use http::{HeaderMap, header};

use super::directives::{self, DirectiveArgument};

/// The directives of a request that the cache acts on.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) struct RequestControl {
    pub(in crate::cache) no_store: bool,
    pub(in crate::cache) no_cache: bool,
    pub(in crate::cache) only_if_cached: bool,
    pub(in crate::cache) max_age: Option<Duration>,
    pub(in crate::cache) min_fresh: Option<Duration>,
    /// [`Duration::MAX`] without an argument: the client accepts any stale response.
    pub(in crate::cache) max_stale: Option<Duration>,
    pub(in crate::cache) stale_if_error: Option<Duration>,
}

impl RequestControl {
    /// Parses all lines and ignores unknown directives. If a directive is repeated, or is not a number of seconds, the
    /// strictest interpretation counts: for `min-fresh` the longest time, 2^31 seconds if it is not a number; for the
    /// others the shortest, 0 if it is not a number.
    pub(in crate::cache) fn of(headers: &HeaderMap) -> Self {
        let mut control = Self::default();
        if !headers.contains_key(header::CACHE_CONTROL) {
            for line in headers.get_all(header::PRAGMA) {
                directives::read(line.as_bytes(), |name, _| control.no_cache |= name.eq_ignore_ascii_case(b"no-cache"));
            }
            return control;
        }
        for line in headers.get_all(header::CACHE_CONTROL) {
            // Malformed quotes can only hide the client's own directives.
            directives::read(line.as_bytes(), |name, argument| control.add(name, argument));
        }
        control
    }

    fn add(&mut self, name: &[u8], argument: Option<DirectiveArgument<'_>>) {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let seconds = argument.and_then(DirectiveArgument::seconds);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn control(change: impl FnOnce(&mut RequestControl)) -> RequestControl {
        let mut control = RequestControl::default();
        change(&mut control);
        control
    }

    #[test]
    fn the_strictest_reading_of_a_directive_counts() {
        let s = |seconds| Some(Duration::from_secs(seconds));
        let rows: [(&[(&str, &str)], RequestControl); 21] = [
            (&[], control(|_| {})),
            (&[("cache-control", "NO-cache")], control(|c| c.no_cache = true)),
            (
                &[("cache-control", "no-store, only-if-cached")],
                control(|c| (c.no_store, c.only_if_cached) = (true, true)),
            ),
            (&[("pragma", "no-cache")], control(|c| c.no_cache = true)),
            (&[("pragma", "x=\"no-cache\", y")], control(|_| {})),
            (&[("pragma", "x, No-Cache")], control(|c| c.no_cache = true)),
            (&[("pragma", "no-store, max-age=0")], control(|_| {})),
            (&[("pragma", "no-cache"), ("cache-control", "max-age=9")], control(|c| c.max_age = s(9))),
            (&[("pragma", "no-cache"), ("cache-control", "")], control(|_| {})),
            (&[("cache-control", "max-age=9, max-age=\"3\"")], control(|c| c.max_age = s(3))),
            (&[("cache-control", "max-age=x")], control(|c| c.max_age = s(0))),
            (&[("cache-control", "min-fresh=9"), ("cache-control", "min-fresh=3")], control(|c| c.min_fresh = s(9))),
            (&[("cache-control", "min-fresh=-9, min-fresh=3")], control(|c| c.min_fresh = s(1 << 31))),
            (&[("cache-control", "min-fresh")], control(|c| c.min_fresh = s(1 << 31))),
            (&[("cache-control", "max-stale")], control(|c| c.max_stale = Some(Duration::MAX))),
            (&[("cache-control", "max-stale, max-stale=5")], control(|c| c.max_stale = s(5))),
            (&[("cache-control", "max-stale=")], control(|c| c.max_stale = s(0))),
            (&[("cache-control", "max-stale=1.5")], control(|c| c.max_stale = s(0))),
            (&[("cache-control", "stale-if-error=8, stale-if-error=4")], control(|c| c.stale_if_error = s(4))),
            (&[("cache-control", "stale-if-error=soon")], control(|c| c.stale_if_error = s(0))),
            (&[("cache-control", "private, s-maxage=9, x=\"no-store\"")], control(|_| {})),
        ];
        for (lines, expected) in rows {
            let mut headers = HeaderMap::new();
            for (name, line) in lines {
                headers.append(name.parse::<header::HeaderName>().unwrap(), line.parse().unwrap());
            }
            assert_eq!(RequestControl::of(&headers), expected, "{lines:?}");
        }
    }
}
