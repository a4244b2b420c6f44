//! An explained request as JSON.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use super::masking;
use crate::{
    base::{
        clock::rfc3339,
        printable::{self, cut},
    },
    observe::{Finished, MAX_DECISIONS, PolicyDecision, PolicyTrace, method_name},
};

/// The longest path, query or route that is kept.
const LONGEST_URL: usize = 256;
/// The longest value of a header.
const LONGEST_VALUE: usize = 128;
/// The size of all names and values of headers.
const HEADER_BYTES: usize = 1280;
const MOST_HEADERS: usize = 24;
/// The longest `Cache-Status`.
const LONGEST_DETAIL: usize = 64;

/// A kept request, with what the list shows of it.
#[derive(Debug)]
pub(super) struct ExplainedRequest {
    pub(super) correlation_id: Box<str>,
    /// The time since 1970 at which the request began.
    pub(super) began: Duration,
    /// The row of the list, as JSON.
    pub(super) row: Box<str>,
    /// The whole document, as JSON.
    pub(super) document: Box<str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    correlation_id: &'a str,
    time: &'a str,
    method: &'a str,
    /// The template.
    route: Option<&'a str>,
    /// `null` if the client left before there was a response.
    status: Option<u16>,
    error_type: Option<&'a str>,
    slow: bool,
    duration_ms: f64,
    /// The policy that has the response, or `handler`.
    answered_by: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(flatten)]
    row: &'a Row<'a>,
    path: String,
    query: Option<String>,
    http_version: String,
    request_bytes: u64,
    response_bytes: u64,
    headers: Vec<Header>,
    headers_omitted: usize,
    policies: Vec<Decided<'a>>,
}

#[derive(Serialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decided<'a> {
    policy: &'a str,
    decision: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    duration_ms: f64,
}

impl ExplainedRequest {
    pub(super) fn new(request: &Finished<'_>, trace: &PolicyTrace, slow: bool, now: Duration) -> Self {
        let correlation_id = request.correlation_id().unwrap_or_default();
        let route = request.route.map(|route| cut(route, LONGEST_URL));
        let began = now.saturating_sub(request.duration);
        let policies = decisions(request, &trace.decisions);
        let row = Row {
            correlation_id: &correlation_id,
            time: &rfc3339(began),
            method: method_name(request.method),
            route: route.as_deref(),
            status: request.status.map(|status| status.as_u16()),
            error_type: request.error_type(),
            slow,
            duration_ms: millis(request.duration),
            answered_by: policies.iter().rev().find(|decided| decided.status.is_some()).map(|decided| decided.policy),
        };
        let (headers, headers_omitted) = headers(&trace.headers);
        let document = Document {
            row: &row,
            path: printable::path(trace.uri.path(), LONGEST_URL).into_owned(),
            query: trace.uri.query().map(|query| cut(&masking::query(query), LONGEST_URL).into_owned()),
            http_version: format!("{:?}", trace.version),
            request_bytes: request.request_bytes,
            response_bytes: request.response_bytes,
            headers,
            headers_omitted,
            policies,
        };
        let (document, row) = (json(&document), json(&row));
        Self { correlation_id: correlation_id.into(), began, row, document }
    }
}

fn json(value: &impl Serialize) -> Box<str> {
    serde_json::to_string(value).expect("texts and numbers are valid JSON").into()
}

/// The decisions of all policies, and the rest of the time: the layers around the route, and the rest of the response.
fn decisions<'a>(request: &Finished<'_>, decisions: &'a [PolicyDecision]) -> Vec<Decided<'a>> {
    let decided = decisions.iter().map(|decided| Decided {
        policy: decided.policy,
        decision: decided.decision,
        status: decided.status.map(|status| status.as_u16()),
        detail: decided.detail.as_ref().and_then(|detail| detail.to_str().ok()).and_then(own_status),
        duration_ms: millis(decided.took),
    });
    let before: Duration = decisions.iter().map(|decided| decided.took).sum();
    let (policy, decision) = match (decisions, request.status, request.route) {
        (_, None, _) => ("response", "unfinished"),
        ([], _, None) => ("router", "unmatched"),
        // A hand-written route, or a layer of the app that has the response.
        ([], _, Some(_)) => ("router", "answered"),
        (_, Some(_), _) => ("response", "sent"),
    };
    let status = request.status.filter(|_| decisions.is_empty()).map(|status| status.as_u16());
    let rest = Decided {
        policy,
        decision,
        status,
        detail: None,
        duration_ms: millis(request.duration.saturating_sub(before)),
    };
    debug_assert!(decisions.len() <= MAX_DECISIONS);
    decided.chain([rest]).collect()
}

/// The last of several statuses: those of inner caches come before the route's own, which has no comma.
fn own_status(detail: &str) -> Option<String> {
    detail.rsplit(", ").next().map(|status| cut(status, LONGEST_DETAIL).into_owned())
}

/// Headers up to [`HEADER_BYTES`] in all, and the number of the others.
fn headers(all: &HeaderMap) -> (Vec<Header>, usize) {
    let (mut headers, mut bytes) = (Vec::new(), 0);
    for (name, value) in all {
        let header = Header { name: name.to_string(), value: shown(name, value) };
        bytes += header.name.len() + header.value.len();
        if bytes > HEADER_BYTES || headers.len() == MOST_HEADERS {
            break;
        }
        headers.push(header);
    }
    let omitted = all.len() - headers.len();
    (headers, omitted)
}

fn shown(name: &HeaderName, value: &HeaderValue) -> String {
    cut(&masking::header(name, value), LONGEST_VALUE).into_owned()
}

/// Milliseconds with three decimals.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
