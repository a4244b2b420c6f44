//! The headers that the cache adds to a response that it stores, where the handler has not set them.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::{
    cache::{
        events::edge_tags,
        headers::{date, status, vary},
        store::{
            aged_headers::{Ageing, CDN_CACHE_CONTROL, ClientTtl},
            hex::hex,
            stored_response::Added,
        },
    },
    route::CdnTags,
};

/// What a route says to clients and CDNs.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::cache) struct Outgoing {
    /// Each user has responses of their own.
    pub(in crate::cache) private: bool,
    pub(in crate::cache) client_ttl: Option<Duration>,
    pub(in crate::cache) cdn_ttl: Option<Duration>,
    pub(in crate::cache) cdn_tags: Option<CdnTags>,
}

/// A response that is about to be stored, apart from its headers.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct ResponseFacts<'a> {
    /// The request headers that are part of the key.
    pub(in crate::cache) vary: &'a [HeaderName],
    pub(in crate::cache) status: StatusCode,
    /// `None` for the response of a HEAD route.
    pub(in crate::cache) body: Option<&'a [u8]>,
    pub(in crate::cache) age: Duration,
    /// The wall clock, since 1970.
    pub(in crate::cache) now: Duration,
    pub(in crate::cache) partition: &'a str,
    pub(in crate::cache) tags: &'a [String],
}

impl Outgoing {
    /// Adds the headers. Returns which were added, and which of them depend on the age of the response.
    pub(in crate::cache) fn add(&self, headers: &mut HeaderMap, response: &ResponseFacts<'_>) -> (Added, Ageing) {
        let mut added = Added::default();
        let mut ageing = Ageing { before: status::said(headers), ..Ageing::default() };
        // A recipient that stores a response records when it came (RFC 9110 §6.6.1).
        headers.entry(header::DATE).or_insert_with(|| date::format(response.now));
        if let Some(body) = response.body.filter(|_| has_etag(response.status) && !headers.contains_key(header::ETAG)) {
            headers.insert(header::ETAG, etag(headers, body));
            added.etag = true;
        }
        if !headers.contains_key(header::CACHE_CONTROL) && !headers.contains_key(header::EXPIRES) {
            added.cache_control = true;
            ageing.client = self.client_ttl.map(|ttl| ClientTtl { ttl, private: self.private });
            // A browser asks each time: an invalidation does not reach it.
            let control = if self.private { "private, no-cache" } else { "no-cache" };
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
        }
        // Caches further out have to tell the same requests apart.
        if let Some(said) = vary::names(headers) {
            for name in response.vary.iter().filter(|name| !said.contains(name)) {
                headers.append(header::VARY, HeaderValue::from_name(name.clone()));
            }
        }
        if !headers.contains_key(CDN_CACHE_CONTROL) {
            added.cdn_cache_control = self.cdn_ttl.is_some();
            ageing.cdn_ttl = self.cdn_ttl;
        }
        if let Some(kind) =
            self.cdn_tags.filter(|kind| !response.tags.is_empty() && !headers.contains_key(kind.header()))
        {
            headers.insert(kind.header(), edge_tags::header_value(kind, response.partition, response.tags));
        }
        ageing.write(headers, response.age.as_secs());
        (added, ageing)
    }
}

/// Clients revalidate responses with these statuses.
fn has_etag(status: StatusCode) -> bool {
    status == StatusCode::OK || status == StatusCode::NON_AUTHORITATIVE_INFORMATION
}

/// An entity tag of the content and its type. Weak, because an outer layer may compress the content (RFC 9110 §8.8.1).
fn etag(headers: &HeaderMap, body: &[u8]) -> HeaderValue {
    let mut digest = Sha256::new();
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE] {
        let value = headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
        digest.update(value.len().to_le_bytes());
        digest.update(value);
    }
    digest.update(body);
    HeaderValue::try_from(format!("W/\"{}\"", hex(&digest.finalize()[..16]))).expect("hexadecimal digits are visible")
}
