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
use crate::{
    base::printable::cut,
    observe::{OverTls, RequestTracer, TracedHead, method_name},
};

/// The longest `server.address`, which the client chooses: longer than every name of the DNS.
const LONGEST_HOST: usize = 255;

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
                span.set_attribute(KeyValue::new("server.address", cut(authority.host(), LONGEST_HOST).into_owned()));
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

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc, time::Duration};

    use http::Request;
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::{
        error::OTelSdkResult,
        trace::{SdkTracerProvider, Span as SdkSpan, SpanData, SpanProcessor},
    };
    use parking_lot::Mutex;
    use tracing_subscriber::{layer::SubscriberExt as _, registry};

    use super::*;

    /// Keeps the spans that have ended.
    #[derive(Debug, Clone, Default)]
    struct Ended(Arc<Mutex<Vec<SpanData>>>);

    impl SpanProcessor for Ended {
        fn on_start(&self, _: &mut SdkSpan, _: &Context) {}

        fn on_end(&self, span: SpanData) {
            self.0.lock().push(span);
        }

        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }

        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            Ok(())
        }
    }

    /// The spans of a request, which `act` gets with its tracer.
    fn spans(request: &Request<()>, act: impl Fn(&RequestSpans, &Span, TracedHead<'_>)) -> Vec<SpanData> {
        let ended = Ended::default();
        let provider = SdkTracerProvider::builder().with_span_processor(ended.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test")).with_context_activation(false);
        tracing::subscriber::with_default(registry().with(layer), || {
            let (method, uri, headers) = (request.method(), request.uri(), request.headers());
            let head = TracedHead { method, uri, headers, extensions: request.extensions(), has_parent: false };
            act(&RequestSpans::new(), &tracing::info_span!("request", otel.kind = "server"), head);
        });
        std::mem::take(&mut *ended.0.lock())
    }

    #[test]
    fn request_over_tls_has_its_scheme_and_its_authority() {
        let mut request = Request::builder().method("PURGE").uri("/x").header("host", "shop.example").body(()).unwrap();
        request.extensions_mut().insert(OverTls);
        let http2 = Request::get("https://shop.example/x").header("host", "other.example").body(()).unwrap();
        for (request, name) in [(request, "HTTP"), (http2, "GET")] {
            let spans = spans(&request, |tracer, span, head| {
                assert!(tracer.started(span, head).is_some());
            });
            let [span] = &spans[..] else { panic!("{spans:?}") };
            let value = |name: &str| span.attributes.iter().find(|pair| pair.key.as_str() == name);
            let shown: BTreeMap<_, _> = ["url.scheme", "server.address", "server.port"]
                .into_iter()
                .filter_map(|name| Some((name, value(name)?.value.to_string())))
                .collect();
            let expected = [("url.scheme", "https"), ("server.address", "shop.example")];
            assert_eq!(shown, expected.map(|(name, value)| (name, value.to_owned())).into());
            assert_eq!(span.name, name);
        }
    }

    #[test]
    fn ignored_request_and_spans_within_are_not_exported() {
        let request = Request::get("/metrics").body(()).unwrap();
        let spans = spans(&request, |tracer, span, _| {
            tracer.ignored(span);
            let _entered = span.enter();
            tracing::info_span!("within").in_scope(|| ());
        });
        assert!(spans.is_empty(), "{spans:?}");
    }
}
