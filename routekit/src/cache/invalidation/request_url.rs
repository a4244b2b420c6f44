//! The invalidations of a request with an unsafe method without a declaration (RFC 9111 §4.4): its URL, and those that
//! the response names.

use std::sync::Arc;

use axum::extract::{OriginalUri, Request};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

use crate::{
    cache::{
        headers::{
            groups,
            reference::{host_name, same_host_path},
        },
        validity::{cached_paths::CachedPaths, target::Target},
    },
    route::RequestText,
};

/// The URL that the client requested. Inside a nested router, `Request::uri` holds only the rest of the path.
pub(in crate::cache) fn requested_uri(request: &Request) -> &Uri {
    request.extensions().get::<OriginalUri>().map_or_else(|| request.uri(), |original| &original.0)
}

/// The URL of a request with an unsafe method, kept while its handler runs.
#[derive(Debug)]
pub(super) struct RequestUrl {
    requested: Uri,
    /// The number of bytes of its path before the part that the innermost router receives.
    nested: usize,
    host: Option<HeaderValue>,
    /// Whether a response can be stored for the URL.
    storable: bool,
    /// Each partition once.
    partitions: Partitions,
}

/// Most requests only have the cache's own partition.
#[derive(Debug)]
enum Partitions {
    Own(Arc<str>),
    Several(Vec<Arc<str>>),
}

impl Partitions {
    fn as_slice(&self) -> &[Arc<str>] {
        match self {
            Self::Own(own) => std::slice::from_ref(own),
            Self::Several(several) => several,
        }
    }
}

impl RequestUrl {
    /// `None` for a safe method. An unknown method is not safe.
    pub(super) fn of(own: &Arc<str>, texts: &[RequestText], storable: bool, request: &mut Request) -> Option<Self> {
        if request.method().is_safe() {
            return None;
        }
        let partitions = if texts.is_empty() {
            Partitions::Own(Arc::clone(own))
        } else {
            let mut partitions = vec![Arc::clone(own)];
            let (parts, body) = std::mem::take(request).into_parts();
            for partition in texts.iter().map(|text| text.of(&parts)) {
                if !partitions.iter().any(|known| **known == *partition) {
                    partitions.push(partition.into());
                }
            }
            *request = Request::from_parts(parts, body);
            Partitions::Several(partitions)
        };
        let (requested, host) = (requested_uri(request).clone(), request.headers().get(header::HOST).cloned());
        let nested = requested.path().strip_suffix(request.uri().path()).map_or(0, str::len);
        Some(Self { requested, nested, host, storable, partitions })
    }

    /// Adds the invalid targets; `response` holds the headers of the response, if there is one.
    ///
    /// References in the response count only at the host of the request, and if a cached route matches them: a handler
    /// may let its client control them.
    pub(super) fn add_to(&self, targets: &mut Vec<Target>, cached: &CachedPaths, response: Option<&HeaderMap>) {
        let own = self.storable.then(|| self.requested.path());
        let named = response.filter(|headers| headers.keys().any(names_more));
        let references = [header::LOCATION, header::CONTENT_LOCATION];
        let mut paths: Vec<String> = Vec::new();
        let references = named.into_iter().flat_map(|headers| references.iter().filter_map(|name| headers.get(name)));
        for path in references.filter_map(|it| same_host_path(&self.requested, self.host.as_ref(), it)) {
            if Some(&*path) != own && !paths.contains(&path) && self.may_be_stored(&path, cached) {
                paths.push(path);
            }
        }
        let hosts = if paths.is_empty() { Vec::new() } else { self.hosts() };
        let groups = named.map(groups::invalid_after).unwrap_or_default();
        for partition in self.partitions.as_slice() {
            targets.extend(own.map(|path| Target::path(Arc::clone(partition), path)));
            for path in &paths {
                targets.extend(hosts.iter().map(|host| Target::host_path(Arc::clone(partition), host, path)));
            }
            targets.extend(groups.iter().map(|name| Target::tag(Arc::clone(partition), name)));
        }
    }

    /// Whether a cached route matches the path, below where the router of this route is nested.
    fn may_be_stored(&self, path: &str, cached: &CachedPaths) -> bool {
        let nested = &self.requested.path()[..self.nested];
        path.strip_prefix(nested).is_some_and(|rest| cached.may_hold(rest))
    }

    /// The host of the request, and no host: a client may omit it.
    fn hosts(&self) -> Vec<String> {
        let mut hosts = vec![String::new(), host_name(&self.requested, self.host.as_ref())];
        hosts.dedup();
        hosts
    }
}

/// Whether a response header names further targets. One pass over the few names costs less than three look-ups.
fn names_more(name: &HeaderName) -> bool {
    *name == header::LOCATION || *name == header::CONTENT_LOCATION || *name == groups::CACHE_GROUP_INVALIDATION
}
