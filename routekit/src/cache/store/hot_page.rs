//! Pages that a request with nothing but a URL can get from the cache.

use http::{HeaderMap, HeaderValue, Uri, header, uri::PathAndQuery};

use crate::cache::store::{
    key::{Key, part},
    request_key::{RequestKey, key_prefix},
};

/// The URL of a stored response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HotPage {
    pub(crate) host: HeaderValue,
    pub(crate) target: PathAndQuery,
}

impl HotPage {
    /// Returns the page that is stored under `key` in this partition.
    ///
    /// `None` if a GET of its URL over HTTP/1.1 with no header but `Host` has another key: the response belongs to a
    /// user, depends on request headers, was requested over HTTP/2, or its URL was rewritten.
    pub(in crate::cache) fn of(key: &Key, partition: &str) -> Option<Self> {
        let mut rest = key.as_bytes();
        let template = std::str::from_utf8(part(&mut rest)?).ok()?;
        // A template is a path. A HEAD route, a value of the program and a rewritten URL have something else here.
        if !template.starts_with('/') || template.contains(' ') {
            return None;
        }
        let _partition = part(&mut rest)?;
        let target = [part(&mut rest)?, part(&mut rest)?].concat();
        let _absolute = (part(&mut rest)?, part(&mut rest)?);
        let (_hosts, mut rest) = rest.split_first_chunk::<4>()?;
        let host = HeaderValue::from_bytes(part(&mut rest)?).ok()?;
        let page = Self { host, target: PathAndQuery::try_from(target).ok()? };
        page.has_key(key, template, partition).then_some(page)
    }

    /// Whether a request for this page has this key.
    fn has_key(&self, key: &Key, template: &str, partition: &str) -> bool {
        let headers = HeaderMap::from_iter([(header::HOST, self.host.clone())]);
        let parts = RequestKey {
            prefix: &key_prefix(template, partition),
            uri: &Uri::from(self.target.clone()),
            headers: &headers,
            custom: None,
            vary: &[],
            user: None,
        };
        // Then follows one zero of four bytes for each header of the route's `vary` that the request does not have.
        let varied = key.as_bytes().strip_prefix(parts.key().as_bytes());
        varied.is_some_and(|varied| varied.iter().all(|byte| *byte == 0))
    }
}
