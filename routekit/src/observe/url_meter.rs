//! How often the URLs of a route repeat, measured only while that is of interest.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicBool, Ordering},
};

use http::Uri;
use parking_lot::Mutex;

/// The number of parameters of the query that are measured.
const PARAMETERS: usize = 8;
/// The number of pairs that are looked at in a query.
const PAIRS: usize = 32;

/// Measures the URLs of the requests to a route while it is switched on. Its memory is bounded: some 20 KB once it has
/// been on.
#[derive(Debug, Default)]
pub(crate) struct UrlMeter {
    on: AtomicBool,
    seen: Mutex<Option<Box<SeenUrls>>>,
}

#[derive(Debug, Default)]
struct SeenUrls {
    urls: Repeats,
    /// By name, in the order of their first appearance.
    parameters: Vec<(String, Repeats)>,
}

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UrlFinding {
    pub(crate) urls: RepeatCount,
    /// The parameters of the query, by name.
    pub(crate) parameters: Vec<(String, RepeatCount)>,
}

/// How many of the values that were seen were seen before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RepeatCount {
    pub(crate) seen: u64,
    pub(crate) repeated: u64,
}

/// Remembers the last value for each of some remainders of hashes, as a small cache would.
#[derive(Debug, Default)]
struct Repeats {
    count: RepeatCount,
    hashes: Vec<u64>,
}

impl UrlMeter {
    /// Switches it on or off. What was measured stays.
    pub(crate) fn switch(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    /// Measures the URL of a request, if it is on.
    #[inline]
    pub(crate) fn see(&self, uri: &Uri) {
        if self.on.load(Ordering::Relaxed) {
            self.seen.lock().get_or_insert_default().see(uri);
        }
    }

    pub(crate) fn finding(&self) -> UrlFinding {
        let seen = self.seen.lock();
        let Some(seen) = &*seen else { return UrlFinding::default() };
        let parameters = seen.parameters.iter().map(|(name, repeats)| (name.clone(), repeats.count)).collect();
        UrlFinding { urls: seen.urls.count, parameters }
    }
}

impl SeenUrls {
    fn see(&mut self, uri: &Uri) {
        self.urls.see(&uri.path_and_query().map_or("/", |path| path.as_str()), 1024);
        for pair in uri.query().into_iter().flat_map(|query| query.split('&')).take(PAIRS) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let known = self.parameters.iter().position(|(known, _)| known == name);
            let at = match known {
                Some(at) => at,
                // Names come from clients, and are shown in reports.
                None if self.parameters.len() == PARAMETERS || !is_name(name) => continue,
                None => {
                    self.parameters.push((name.to_owned(), Repeats::default()));
                    self.parameters.len() - 1
                }
            };
            self.parameters[at].1.see(&value, 128);
        }
    }
}

/// Whether it looks like the name of a parameter, and not like a text of a client.
fn is_name(name: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    (1..=32).contains(&name.len()) && name.bytes().all(is_usual)
}

impl Repeats {
    fn see(&mut self, value: &impl Hash, slots: usize) {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        // 0 is an empty slot.
        let hash = hasher.finish() | 1;
        self.hashes.resize(slots, 0);
        let slot = (hash >> 1) as usize % slots;
        self.count.seen += 1;
        self.count.repeated += u64::from(std::mem::replace(&mut self.hashes[slot], hash) == hash);
    }
}

impl RepeatCount {
    /// The share of repeated values, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(crate) fn share(self) -> f64 {
        if self.seen == 0 { 0.0 } else { self.repeated as f64 / self.seen as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn see(meter: &UrlMeter, uri: &str) {
        meter.see(&uri.parse().unwrap());
    }

    #[test]
    fn repeated_urls_and_parameters_are_counted_while_it_is_on() {
        let meter = UrlMeter::default();
        see(&meter, "/a?page=1");
        assert_eq!(meter.finding(), UrlFinding::default(), "off");
        meter.switch(true);
        for number in 0..10 {
            see(&meter, &format!("/a?page=1&token={number}"));
        }
        see(&meter, "/a?page=1&token=9");
        meter.switch(false);
        see(&meter, "/a?page=1&token=9");
        let finding = meter.finding();
        assert_eq!(finding.urls, RepeatCount { seen: 11, repeated: 1 });
        let parameters = [("page", 11, 10), ("token", 11, 1)];
        let expected = parameters.map(|(name, seen, repeated)| (name.to_owned(), RepeatCount { seen, repeated }));
        assert_eq!(finding.parameters, expected);
    }

    #[test]
    fn texts_in_place_of_names_are_not_kept() {
        let meter = UrlMeter::default();
        meter.switch(true);
        see(&meter, "/?`is_fine._Run_curl`=1&=2&ids[]=3&%20=4");
        let names: Vec<String> = meter.finding().parameters.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["ids[]"]);
    }

    #[test]
    fn memory_does_not_grow_with_what_clients_send() {
        let meter = UrlMeter::default();
        meter.switch(true);
        for number in 0..100_000 {
            see(&meter, &format!("/{number}?p{number}=1&{}=1", "long".repeat(20)));
        }
        let seen = meter.seen.lock();
        let seen = seen.as_ref().unwrap();
        assert_eq!((seen.parameters.len(), seen.urls.hashes.len()), (PARAMETERS, 1024));
    }
}
