//! The headers of a stored answer as they are given out.
//!
//! Some of them say how old the answer is, in whole seconds. They are written once for each second in which somebody asks, and not for
//! each request.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::cache::{snapshot::headers_size, status};

/// RFC 9213.
pub(in crate::cache) const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// What of the headers depends on how old the answer is, beside `Age`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cache) struct Ageing {
    /// What caches further in have said of it (RFC 9211 §2).
    pub(in crate::cache) before: Option<HeaderValue>,
    /// For how long a client may use it, from when it is given out.
    pub(in crate::cache) client: Option<ClientTtl>,
    /// The same for an edge (RFC 9213).
    pub(in crate::cache) cdn_ttl: Option<Duration>,
}

/// For how long clients may use an answer without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) struct ClientTtl {
    pub(in crate::cache) ttl: Duration,
    /// Whether it is for one user only.
    pub(in crate::cache) private: bool,
}

impl Ageing {
    /// Writes for how long it may be used. A client counts from when it was made (RFC 9111 §4.2.3), so what it is as old as is added.
    pub(in crate::cache) fn write(&self, headers: &mut HeaderMap, age: u64) {
        if let Some(ClientTtl { ttl, private }) = self.client {
            let max_age = ttl.as_secs().saturating_add(age);
            let control = if private { format!("private, max-age={max_age}") } else { format!("max-age={max_age}") };
            headers.insert(header::CACHE_CONTROL, value(&control));
        }
        if let Some(ttl) = self.cdn_ttl {
            headers.insert(CDN_CACHE_CONTROL, value(&format!("max-age={}", ttl.as_secs().saturating_add(age))));
        }
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("letters and digits are visible")
}

/// The headers of a stored answer.
#[derive(Debug)]
pub(in crate::cache) struct Head {
    ageing: Ageing,
    /// How old it was when it was stored, in seconds.
    age: u64,
    /// For how long it was fresh then, in seconds.
    ttl: u64,
    written: RwLock<Written>,
}

#[derive(Debug)]
struct Written {
    headers: HeaderMap,
    /// How many seconds after it was stored they are true.
    at: Option<u64>,
}

impl Head {
    pub(in crate::cache) fn new(headers: HeaderMap) -> Self {
        let written = RwLock::new(Written { headers, at: None });
        Self { ageing: Ageing::default(), age: 0, ttl: 0, written }
    }

    pub(in crate::cache) fn lasts(&mut self, age: Duration, ttl: Duration) {
        (self.age, self.ttl) = (age.as_secs(), ttl.as_secs());
    }

    pub(in crate::cache) fn ages(&mut self, ageing: Ageing) {
        self.ageing = ageing;
    }

    /// How old it was when it was stored.
    pub(in crate::cache) fn initial_age(&self) -> Duration {
        Duration::from_secs(self.age)
    }

    /// The headers so many seconds after it was stored.
    pub(in crate::cache) fn at(&self, second: u64) -> HeaderMap {
        if let Ok(written) = self.written.try_read()
            && written.at == Some(second)
        {
            return written.headers.clone();
        }
        self.write(second)
    }

    #[cold]
    fn write(&self, second: u64) -> HeaderMap {
        let age = self.age.saturating_add(second);
        let mut headers = self.get();
        headers.insert(header::AGE, age.into());
        headers.insert(status::CACHE_STATUS, status::hit(self.ageing.before.as_ref(), self.ttl(second), None));
        self.ageing.write(&mut headers, age);
        // Whoever is at it has the same in mind.
        if let Ok(mut written) = self.written.try_write() {
            *written = Written { headers: headers.clone(), at: Some(second) };
        }
        headers
    }

    /// For how long it is fresh so many seconds after it was stored; negative once it no longer is.
    pub(in crate::cache) fn ttl(&self, second: u64) -> i64 {
        let (ttl, second) = (i64::try_from(self.ttl), i64::try_from(second));
        ttl.unwrap_or(i64::MAX).saturating_sub(second.unwrap_or(i64::MAX))
    }

    pub(in crate::cache) fn before(&self) -> Option<&HeaderValue> {
        self.ageing.before.as_ref()
    }

    /// The headers, whatever they say about its age.
    pub(in crate::cache) fn get(&self) -> HeaderMap {
        self.written.read().unwrap_or_else(PoisonError::into_inner).headers.clone()
    }

    pub(in crate::cache) fn size(&self) -> usize {
        headers_size(&self.written.read().unwrap_or_else(PoisonError::into_inner).headers)
    }
}
