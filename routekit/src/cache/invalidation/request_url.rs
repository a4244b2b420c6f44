//! The invalidations of a request with an unsafe method without a declaration (RFC 9111 §4.4): its URL, and those that
//! the response names.

use std::sync::Arc;

use axum::extract::{OriginalUri, Request};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

use crate::{
    cache::{
        Cache,
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

/// The beginning of the requested path under which the innermost router is nested. That router receives the rest, or
/// `/` in place of an empty rest.
pub(super) fn nesting_prefix<'r>(requested: &'r Uri, received: &Uri) -> &'r str {
    let (requested, received) = (requested.path(), received.path());
    match requested.strip_suffix(received) {
        Some(prefix) => prefix,
        None if received == "/" => requested,
        None => "",
    }
}

/// The URL of a request with an unsafe method, kept while its handler runs. Usually without an allocation.
#[derive(Debug)]
pub(super) struct RequestUrl {
    requested: Uri,
    /// The number of bytes of its path before the part that the innermost router receives.
    nested: usize,
    host: Option<KeptHost>,
    /// Whether a response can be stored for the URL.
    storable: bool,
    /// Each partition once; `None` if that is only the cache's own.
    partitions: Option<Vec<Arc<str>>>,
}

/// The value of `Host`. A short one is copied, since a clone of a header value can allocate.
#[derive(Debug)]
enum KeptHost {
    Short { length: u8, text: [u8; 46] },
    Long(HeaderValue),
}

impl KeptHost {
    fn of(headers: &HeaderMap) -> Option<Self> {
        // Usually the first header. To search for it costs less than to hash its name.
        let (_, value) = headers.iter().find(|(name, _)| **name == header::HOST)?;
        let mut text = [0; 46];
        let short = text.get_mut(..value.len()).zip(u8::try_from(value.len()).ok());
        Some(match short {
            Some((copy, length)) => {
                copy.copy_from_slice(value.as_bytes());
                Self::Short { length, text }
            }
            None => Self::Long(value.clone()),
        })
    }

    fn value(&self) -> Option<HeaderValue> {
        match self {
            Self::Short { length, text } => HeaderValue::from_bytes(&text[..usize::from(*length)]).ok(),
            Self::Long(value) => Some(value.clone()),
        }
    }
}

impl RequestUrl {
    /// `None` for a safe method. An unknown method is not safe.
    pub(super) fn of(own: &Arc<str>, texts: &[RequestText], storable: bool, request: &mut Request) -> Option<Self> {
        if request.method().is_safe() {
            return None;
        }
        let partitions = (!texts.is_empty()).then(|| {
            let mut partitions = vec![Arc::clone(own)];
            let (parts, body) = std::mem::take(request).into_parts();
            for partition in texts.iter().map(|text| text.of(&parts)) {
                if !partitions.iter().any(|known| **known == *partition) {
                    partitions.push(partition.into());
                }
            }
            *request = Request::from_parts(parts, body);
            partitions
        });
        let (requested, host) = (requested_uri(request).clone(), KeptHost::of(request.headers()));
        let nested = nesting_prefix(&requested, request.uri()).len();
        Some(Self { requested, nested, host, storable, partitions })
    }

    /// Adds the invalid targets in these partitions, or in the cache's `own`; `response` holds the headers of the
    /// response, if there is one.
    ///
    /// References in the response count only at the host of the request, and if a cached route matches them: a handler
    /// may let its client control them.
    pub(super) fn add_to(&self, targets: &mut Vec<Target>, cache: &Cache, response: Option<&HeaderMap>) {
        let named = response.filter(|headers| headers.keys().any(names_more));
        let own = self.storable.then(|| self.requested.path());
        let partitions = self.partitions.as_deref().unwrap_or(std::slice::from_ref(&cache.partition));
        for partition in partitions {
            targets.extend(own.map(|path| Target::path(Arc::clone(partition), path)));
        }
        if let Some(headers) = named {
            self.add_named(targets, &cache.shared.paths, (partitions, own), headers);
        }
    }

    /// Adds the references of the response. A function of its own, since few responses have any.
    #[cold]
    fn add_named(
        &self,
        targets: &mut Vec<Target>,
        cached: &CachedPaths,
        (partitions, own): (&[Arc<str>], Option<&str>),
        headers: &HeaderMap,
    ) {
        let host = self.host.as_ref().and_then(KeptHost::value);
        let mut paths: Vec<String> = Vec::new();
        for reference in [header::LOCATION, header::CONTENT_LOCATION].iter().filter_map(|name| headers.get(name)) {
            let path = same_host_path(&self.requested, host.as_ref(), reference);
            let is_new = |path: &String| Some(&**path) != own && !paths.contains(path);
            paths.extend(path.filter(is_new).filter(|path| self.may_be_stored(path, cached)));
        }
        let mut hosts = vec![String::new()];
        if !paths.is_empty() {
            // The host of the request, and none: a client may leave it out.
            hosts.push(host_name(&self.requested, host.as_ref()));
            hosts.dedup();
        }
        let groups = groups::invalid_after(headers);
        for partition in partitions {
            for path in &paths {
                targets.extend(hosts.iter().map(|host| Target::host_path(Arc::clone(partition), host, path)));
            }
            targets.extend(groups.iter().map(|name| Target::tag(Arc::clone(partition), name)));
        }
    }

    /// Whether a cached route matches the path: from its beginning, or below where the router of this route is nested.
    fn may_be_stored(&self, path: &str, cached: &CachedPaths) -> bool {
        let nested = &self.requested.path()[..self.nested];
        // Below the prefix, an empty rest is received as `/`.
        let below = |rest: &str| cached.may_hold(if rest.is_empty() { "/" } else { rest });
        cached.may_hold(path) || path.strip_prefix(nested).is_some_and(below)
    }
}

/// Whether a response header names further targets. One pass over the few names costs less than three look-ups.
fn names_more(name: &HeaderName) -> bool {
    *name == header::LOCATION || *name == header::CONTENT_LOCATION || *name == groups::CACHE_GROUP_INVALIDATION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_kept_whatever_its_length() {
        assert!(KeptHost::of(&HeaderMap::new()).is_none());
        for length in [0, 1, 46, 47, 255, 300] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
            headers.insert(header::HOST, "h".repeat(length).parse().unwrap());
            let kept = KeptHost::of(&headers).and_then(|host| host.value());
            assert_eq!(kept.as_ref(), headers.get(header::HOST), "{length} bytes");
        }
    }
}
