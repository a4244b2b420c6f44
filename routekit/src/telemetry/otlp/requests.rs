//! The spans of requests, with OpenTelemetry's conventions for HTTP servers.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::{Method, header, uri::Authority};
use opentelemetry::{
    Context, KeyValue,
    trace::{Status, TraceContextExt as _},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::context;
use crate::observe::{OverTls, RequestTracer, TracedHead, method_name};

/// Adds to the spans of requests what the log does not show.
#[derive(Debug)]
pub(super) struct RequestSpans(());

impl RequestSpans {
    pub(super) const fn new() -> Self {
        Self(())
    }
}

/// The method in the name of a span.
fn shown(method: &Method) -> &'static str {
    match method_name(method) {
        "_OTHER" => "HTTP",
        name => name,
    }
}

impl RequestTracer for RequestSpans {
    fn started(&self, span: &Span, head: TracedHead<'_>) -> Option<String> {
        let parent = if head.has_parent { context::extract(head.headers) } else { Context::new() };
        // Fails only if another layer has started the span.
        let _ = span.set_parent(parent);
        let context = span.context();
        let span = context.span();
        if span.is_recording() {
            span.update_name(shown(head.method));
            let over_tls = head.extensions.get::<OverTls>().is_some();
            let scheme = if over_tls { "https" } else { head.uri.scheme_str().unwrap_or("http") };
            span.set_attribute(KeyValue::new("url.scheme", scheme.to_owned()));
            if let Some(authority) = authority(&head) {
                span.set_attribute(KeyValue::new("server.address", authority.host().to_owned()));
                if let Some(port) = authority.port_u16() {
                    span.set_attribute(KeyValue::new("server.port", i64::from(port)));
                }
            }
            if let Some(ConnectInfo(client)) = head.extensions.get::<ConnectInfo<SocketAddr>>() {
                span.set_attribute(KeyValue::new("client.address", client.ip().to_string()));
            }
        }
        let context = span.span_context();
        context.is_valid().then(|| context.trace_id().to_string())
    }

    fn ignored(&self, span: &Span) {
        let _ = span.set_parent(Context::new().with_telemetry_suppressed());
    }

    fn matched(&self, span: &Span, method: &Method, template: &str) {
        span.context().span().update_name(format!("{} {template}", shown(method)));
    }

    fn finished(&self, span: &Span, error_type: Option<&str>) {
        if let Some(error_type) = error_type {
            span.set_attribute("error.type", error_type.to_owned());
            // The conventions want no description beside `error.type`.
            span.set_status(Status::error(""));
        }
    }
}

/// The host that the client asked for: that of the URI, or the `Host` header.
fn authority(head: &TracedHead<'_>) -> Option<Authority> {
    let host = || head.headers.get(header::HOST)?.to_str().ok()?.parse().ok();
    head.uri.authority().cloned().or_else(host)
}
