//! `/`: the live page.
//!
//! One document with its style and its script inside. The `Content-Security-Policy` allows only these, by their hashes,
//! and requests to the admin surface itself.

mod event_body;
mod snapshot;

use std::sync::{Arc, LazyLock};

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use self::event_body::EventBody;
pub(crate) use self::snapshot::LiveSource;
use crate::problem::{Problem, Result};

const PAGE: &str = include_str!("page.html");

/// How many streams are open at most.
const STREAMS: usize = 16;

/// The headers of the page.
static HEADERS: LazyLock<[(header::HeaderName, HeaderValue); 5]> = LazyLock::new(|| {
    let policy = content_security_policy().parse().expect("base64 and keywords are visible ASCII");
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ]
});

/// What the live page shows, and the streams that are open.
#[derive(Debug, Clone)]
pub(super) struct LivePage {
    source: Arc<LiveSource>,
    streams: Arc<Semaphore>,
}

impl LivePage {
    pub(super) fn new(source: LiveSource) -> Self {
        Self { source: Arc::new(source), streams: Arc::new(Semaphore::new(STREAMS)) }
    }
}

pub(super) async fn page() -> impl IntoResponse {
    (HEADERS.clone(), PAGE)
}

/// A stream of server-sent events, one every two seconds. It ends when the app closes.
pub(super) async fn events(State(live): State<LivePage>) -> Result<Response> {
    let Ok(permit) = Arc::clone(&live.streams).try_acquire_owned() else {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .with_detail("too many live pages are open: close one, or try again later")
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("10")));
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::new(EventBody::new(live.source, permit))).into_response())
}

fn content_security_policy() -> String {
    let [style, script] = ["style", "script"].map(|tag| base64(&Sha256::digest(inside(tag))));
    format!(
        "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
}

/// The text of the only element with this tag.
fn inside(tag: &str) -> &'static str {
    let (_, after) = PAGE.split_once(&format!("<{tag}>")).expect("the page has this element");
    after.split_once(&format!("</{tag}>")).expect("the element ends").0
}

/// Base64 with padding (RFC 4648 §4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let quads = bytes.chunks(3).flat_map(|chunk| {
        let bits = (0..3).fold(0, |bits, index| bits << 8 | usize::from(chunk.get(index).copied().unwrap_or(0)));
        (0..4).map(move |digit| match digit <= chunk.len() {
            true => char::from(DIGITS[bits >> (18 - 6 * digit) & 63]),
            false => '=',
        })
    });
    quads.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }
}
