//! The configuration of a cache layer, which is created at start-up and shared by all its requests.

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use http::{HeaderName, HeaderValue};

use crate::{
    cache::{
        backend::Store,
        cache::Cache,
        coalesce::detach::BackgroundShare,
        headers::status::X_CACHE_KEY,
        http::response::{outgoing::Outgoing, storable::Rules},
        invalidation::InvalidationPlan,
        stats::counters::Counters,
        store::key::Key,
        validity::template::{Places, Template},
    },
    observe::Report,
    route::{Audience, RequestText},
};

/// The default deadline of a fetch: 30 seconds.
pub(crate) const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);

/// The size of the largest body that is stored by default: 1 MiB.
pub(in crate::cache) const DEFAULT_MAX_BODY: u64 = 1024 * 1024;

/// The configuration of a cache layer.
#[derive(Debug, Clone)]
pub(in crate::cache) struct Policy {
    pub(in crate::cache) cache: Cache,
    /// The store of the cache, as this route uses it.
    pub(in crate::cache) store: Store,
    /// The invalidations of requests with an unsafe method; created when the layer is applied.
    pub(in crate::cache) changes: Option<Arc<InvalidationPlan>>,
    /// The background work of the route; made when the layer is applied.
    pub(in crate::cache) background: BackgroundShare,
    pub(in crate::cache) rules: Rules,
    /// The size from which bodies are stored compressed; `None`: none are.
    pub(in crate::cache) compress_from: Option<u64>,
    /// The deadline of a fetch, from the call of the inner service to the end of its body.
    pub(in crate::cache) deadline: Duration,
    /// Whether responses have a digest of their key.
    pub(in crate::cache) debug_headers: bool,
    pub(in crate::cache) report: Report,
    pub(in crate::cache) stats: Arc<Counters>,
    pub(in crate::cache) head_requests: HeadRequests,
    /// Response headers that an outer layer always sets.
    pub(in crate::cache) overwritten: &'static [HeaderName],
    /// The path template of the route.
    pub(in crate::cache) template: String,
    /// The positions of the template's placeholders.
    pub(in crate::cache) places: Places,
    pub(in crate::cache) tags: Vec<Template>,
    /// The clients that share a response, if the route declares it.
    pub(in crate::cache) audience: Option<Audience>,
    pub(in crate::cache) partition: Option<RequestText>,
    pub(in crate::cache) key: Option<RequestText>,
    /// The first parts of the key; created when the layer is applied.
    pub(in crate::cache) key_prefix: Box<[u8]>,
    pub(in crate::cache) honour_client_directives: bool,
    pub(in crate::cache) outgoing: Outgoing,
}

/// The treatment of HEAD requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum HeadRequests {
    /// From the stored response to a GET, or else from the inner service, whose response is not stored. The inner
    /// service may answer HEAD differently from GET.
    FromGetOnly,
    /// From the stored response to a GET; or else the inner service is called with GET.
    FetchAsGet,
    /// The route is for HEAD only, and has separate responses.
    OwnRoute,
}

impl Policy {
    /// The digest of `key`, if debug headers are on.
    pub(in crate::cache) fn key_header(&self, key: &Key) -> Option<HeaderValue> {
        let digest = || HeaderValue::from_str(&key.digest()).expect("hexadecimal digits are visible");
        self.debug_headers.then(digest)
    }

    /// Adds that digest to a response.
    pub(in crate::cache) fn add_key_header(&self, key: &Key, response: &mut Response) {
        if let Some(digest) = self.key_header(key) {
            response.headers_mut().insert(X_CACHE_KEY, digest);
        }
    }
}
