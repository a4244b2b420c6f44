//! The directives of a client for the cache.

use std::time::Duration;

use http::{HeaderMap, header};

use crate::cache::{
    headers::{RequestControl, range::RangeRequest},
    http::request::admission::RequestKind,
};

/// The responses that a client accepts.
#[derive(Debug, Clone, Default)]
pub(in crate::cache) struct ClientDirectives {
    pub(in crate::cache) control: RequestControl,
    /// The response that the client has: `If-None-Match`, `If-Modified-Since`.
    pub(in crate::cache) conditions: Option<HeaderMap>,
    /// The part of the content that the client asks for.
    pub(in crate::cache) range: Option<RangeRequest>,
    /// See [`RequestKind::credentials`].
    pub(in crate::cache) credentials: bool,
}

impl ClientDirectives {
    pub(in crate::cache) fn of(kind: RequestKind, headers: &HeaderMap) -> Self {
        let conditions = kind.conditions.then(|| {
            let names = [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE];
            let all = names.iter().flat_map(|name| headers.get_all(name).iter().map(move |value| (name, value)));
            all.fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value.clone());
                map
            })
        });
        let control = if kind.directives { RequestControl::of(headers) } else { RequestControl::default() };
        let range = if kind.range { RangeRequest::of(headers) } else { None };
        Self { control, conditions, range, credentials: kind.credentials }
    }

    /// How long after it became stale a response may replace a failure, if its own limit is `own`. A client can only
    /// extend the limit.
    pub(in crate::cache) fn stale_if_error(&self, own: Duration) -> Duration {
        self.control.stale_if_error.map_or(own, |accepted| accepted.max(own))
    }
}
