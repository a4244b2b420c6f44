//! What is said with a stored answer where its handler says nothing.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::cache::{
    CdnTags,
    aged_headers::{Ageing, CDN_CACHE_CONTROL, ClientTtl},
    edge_tags,
    entry::Added,
    headers::{date, vary},
    hex::hex,
    status,
};

/// What a route says.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::cache) struct Outgoing {
    /// Whether each user has answers of their own.
    pub(in crate::cache) private: bool,
    pub(in crate::cache) client_ttl: Option<Duration>,
    pub(in crate::cache) cdn_ttl: Option<Duration>,
    pub(in crate::cache) cdn_tags: Option<CdnTags>,
}

/// An answer that is about to be stored, beside its headers.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct Content<'a> {
    /// The headers of requests by which the route tells answers apart.
    pub(in crate::cache) vary: &'a [HeaderName],
    pub(in crate::cache) status: StatusCode,
    /// None where the answer is only a head.
    pub(in crate::cache) body: Option<&'a [u8]>,
    pub(in crate::cache) age: Duration,
    /// The wall clock, since 1970.
    pub(in crate::cache) now: Duration,
    pub(in crate::cache) partition: &'a str,
    pub(in crate::cache) tags: &'a [String],
}

impl Outgoing {
    /// Adds it; what it was, and what of it depends on the answer's age.
    pub(in crate::cache) fn add(&self, headers: &mut HeaderMap, content: &Content<'_>) -> (Added, Ageing) {
        let mut added = Added::default();
        let mut ageing = Ageing { before: status::said(headers), ..Ageing::default() };
        // Whoever stores an answer remembers when it came (RFC 9110 §6.6.1).
        headers.entry(header::DATE).or_insert_with(|| date::format(content.now));
        if let Some(body) = content.body.filter(|_| has_tag(content.status) && !headers.contains_key(header::ETAG)) {
            headers.insert(header::ETAG, tag(headers, body));
            added.etag = true;
        }
        if !headers.contains_key(header::CACHE_CONTROL) && !headers.contains_key(header::EXPIRES) {
            added.cache_control = true;
            ageing.client = self.client_ttl.map(|ttl| ClientTtl { ttl, private: self.private });
            // No browser is to outlive an invalidation.
            let control = if self.private { "private, no-cache" } else { "no-cache" };
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
        }
        // Whoever keeps it further out has to tell them apart, too.
        if let Some(said) = vary::names(headers) {
            for name in content.vary.iter().filter(|name| !said.contains(name)) {
                headers.append(header::VARY, HeaderValue::from_name(name.clone()));
            }
        }
        if !headers.contains_key(CDN_CACHE_CONTROL) {
            added.cdn_cache_control = self.cdn_ttl.is_some();
            ageing.cdn_ttl = self.cdn_ttl;
        }
        if let Some(kind) =
            self.cdn_tags.filter(|kind| !content.tags.is_empty() && !headers.contains_key(kind.header()))
        {
            headers.insert(kind.header(), edge_tags::header_value(kind, content.partition, content.tags));
        }
        ageing.write(headers, content.age.as_secs());
        (added, ageing)
    }
}

/// Of these, clients ask whether they have changed.
fn has_tag(status: StatusCode) -> bool {
    status == StatusCode::OK || status == StatusCode::NON_AUTHORITATIVE_INFORMATION
}

/// A tag of the content and of what it is. A weak one, as a layer further out may send it compressed (RFC 9110 §8.8.1).
fn tag(headers: &HeaderMap, body: &[u8]) -> HeaderValue {
    let mut digest = Sha256::new();
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE] {
        let value = headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
        digest.update(value.len().to_le_bytes());
        digest.update(value);
    }
    digest.update(body);
    HeaderValue::try_from(format!("W/\"{}\"", hex(&digest.finalize()[..16]))).expect("hexadecimal digits are visible")
}
