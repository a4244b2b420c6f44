//! The headers that the cache adds to a response that it stores, unless the handler has set them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::{
    cache::{
        events::edge_tags,
        headers::{date, status, targeted::CDN_CACHE_CONTROL, vary},
        store::{
            aged_headers::{Ageing, ClientTtl},
            hex::hex,
            stored_response::Added,
        },
    },
    route::CdnTags,
};

/// The information of a route for clients and CDNs.
#[derive(Debug, Clone, Default)]
pub(in crate::cache) struct Outgoing {
    /// Whether responses are for clients with an identity, because each user has separate responses, or because the
    /// route requires one.
    pub(in crate::cache) private: bool,
    /// The request headers that contain the identity, if each user has separate responses.
    pub(in crate::cache) identity_headers: Box<[HeaderName]>,
    pub(in crate::cache) client_ttl: Option<Duration>,
    pub(in crate::cache) cdn_ttl: Option<Duration>,
    pub(in crate::cache) cdn_tags: Option<CdnTags>,
    /// Whether it was already logged that the tags of a response are too long.
    pub(in crate::cache) warned: Arc<AtomicBool>,
}

/// A response that is about to be stored, without its headers.
#[derive(Debug, Clone, Copy)]
pub(in crate::cache) struct ResponseFacts<'a> {
    /// The request headers that are part of the key.
    pub(in crate::cache) vary: &'a [HeaderName],
    pub(in crate::cache) status: StatusCode,
    /// `None` for the response of a HEAD route.
    pub(in crate::cache) body: Option<&'a [u8]>,
    /// Whether the body is stored compressed.
    pub(in crate::cache) is_compressed: bool,
    pub(in crate::cache) age: Duration,
    /// The wall clock, since 1970.
    pub(in crate::cache) now: Duration,
    pub(in crate::cache) partition: &'a str,
    pub(in crate::cache) tags: &'a [String],
    /// The path template of the route, for the log.
    pub(in crate::cache) template: &'a str,
}

/// The longest list of tags that is sent to a CDN, in bytes. Clients and proxies reject heads that are much longer.
const MAX_TAGS: usize = 8 * 1024;

impl Outgoing {
    /// Adds the headers. Returns which headers it added, and which of them depend on the age of the response.
    pub(in crate::cache) fn add(&self, headers: &mut HeaderMap, response: &ResponseFacts<'_>) -> (Added, Ageing) {
        let mut added = Added::default();
        let mut ageing = Ageing { before: status::said(headers), ..Ageing::default() };
        // A recipient that stores a response records the time of its receipt (RFC 9110 §6.6.1).
        headers.entry(header::DATE).or_insert_with(|| date::format(response.now));
        if let Some(body) = response.body.filter(|_| has_etag(response.status) && !headers.contains_key(header::ETAG)) {
            headers.insert(header::ETAG, etag(headers, body));
            added.etag = true;
        }
        let purgeable = self.add_tags(headers, response);
        let private = self.private || !purgeable;
        if !says_lifetime(headers) {
            added.cache_control = true;
            ageing.client = self.client_ttl.map(|ttl| ClientTtl { ttl, private });
            // A browser revalidates each time, since no invalidation reaches it.
            headers.insert(header::CACHE_CONTROL, no_cache(private));
        }
        // Outer caches must distinguish the same requests.
        if let Some(mut said) = vary::names(headers) {
            // By which this cache chooses the form, too. It is no part of the key.
            let coding = response.is_compressed.then_some(&header::ACCEPT_ENCODING);
            for name in response.vary.iter().chain(&self.identity_headers).chain(coding) {
                if !said.contains(name) {
                    headers.append(header::VARY, HeaderValue::from_name(name.clone()));
                    said.push(name.clone());
                    added.vary_lines += 1;
                }
            }
        }
        let own_cdn_control = headers.contains_key(CDN_CACHE_CONTROL);
        if !purgeable {
            headers.insert(CDN_CACHE_CONTROL, HeaderValue::from_static("no-store"));
            added.cdn_cache_control = true;
        } else if !own_cdn_control {
            added.cdn_cache_control = self.cdn_ttl.is_some();
            ageing.cdn_ttl = self.cdn_ttl;
        }
        // A lifetime that the handler states counts from when it generated the response.
        let has_ttl = ageing.client.is_some() || ageing.cdn_ttl.is_some();
        ageing.origin_since = (has_ttl && added.cache_control && !own_cdn_control).then_some(response.now);
        ageing.write(headers, response.age.as_secs(), 0);
        (added, ageing)
    }

    /// Adds the tags for a CDN. Returns `false` if they are too long: the CDN could not purge the response, so it must
    /// not store it.
    fn add_tags(&self, headers: &mut HeaderMap, response: &ResponseFacts<'_>) -> bool {
        let is_due = |kind: &CdnTags| !response.tags.is_empty() && !headers.contains_key(kind.header());
        let Some(kind) = self.cdn_tags.filter(is_due) else { return true };
        let tags = edge_tags::header_value(kind, response.partition, response.tags);
        if tags.len() > MAX_TAGS {
            if !self.warned.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    path = response.template,
                    bytes = tags.len(),
                    tags = response.tags.len(),
                    "the tags of a response are longer than 8 KiB: they are not sent, and no CDN may store the \
                     response"
                );
            }
            return false;
        }
        headers.insert(kind.header(), tags);
        true
    }
}

/// Forbids reusing a response that is not stored here without revalidation, unless the handler has stated something
/// else.
pub(in crate::cache) fn forbid_reuse(headers: &mut HeaderMap, private: bool) {
    if !says_lifetime(headers) {
        headers.insert(header::CACHE_CONTROL, no_cache(private));
    }
}

/// Whether a response states how long caches may use it.
fn says_lifetime(headers: &HeaderMap) -> bool {
    headers.contains_key(header::CACHE_CONTROL) || headers.contains_key(header::EXPIRES)
}

fn no_cache(private: bool) -> HeaderValue {
    HeaderValue::from_static(if private { "private, no-cache" } else { "no-cache" })
}

/// Whether clients revalidate responses with this status.
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
