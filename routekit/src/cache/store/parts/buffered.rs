//! A buffered response, as serde serialises it, and as bytes.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::raw::RawBytes;
use crate::{
    cache::store::{
        buffered_response::BufferedResponse,
        key::{part, put},
    },
    observe::Failure,
    problem::{FieldError, Problem},
};

/// All of a buffered response except its body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct BufferedHead {
    status: u16,
    headers: Vec<HeaderLine>,
    /// The document of an RFC 9457 problem, which is rendered again for each request.
    problem: Option<Map<String, Value>>,
    failure: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct HeaderLine {
    name: String,
    value: RawBytes,
    sensitive: bool,
}

impl BufferedHead {
    /// The head of a response with these headers in place of its own.
    pub(super) fn of(response: &BufferedResponse, headers: &HeaderMap) -> Self {
        let lines = headers.iter().map(|(name, value)| HeaderLine {
            name: name.as_str().to_owned(),
            value: raw(value),
            sensitive: value.is_sensitive(),
        });
        Self {
            status: response.status().as_u16(),
            headers: lines.collect(),
            problem: response.problem.as_ref().and_then(document),
            failure: response.failure.map(|failure| failure.as_str().to_owned()),
        }
    }

    /// The response with this body; `None` if a part is not valid in HTTP, or if it has more headers than a response
    /// can have.
    pub(super) fn with_body(&self, body: Bytes) -> Option<BufferedResponse> {
        let mut headers = HeaderMap::try_with_capacity(self.headers.len()).ok()?;
        for HeaderLine { name, value, sensitive } in &self.headers {
            let mut value = HeaderValue::from_bytes(&value.0).ok()?;
            value.set_sensitive(*sensitive);
            headers.try_append(HeaderName::from_bytes(name.as_bytes()).ok()?, value).ok()?;
        }
        let failure = |name: &String| FAILURES.into_iter().find(|failure| failure.as_str() == name);
        Some(BufferedResponse {
            status: StatusCode::from_u16(self.status).ok()?,
            headers,
            body,
            problem: self.problem.clone().and_then(problem),
            failure: self.failure.as_ref().and_then(failure),
        })
    }
}

impl BufferedResponse {
    /// The response as bytes: the length of its head, its head, and its body.
    pub(crate) fn to_bytes(&self) -> Bytes {
        let head = serde_json::to_vec(&BufferedHead::of(self, &self.headers)).expect("a head has only text as keys");
        let mut bytes = Vec::with_capacity(4 + head.len() + self.body.len());
        put(&mut bytes, &head);
        bytes.extend_from_slice(&self.body);
        bytes.into()
    }

    /// The response that [`to_bytes`](Self::to_bytes) made bytes of. `None` if it is not one. A body that is cut off
    /// cannot be noticed.
    pub(crate) fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let mut rest = &**bytes;
        let head: BufferedHead = serde_json::from_slice(part(&mut rest)?).ok()?;
        head.with_body(bytes.slice_ref(rest))
    }
}

pub(super) fn raw(value: &HeaderValue) -> RawBytes {
    RawBytes(Bytes::copy_from_slice(value.as_bytes()))
}

const FAILURES: [Failure; 7] = [
    Failure::Timeout,
    Failure::Panic,
    Failure::Cancelled,
    Failure::Body,
    Failure::Service,
    Failure::BreakerOpen,
    Failure::Concurrency,
];

fn document(problem: &Problem) -> Option<Map<String, Value>> {
    match serde_json::to_value(problem) {
        Ok(Value::Object(document)) => Some(document),
        Ok(_) | Err(_) => None,
    }
}

/// The problem with this document. Its headers are already those of the response.
fn problem(mut document: Map<String, Value>) -> Option<Problem> {
    let status = document.remove("status")?.as_u64()?;
    let mut problem = Problem::new(StatusCode::from_u16(u16::try_from(status).ok()?).ok()?);
    for (name, value) in document {
        problem = match (name.as_str(), value) {
            ("type", Value::String(kind)) => problem.with_kind(kind),
            ("title", Value::String(title)) => problem.with_title(title),
            ("detail", Value::String(detail)) => problem.with_detail(detail),
            ("instance", Value::String(uri)) => problem.with_instance(uri),
            // Each request has its own.
            ("correlationId", _) => problem,
            ("errors", Value::Array(errors)) => problem.with_errors(errors.iter().filter_map(field_error)),
            (_, value) => problem.with_member(name, value),
        };
    }
    Some(problem)
}

fn field_error(error: &Value) -> Option<FieldError> {
    let text = |name| error.get(name).and_then(Value::as_str);
    let mut field = FieldError::new(text("pointer")?, text("code")?, text("message")?);
    for (name, value) in error.get("params").and_then(Value::as_object).into_iter().flatten() {
        field = field.with_param(name, value.clone());
    }
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_the_same_after_a_round_trip() {
        let full = Problem::not_found("no such user")
            .with_kind("https://example.com/gone")
            .with_title("Gone")
            .with_instance("/users/7")
            .with_errors([FieldError::new("/id", "range", "too large").with_param("max", 7)])
            .with_member("balance", 30);
        for problem in [Problem::new(StatusCode::NOT_FOUND), full] {
            let read = super::problem(document(&problem).unwrap()).unwrap();
            assert_eq!(document(&read), document(&problem));
            assert_eq!(read.status(), problem.status());
        }
    }

    #[test]
    fn a_response_is_the_same_after_a_round_trip_as_bytes() {
        let mut headers = HeaderMap::new();
        headers.insert("x-secret", HeaderValue::from_static("s"));
        headers.insert("x-bytes", HeaderValue::from_bytes(b"\xff\t").unwrap());
        headers.append("link", HeaderValue::from_static("<a>"));
        headers.append("link", HeaderValue::from_static("<b>"));
        headers.get_mut("x-secret").unwrap().set_sensitive(true);
        let response = BufferedResponse::new(StatusCode::CREATED, &headers, b"\x00body");
        let bytes = response.to_bytes();
        let read = BufferedResponse::from_bytes(&bytes).unwrap();
        assert_eq!((read.status(), &read.body()[..]), (StatusCode::CREATED, &b"\x00body"[..]));
        assert_eq!(read.headers(), &headers);
        assert!(read.headers()["x-secret"].is_sensitive());
        for length in 0..bytes.len() - 5 {
            assert!(BufferedResponse::from_bytes(&bytes.slice(..length)).is_none(), "cut off after {length} bytes");
        }
    }

    /// Bytes in Redis may be damaged, or written by another program.
    #[test]
    fn a_head_with_too_many_headers_is_none() {
        let line = |name: String| HeaderLine { name, value: raw(&HeaderValue::from_static("1")), sensitive: false };
        let head = |lines: Vec<HeaderLine>| BufferedHead { status: 200, headers: lines, problem: None, failure: None };
        let names = |count: usize| (0..count).map(|number| format!("x-{number}"));
        assert!(head(names(100).map(line).collect()).with_body(Bytes::new()).is_some());
        assert!(head(names(30_000).map(line).collect()).with_body(Bytes::new()).is_none());
        assert!(head(names(100_000).map(|_| line("x".to_owned())).collect()).with_body(Bytes::new()).is_none());
    }

    #[test]
    fn every_failure_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<&str> = FAILURES.iter().map(|failure| failure.as_str()).collect();
        assert_eq!(names.len(), FAILURES.len());
    }
}
