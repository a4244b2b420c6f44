//! The head of a stored response, as serde serialises it.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use serde::{Deserialize, Serialize};

use super::{
    buffered::{BufferedHead, raw},
    raw::RawBytes,
};
use crate::cache::{
    store::{
        aged_headers::{Ageing, ClientTtl},
        buffered_response::BufferedResponse,
        compressed::gzip_body::{GzipBody, GzipHead},
        stored_response::{Added, Reuse, StoredResponse},
    },
    validity::key_text::KeyText,
};

/// All of a stored response that is not in every entry, except its body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ResponseHead {
    response: BufferedHead,
    /// The age of the response when it was stored.
    pub(super) age: Duration,
    pub(super) reuse: Reuse,
    pub(super) added: Added,
    before: Option<RawBytes>,
    client_ttl: Option<ClientTtl>,
    cdn_ttl: Option<Duration>,
    origin_since: Option<Duration>,
    pub(super) key_text: Option<KeyText>,
    /// `None` if the body is not compressed.
    pub(super) gzip: Option<GzipHead>,
}

impl ResponseHead {
    pub(super) fn of(response: &StoredResponse) -> Self {
        let ageing = response.head.ageing();
        Self {
            response: BufferedHead::of(&response.response, &response.headers()),
            age: response.head.initial_age(),
            reuse: response.reuse(),
            added: response.added(),
            before: ageing.before.as_ref().map(raw),
            client_ttl: ageing.client,
            cdn_ttl: ageing.cdn_ttl,
            origin_since: ageing.origin_since,
            key_text: response.key_text.as_deref().cloned(),
            gzip: response.gzip.as_deref().and_then(GzipBody::head),
        }
    }

    /// The response with this body; `None` if a part is not valid in HTTP.
    pub(super) fn buffered(&self, body: Bytes) -> Option<BufferedResponse> {
        self.response.with_body(body)
    }

    pub(super) fn ageing(&self) -> Option<Ageing> {
        let before = match &self.before {
            Some(before) => Some(HeaderValue::from_bytes(&before.0).ok()?),
            None => None,
        };
        let Self { client_ttl: client, cdn_ttl, origin_since, .. } = *self;
        Some(Ageing { before, client, cdn_ttl, origin_since })
    }
}
