//! An answer that can be given more than once.

use std::fmt;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{observe::Failure, problem::Problem};

/// An answer that can be given more than once: its content is at hand.
#[derive(Clone)]
pub struct Snapshot {
    pub(in crate::cache) status: StatusCode,
    pub(in crate::cache) headers: HeaderMap,
    pub(in crate::cache) body: Bytes,
    /// What an error answer renders again for each request that it is given to.
    pub(in crate::cache) problem: Option<Problem>,
    pub(in crate::cache) failure: Option<Failure>,
}

impl Snapshot {
    /// An answer of these. Headers that concern only one connection are left out (RFC 9110 §7.6.1, RFC 9111 §3.1).
    #[must_use]
    pub fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        // Copied, so that no more is kept than what is counted: a short value may be a piece of something large.
        let headers = lasting(headers).map(|(name, value)| (name.clone(), copy(value))).collect();
        Self { status, headers, body: Bytes::copy_from_slice(body), problem: None, failure: None }
    }

    /// With what travels beside an error answer.
    pub(in crate::cache) fn with_extensions(mut self, extensions: &http::Extensions) -> Self {
        // Its cause has been logged, and may be anything.
        self.problem = extensions.get::<Problem>().map(Problem::without_cause);
        self.failure = extensions.get().copied();
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The content.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Adds a header to all answers, in place of those of its name.
    pub(in crate::cache) fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// As an answer; without its content where only the head was asked for.
    pub(in crate::cache) fn respond(&self, head: bool) -> Response {
        self.respond_with(self.headers.clone(), head)
    }

    /// The same with these headers.
    pub(in crate::cache) fn respond_with(&self, headers: HeaderMap, head: bool) -> Response {
        let mut response = Response::new(if head { Body::empty() } else { Body::from(self.body.clone()) });
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        if head && !self.body.is_empty() {
            response.headers_mut().entry(header::CONTENT_LENGTH).or_insert_with(|| self.body.len().into());
        }
        if let Some(problem) = &self.problem {
            response.extensions_mut().insert(problem.clone());
        }
        if let Some(failure) = self.failure {
            response.extensions_mut().insert(failure);
        }
        response
    }

    /// Bytes that it takes in memory beside its headers.
    pub(in crate::cache) fn content_size(&self) -> usize {
        // A problem has what its document says once more, in maps.
        let contents = if self.problem.is_some() { 1 + PROBLEM } else { 1 };
        self.body.len() * contents
    }
}

/// Bytes that headers take in memory.
pub(in crate::cache) fn headers_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER).sum()
}

/// What a header takes beside its text: its place in the map, and the pieces of memory of its value.
const HEADER: usize = 176;

/// How many times its document a problem takes.
const PROBLEM: usize = 4;

/// The headers that do not concern one connection alone.
pub(in crate::cache) fn lasting(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    let connection = headers.get_all(header::CONNECTION).iter();
    let named: Vec<HeaderName> = connection
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    headers.iter().filter(move |(name, _)| !HOP_BY_HOP.contains(name) && !named.contains(name))
}

/// Those that this is about, beside whatever `Connection` names.
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
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).expect("a header's value is one");
    copy.set_sensitive(value.is_sensitive());
    copy
}

impl fmt::Debug for Snapshot {
    /// Without the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
