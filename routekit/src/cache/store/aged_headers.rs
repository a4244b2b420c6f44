//! The headers of a stored response, updated to its age.
//!
//! Some headers depend on the age in whole seconds. They are written once for each second with a request, and not for
//! each request, which would be a sixth of the cost of a hit (`tests/benches/README.md`).

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderValue, header};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use crate::cache::{
    headers::{date, status, targeted::CDN_CACHE_CONTROL},
    store::{buffered_response::headers_size, lifetime::later},
};

/// The headers of a response that depend on its age, beside `Age`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cache) struct Ageing {
    /// The `Cache-Status` of caches closer to the handler (RFC 9211 §2).
    pub(in crate::cache) before: Option<HeaderValue>,
    /// How long a client may reuse the response, counted from when it is sent.
    pub(in crate::cache) client: Option<ClientTtl>,
    /// How long a CDN may reuse it (RFC 9213).
    pub(in crate::cache) cdn_ttl: Option<Duration>,
    /// When the response was stored, since 1970, if all lifetimes in its headers are those of the route. While it is
    /// fresh, it is then sent as by an origin server, with the current `Date` and without `Age`, because outer caches
    /// may ignore `Age`.
    pub(in crate::cache) origin_since: Option<Duration>,
}

/// How long a client may reuse a response without revalidation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cache) struct ClientTtl {
    pub(in crate::cache) ttl: Duration,
    /// Whether the response is for one user.
    pub(in crate::cache) private: bool,
}

impl Ageing {
    /// Writes `Date` and the lifetimes for clients and CDNs, `second` seconds after the response was stored, at an age
    /// of `age` seconds. If the response has an `Age`, recipients subtract it from the lifetimes (RFC 9111 §4.2.3), so
    /// it is added to them.
    pub(in crate::cache) fn write(&self, headers: &mut HeaderMap, age: u64, second: u64) {
        let subtracted = match self.origin_since {
            Some(stored) => {
                headers.remove(header::AGE);
                headers.insert(header::DATE, date::format(stored.saturating_add(Duration::from_secs(second))));
                0
            }
            None => age,
        };
        self.write_lifetimes(headers, |ttl| ttl.as_secs().saturating_add(subtracted));
    }

    /// Writes the headers of a stale response: its age, when it was generated, and an expired lifetime.
    fn write_stale(&self, headers: &mut HeaderMap, age: u64, second: u64) {
        if let Some(stored) = self.origin_since {
            let now = stored.saturating_add(Duration::from_secs(second));
            headers.insert(header::DATE, date::format(now.saturating_sub(Duration::from_secs(age))));
        }
        headers.insert(header::AGE, age.into());
        self.write_lifetimes(headers, |_| 0);
    }

    fn write_lifetimes(&self, headers: &mut HeaderMap, max_age: impl Fn(Duration) -> u64) {
        if let Some(ClientTtl { ttl, private }) = self.client {
            let max_age = max_age(ttl);
            let control = if private { format!("private, max-age={max_age}") } else { format!("max-age={max_age}") };
            headers.insert(header::CACHE_CONTROL, value(&control));
        }
        if let Some(ttl) = self.cdn_ttl {
            headers.insert(CDN_CACHE_CONTROL, value(&format!("max-age={}", max_age(ttl))));
        }
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("letters and digits are visible ASCII")
}

/// The headers of a stored response.
#[derive(Debug)]
pub(in crate::cache) struct AgedHeaders {
    ageing: Ageing,
    /// The age of the response when it was stored, in seconds.
    age: u64,
    /// How long it was fresh at that time, in seconds.
    ttl: u64,
    written: RwLock<WrittenHeaders>,
}

#[derive(Debug)]
struct WrittenHeaders {
    headers: HeaderMap,
    /// The second that the headers are written for. Times and not a number: a comparison costs less than a subtraction.
    during: Option<Range<Instant>>,
}

impl AgedHeaders {
    pub(in crate::cache) fn new(headers: HeaderMap) -> Self {
        let written = RwLock::new(WrittenHeaders { headers, during: None });
        Self { ageing: Ageing::default(), age: 0, ttl: 0, written }
    }

    pub(in crate::cache) fn lasts(&mut self, age: Duration, ttl: Duration) {
        (self.age, self.ttl) = (age.as_secs(), ttl.as_secs());
    }

    pub(in crate::cache) fn ages(&mut self, ageing: Ageing) {
        self.ageing = ageing;
    }

    /// The age of the response when it was stored.
    pub(in crate::cache) fn initial_age(&self) -> Duration {
        Duration::from_secs(self.age)
    }

    /// The headers of the response, which was stored at `stored`.
    pub(in crate::cache) fn at(&self, now: Instant, stored: Instant) -> HeaderMap {
        if let Some(written) = self.written.try_read()
            && written.during.as_ref().is_some_and(|second| second.contains(&now))
        {
            return written.headers.clone();
        }
        self.write(now, stored)
    }

    #[cold]
    fn write(&self, now: Instant, stored: Instant) -> HeaderMap {
        let second = now.saturating_duration_since(stored).as_secs();
        let age = self.age.saturating_add(second);
        let mut headers = self.get();
        headers.insert(header::AGE, age.into());
        headers.insert(status::CACHE_STATUS, status::hit(self.ageing.before.as_ref(), self.ttl(second), None));
        self.ageing.write(&mut headers, age, second);
        // A task that holds the lock writes the same headers.
        if let Some(mut written) = self.written.try_write() {
            let begins = later(stored, Duration::from_secs(second));
            let during = Some(begins..later(begins, Duration::from_secs(1)));
            *written = WrittenHeaders { headers: headers.clone(), during };
        }
        headers
    }

    /// The headers of the response if it is stale, `second` seconds after it was stored.
    pub(in crate::cache) fn stale_at(&self, second: u64) -> HeaderMap {
        let mut headers = self.get();
        self.ageing.write_stale(&mut headers, self.age.saturating_add(second), second);
        headers
    }

    /// How long the response is fresh, in seconds, `second` seconds after it was stored; negative once it is stale.
    pub(in crate::cache) fn ttl(&self, second: u64) -> i64 {
        let (ttl, second) = (i64::try_from(self.ttl), i64::try_from(second));
        ttl.unwrap_or(i64::MAX).saturating_sub(second.unwrap_or(i64::MAX))
    }

    pub(super) fn ageing(&self) -> &Ageing {
        &self.ageing
    }

    pub(in crate::cache) fn before(&self) -> Option<&HeaderValue> {
        self.ageing.before.as_ref()
    }

    /// Returns the headers. Those that depend on the age are out of date.
    pub(in crate::cache) fn get(&self) -> HeaderMap {
        self.written.read().headers.clone()
    }

    pub(in crate::cache) fn size(&self) -> usize {
        headers_size(&self.written.read().headers)
    }
}
