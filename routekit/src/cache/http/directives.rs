//! What a request wants of the cache, beside an answer.

use std::time::Duration;

use http::{HeaderMap, HeaderName, header};

use crate::cache::headers::RequestControl;

/// Which headers it has that concern a cache; most requests have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) struct Concerns(u8);

impl Concerns {
    /// For a part of an answer, or only if the client's copy is a certain one: that is the handler's business.
    const PASSES: u8 = 1;
    /// It says who asks.
    const CREDENTIALS: u8 = 2;
    /// It says which answers will do.
    const CONTROL: u8 = 4;
    /// It says what the client has already.
    const CONDITIONS: u8 = 8;

    /// One look at each header, of which there are few, costs less than a search for each name.
    #[inline]
    pub(in crate::cache) fn of(headers: &HeaderMap) -> Self {
        Self(headers.keys().fold(0, |bits, name| bits | Self::bit(name)))
    }

    #[inline]
    fn bit(name: &HeaderName) -> u8 {
        match name.as_str() {
            "range" | "if-match" | "if-unmodified-since" => Self::PASSES,
            "authorization" => Self::CREDENTIALS,
            "cache-control" | "pragma" => Self::CONTROL,
            "if-none-match" | "if-modified-since" => Self::CONDITIONS,
            _ => 0,
        }
    }

    pub(in crate::cache) fn pass(self) -> bool {
        self.0 & Self::PASSES != 0
    }

    pub(in crate::cache) fn credentials(self) -> bool {
        self.0 & Self::CREDENTIALS != 0
    }

    pub(in crate::cache) fn control(self) -> bool {
        self.0 & Self::CONTROL != 0
    }

    pub(in crate::cache) fn conditions(self) -> bool {
        self.0 & Self::CONDITIONS != 0
    }
}

/// A request that the cache has a say in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) struct Taken {
    /// Its directives are to be read.
    pub(in crate::cache) control: bool,
    /// It says what the client has already.
    pub(in crate::cache) conditions: bool,
    /// It has credentials, and nobody has said whose answers it may see: only those that say themselves that they are for all.
    pub(in crate::cache) credentials: bool,
}

impl Taken {
    /// Any fresh answer will do, as it is.
    #[inline]
    pub(in crate::cache) fn is_plain(self) -> bool {
        !self.control && !self.conditions && !self.credentials
    }
}

/// Which answers will do for a request.
#[derive(Debug, Clone, Default)]
pub(in crate::cache) struct Wishes {
    pub(in crate::cache) control: RequestControl,
    /// What the client has already: `If-None-Match`, `If-Modified-Since`.
    pub(in crate::cache) conditions: Option<HeaderMap>,
    pub(in crate::cache) credentials: bool,
}

impl Wishes {
    pub(in crate::cache) fn of(taken: Taken, headers: &HeaderMap) -> Self {
        let conditions = taken.conditions.then(|| {
            let names = [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE];
            let all = names.iter().flat_map(|name| headers.get_all(name).iter().map(move |value| (name, value)));
            all.fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value.clone());
                map
            })
        });
        let control = if taken.control { RequestControl::of(headers) } else { RequestControl::default() };
        Self { control, conditions, credentials: taken.credentials }
    }

    /// For how long a stale answer will do in place of a failure, of one that would do for so long by itself.
    pub(in crate::cache) fn stale_if_error(&self, own: Duration) -> Duration {
        self.control.stale_if_error.map_or(own, |asked| asked.max(own))
    }
}
