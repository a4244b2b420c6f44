//! A response that can be sent more than once.

use std::fmt;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{base::message::no_content::no_content, observe::Failure, problem::Problem};

/// A response that can be sent more than once: its body is in memory.
#[derive(Clone)]
pub struct BufferedResponse {
    pub(in crate::cache) status: StatusCode,
    pub(in crate::cache) headers: HeaderMap,
    pub(in crate::cache) body: Bytes,
    /// The problem of an error response, which is rendered again for each request.
    pub(in crate::cache) problem: Option<Problem>,
    pub(in crate::cache) failure: Option<Failure>,
}

impl BufferedResponse {
    /// Creates a response with this status, these headers and this body, which are copied. Headers that concern one
    /// connection are omitted (RFC 9110 §7.6.1, RFC 9111 §3.1).
    #[must_use]
    pub fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        // Copied, so that the memory use equals the counted size: a short value may share the memory of something
        // large.
        let headers = lasting(headers).map(|(name, value)| (name.clone(), copy(value))).collect();
        Self { status, headers, body: Bytes::copy_from_slice(body), problem: None, failure: None }
    }

    /// Keeps the extensions of an error response.
    pub(crate) fn with_extensions(mut self, extensions: &http::Extensions) -> Self {
        // The source may hold secrets.
        self.problem = extensions.get::<Problem>().map(Problem::without_source);
        self.failure = extensions.get().copied();
        self
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Sets a header, and replaces all others of that name.
    pub(crate) fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// Returns the response; without its body if `head_only`.
    pub(crate) fn respond(&self, head_only: bool) -> Response {
        self.respond_with(self.headers.clone(), &self.body, head_only)
    }

    /// The response with these headers and this body in place of its own.
    #[inline]
    pub(in crate::cache) fn respond_with(&self, headers: HeaderMap, body: &Bytes, head_only: bool) -> Response {
        let mut response = Response::new(if head_only { no_content() } else { Body::from(body.clone()) });
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        if head_only && !body.is_empty() {
            response.headers_mut().entry(header::CONTENT_LENGTH).or_insert_with(|| body.len().into());
        }
        if let Some(problem) = &self.problem {
            response.extensions_mut().insert(problem.clone());
        }
        if let Some(failure) = self.failure {
            response.extensions_mut().insert(failure);
        }
        response
    }

    /// The bytes that it takes in memory, without its headers.
    pub(in crate::cache) fn content_size(&self) -> usize {
        // The problem holds the text of the body again, in maps.
        let contents = if self.problem.is_some() { 1 + PROBLEM } else { 1 };
        self.body.len() * contents
    }
}

/// The bytes that headers take in memory.
pub(in crate::cache) fn headers_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER).sum()
}

/// The bytes that a header takes in addition to its text: its slot in the map, and the allocation of its value
/// (`tests/benches/README.md`, cache).
const HEADER: usize = 176;

/// A problem takes this many times the bytes of its document.
const PROBLEM: usize = 4;

/// The headers that do not concern one connection alone (RFC 9110 §7.6.1).
pub(in crate::cache) fn lasting(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    let connection = headers.get_all(header::CONNECTION).iter();
    let named: Vec<HeaderName> = connection
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    headers.iter().filter(move |(name, _)| !HOP_BY_HOP.contains(name) && !named.contains(name))
}

/// Headers of one connection, in addition to those that `Connection` names.
const HOP_BY_HOP: [HeaderName; 10] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-authentication-info"),
];

fn copy(value: &HeaderValue) -> HeaderValue {
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).expect("the bytes of a header value are a header value");
    copy.set_sensitive(value.is_sensitive());
    copy
}

impl fmt::Debug for BufferedResponse {
    /// Omits the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferedResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
