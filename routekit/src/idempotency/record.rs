//! The record of a key: the request that claimed it, and the response once there is one.

use axum::extract::OriginalUri;
use bytes::Bytes;
use http::{header, request::Parts};
use sha2::{Digest, Sha256};

use crate::cache::BufferedResponse;

/// The SHA-256 of a request: its method, host, path and query, the type and the coding of its content, and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(parts: &Parts, body: &Bytes) -> Self {
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let host = parts.headers.get(header::HOST).map(|host| host.as_bytes());
        let host = uri.authority().map(|authority| authority.as_str().as_bytes()).or(host).unwrap_or_default();
        let list = |name| {
            let lines: Vec<_> = parts.headers.get_all(name).iter().map(|line| line.as_bytes()).collect();
            lines.join(&b","[..])
        };
        let mut hash = Sha256::new();
        for part in [
            parts.method.as_str().as_bytes(),
            &host.to_ascii_lowercase(),
            uri.path().as_bytes(),
            uri.query().unwrap_or_default().as_bytes(),
            &list(header::CONTENT_TYPE),
            &list(header::CONTENT_ENCODING),
            body,
        ] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

/// The text of a record: its version, its kind, the fingerprint, and the rest.
#[derive(Debug)]
pub(super) struct ClaimRecord {
    pub(super) fingerprint: Fingerprint,
    /// `None` while the handler runs.
    pub(super) response: Option<BufferedResponse>,
}

const VERSION: u8 = 1;
const RUNNING: u8 = 0;
const ANSWERED: u8 = 1;

impl ClaimRecord {
    /// The text of a claim, which no other claim has.
    pub(super) fn running(fingerprint: Fingerprint) -> Bytes {
        let number: u128 = fastrand::u128(..);
        [&[VERSION, RUNNING][..], &fingerprint.0, &number.to_le_bytes()].concat().into()
    }

    pub(super) fn answered(fingerprint: Fingerprint, response: &BufferedResponse) -> Bytes {
        [&[VERSION, ANSWERED][..], &fingerprint.0, &response.to_bytes()].concat().into()
    }

    /// `None` if the text is not a record of this version.
    pub(super) fn read(text: &Bytes) -> Option<Self> {
        let (version, rest) = text.split_first()?;
        let (kind, rest) = rest.split_first()?;
        let (fingerprint, rest) = rest.split_first_chunk()?;
        let response = match (*version, *kind) {
            (VERSION, RUNNING) => None,
            (VERSION, ANSWERED) => Some(BufferedResponse::from_bytes(&text.slice_ref(rest))?),
            _ => return None,
        };
        Some(Self { fingerprint: Fingerprint(*fingerprint), response })
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Request, StatusCode};

    use super::*;

    fn fingerprint(request: http::request::Builder, body: &'static str) -> Fingerprint {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Fingerprint::of(&parts, &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn fingerprint_differs_if_a_part_of_the_request_does() {
        let post = || Request::post("/orders?a=1").header("host", "shop.example").header("content-type", "text/plain");
        let first = fingerprint(post(), "body");
        assert_eq!(fingerprint(post().header("user-agent", "another").header("authorization", "new"), "body"), first);
        let upper = Request::post("/orders?a=1").header("host", "Shop.Example").header("content-type", "text/plain");
        assert_eq!(fingerprint(upper, "body"), first);
        for (name, request, body) in [
            ("body", post(), "bodY"),
            ("empty body", post(), ""),
            ("method", post().method("PUT"), "body"),
            ("query", post().uri("/orders?a=2"), "body"),
            ("no query", post().uri("/orders"), "body"),
            ("path", post().uri("/order?a=1"), "body"),
            ("host", Request::post("/orders?a=1").header("content-type", "text/plain"), "body"),
            ("coding", post().header("content-encoding", "gzip"), "body"),
            ("type", Request::post("/orders?a=1").header("host", "shop.example"), "body"),
        ] {
            assert_ne!(fingerprint(request, body), first, "{name}");
        }
    }

    #[test]
    fn record_is_the_same_after_a_round_trip() {
        let fingerprint = fingerprint(Request::post("/"), "body");
        let running = ClaimRecord::running(fingerprint);
        assert_ne!(running, ClaimRecord::running(fingerprint), "each claim has a number");
        let read = ClaimRecord::read(&running).unwrap();
        assert!(read.fingerprint == fingerprint && read.response.is_none());
        let response = BufferedResponse::new(StatusCode::CREATED, &HeaderMap::new(), b"made");
        let read = ClaimRecord::read(&ClaimRecord::answered(fingerprint, &response)).unwrap();
        let response = read.response.unwrap();
        assert_eq!((response.status(), &response.body()[..]), (StatusCode::CREATED, &b"made"[..]));
        for broken in [&b""[..], b"\x01", b"\x02\x00", &running[..20], &[9; 60]] {
            assert!(ClaimRecord::read(&Bytes::copy_from_slice(broken)).is_none());
        }
    }
}
