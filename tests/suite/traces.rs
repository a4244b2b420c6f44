//! Spans that `telemetry::init` exports with OTLP, as a small receiver reads them.
//!
//! A subscriber belongs to the process, so each case runs in a process of its own: this test binary, started again.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use axum::body::Body;
use http::{Request, StatusCode};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind, status::StatusCode as SpanStatus},
};
use prost::Message as _;
use routekit::{config::Config, prelude::*, telemetry};
use tracing::Instrument as _;

use crate::{support, wire};

const CASE: &str = "ROUTEKIT_TEST_TRACES";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Calls another server: this one.
#[get("/t/orders/{id}")]
async fn order(id: u64, here: Dep<SocketAddr>) -> Result<String> {
    let call = async {
        let mut request = wire::get(&format!("/t/prices/{id}"));
        telemetry::inject_trace_context(request.headers_mut());
        wire::http1(*here, request).await.1
    };
    Ok(call.instrument(tracing::info_span!("GET prices", otel.kind = "client", price.of = id)).await)
}

/// Answers with the headers of the trace.
#[get("/t/prices/{id}")]
async fn price(id: u64, headers: http::HeaderMap) -> String {
    let header = |name: &str| headers.get(name).map_or("none", |value| value.to_str().unwrap()).to_owned();
    format!("{id} {} {}", header("traceparent"), header("tracestate"))
}

#[get("/t/broken")]
async fn broken() -> Result<()> {
    Err(Problem::internal("the disk is full"))
}

/// The served app of a case.
struct Shop {
    main: wire::Running,
    admin: wire::Other,
}

impl Shop {
    async fn start() -> Self {
        let free = || tokio::net::TcpListener::bind("127.0.0.1:0");
        let (listener, admin) = (free().await.unwrap(), free().await.unwrap());
        let (addr, admin_addr) = (listener.local_addr().unwrap(), admin.local_addr().unwrap());
        let app = App::with_routes(routes![order, price, broken]).config(Config::default()).provide(addr);
        let app = app.configure(move |config| {
            config.set_server_drain_delay(Duration::ZERO);
            config.set_admin_addr(routekit::config::AdminAddr::Own(admin_addr));
        });
        let main = wire::run_on(app.admin_listener(admin), listener);
        let admin = main.at(admin_addr);
        Self { main, admin }
    }

    async fn ask(&self, path: &str, headers: &[(&'static str, &str)]) -> (StatusCode, String) {
        let mut request: Request<Body> = wire::get(path);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (parts, body) = self.main.http1(request).await;
        (parts.status, body)
    }

    async fn dropped(&self) -> u64 {
        let metrics = self.admin.http1(wire::get("/metrics")).await.1;
        let line = metrics.lines().find_map(|line| line.strip_prefix("routekit_otlp_dropped_spans_total "));
        line.expect("the metric exists").parse().unwrap()
    }

    async fn stop(mut self) {
        self.main.stop();
        self.main.stopped().await.unwrap();
    }
}

/// The program of a case. It does nothing unless [`run`] starts it.
#[test]
fn program() {
    let Ok(case) = std::env::var(CASE) else { return };
    match telemetry::init() {
        Err(error) if case.is_empty() => return println!("{error}"),
        initialized => initialized.unwrap(),
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let shop = Shop::start().await;
        match &*case {
            "exported" => exported(&shop).await,
            "away" => away(&shop).await,
            "hangs" => hangs(&shop).await,
            "long" => long(&shop).await,
            _ => unreachable!("a case"),
        }
        shop.stop().await;
    });
}

async fn exported(shop: &Shop) {
    let sampled = format!("00-{TRACE}-{PARENT}-01");
    let headers = [("traceparent", &*sampled), ("tracestate", "vendor=1"), ("host", "shop.example:8080")];
    let (status, price) = shop.ask("/t/orders/7?secret=1", &headers).await;
    assert_eq!(status, 200);
    let [id, traceparent, tracestate] = price.split(' ').collect::<Vec<_>>()[..] else { panic!("{price}") };
    assert_eq!((id, tracestate), ("7", "vendor=1"));
    assert!(traceparent.starts_with(&format!("00-{TRACE}-")) && traceparent.ends_with("-01"), "{traceparent}");

    assert_eq!(shop.ask("/t/broken", &[]).await.0, 500);
    assert_eq!(shop.ask("/t/nothing", &[("traceparent", "00-bad")]).await.0, 404);
    // The caller has decided that this trace is not recorded.
    let unsampled = format!("00-{}-{PARENT}-00", "a".repeat(32));
    let (_, price) = shop.ask("/t/orders/8", &[("traceparent", &unsampled)]).await;
    assert!(price.contains(&format!("00-{}-", "a".repeat(32))) && price.contains("-00 none"), "{price}");
    assert_eq!(shop.dropped().await, 0);
}

async fn away(shop: &Shop) {
    for round in 1..=3 {
        let before = shop.dropped().await;
        assert_eq!(shop.ask("/t/prices/7", &[]).await.0, 200, "{round}");
        let counted = async { while shop.dropped().await == before {} };
        tokio::time::timeout(Duration::from_secs(30), counted).await.expect("the span is counted");
    }
    assert_eq!(shop.dropped().await, 3);
}

async fn hangs(shop: &Shop) {
    let requests = async {
        for _ in 0..50 {
            assert_eq!(shop.ask("/t/prices/7", &[]).await.0, 200);
        }
    };
    tokio::time::timeout(HANG, requests).await.expect("no request waits for the collector");
    let dropped = shop.dropped().await;
    assert!((40..50).contains(&dropped), "the queue takes 4, and a batch is on its way: {dropped}");
}

async fn long(shop: &Shop) {
    let (host, parent) = (format!("{}.example", "h".repeat(20_000)), format!("00-{TRACE}-{PARENT}-01"));
    let state = format!("vendor={}", "s".repeat(250));
    let long_state = (0..3).map(|number| format!("{number}{state}")).collect::<Vec<_>>().join(",");
    for (path, host, state) in [("x".repeat(30_000), &*host, &long_state), ("\u{e9}".repeat(30_000), "shop", &state)] {
        let headers = [("host", host), ("traceparent", &parent), ("tracestate", state)];
        assert_eq!(shop.ask(&format!("/t/nothing/{path}"), &headers).await.0, 404);
    }
}

/// The timeout of the exporter in the case in which the collector hangs.
const HANG: Duration = Duration::from_secs(5);

struct Logged {
    stdout: String,
}

impl Logged {
    fn lines(&self, part: &str) -> Vec<&str> {
        self.stdout.lines().filter(|line| line.contains(part)).collect()
    }
}

fn run(case: &str, endpoint: &str, variables: &[(&str, &str)]) -> Logged {
    let mut program = support::test_as_program("traces::program");
    program
        .env(CASE, case)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("RUST_LOG", "warn")
        .env_remove("ROUTEKIT_LOG_FORMAT")
        .envs(variables.iter().copied());
    Logged { stdout: support::output_of(&mut program) }
}

/// A collector that takes everything.
struct Collector {
    endpoint: String,
    received: Receiver<(String, ExportTraceServiceRequest)>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (sender, received) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (head, body) = receive(stream.unwrap());
                let _ = sender.send((head, ExportTraceServiceRequest::decode(&*body).unwrap()));
            }
        });
        Self { endpoint, received }
    }
}

/// Answers a request with 200. Returns its head and its body.
fn receive(mut stream: TcpStream) -> (String, Vec<u8>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    (head, body)
}

/// Attributes as text.
fn attributes(attributes: &[KeyValue]) -> BTreeMap<&str, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let pair = |pair: &KeyValue| text(pair.value.as_ref().unwrap().value.as_ref().unwrap());
    let all: BTreeMap<_, _> = attributes.iter().map(|attribute| (attribute.key.as_str(), pair(attribute))).collect();
    let keys: Vec<&str> = attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(all.len(), attributes.len(), "an attribute is there twice: {keys:?}");
    all
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn request_is_exported_with_its_parent_and_its_outgoing_call() {
    let collector = Collector::start();
    let logged = run(
        "exported",
        &collector.endpoint,
        &[
            ("OTEL_SERVICE_NAME", "shop"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=7"),
        ],
    );
    let received: Vec<_> = collector.received.try_iter().collect();
    let mut spans: Vec<Span> = Vec::new();
    for (head, request) in received {
        assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
        assert!(head.contains("content-type: application/x-protobuf") && head.contains("x-tenant: 7"), "{head}");
        for resource in request.resource_spans {
            let resource_attributes = resource.resource.unwrap().attributes;
            let of_resource = attributes(&resource_attributes);
            assert_eq!((&*of_resource["service.name"], &*of_resource["deployment.environment.name"]), ("shop", "test"));
            spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names.len(), 5, "no span of the scrape, of an unsampled trace, or of the exporter: {names:?}");
    let find =
        |name: &str| spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name} in {names:?}"));

    let order = find("GET /t/orders/{id}");
    assert_eq!((hex(&order.trace_id), hex(&order.parent_span_id)), (TRACE.to_owned(), PARENT.to_owned()));
    assert_eq!((order.kind(), &*order.trace_state), (SpanKind::Server, "vendor=1"));
    assert_eq!(order.status.clone().unwrap_or_default().code(), SpanStatus::Unset);
    let of_order = attributes(&order.attributes);
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/t/orders/{id}"),
        ("http.response.status_code", "200"),
        ("url.path", "/t/orders/7"),
        ("url.scheme", "http"),
        ("server.address", "shop.example"),
        ("server.port", "8080"),
        ("client.address", "127.0.0.1"),
        ("network.protocol.version", "1.1"),
    ] {
        assert_eq!(of_order.get(name).map(String::as_str), Some(value), "{name} in {of_order:?}");
    }
    assert!(!format!("{of_order:?}").contains("secret") && !of_order.contains_key("error.type"), "{of_order:?}");

    let call = find("GET prices");
    assert_eq!((&call.trace_id, &call.parent_span_id), (&order.trace_id, &order.span_id));
    assert_eq!((call.kind(), &*attributes(&call.attributes)["price.of"]), (SpanKind::Client, "7"));
    let price = find("GET /t/prices/{id}");
    assert_eq!((&price.trace_id, &price.parent_span_id), (&order.trace_id, &call.span_id));
    assert_eq!(price.kind(), SpanKind::Server);
    assert!(order.start_time_unix_nano <= call.start_time_unix_nano);
    assert!(price.end_time_unix_nano <= call.end_time_unix_nano && call.end_time_unix_nano <= order.end_time_unix_nano);

    let broken = find("GET /t/broken");
    assert_eq!(broken.parent_span_id, [0_u8; 0], "it begins a trace");
    assert_eq!(broken.status.clone().unwrap().code(), SpanStatus::Error);
    let of_broken = attributes(&broken.attributes);
    assert_eq!((&*of_broken["error.type"], &*of_broken["http.response.status_code"]), ("500", "500"));
    let line = logged.lines("error=the disk is full");
    let trace = format!("trace_id=\"{}\"", hex(&broken.trace_id));
    assert!(line.len() == 1 && line[0].contains(&trace), "{trace} in {line:?}");

    let nothing = find("GET");
    assert_eq!(nothing.parent_span_id, [0_u8; 0], "the header is not valid");
    let of_nothing = attributes(&nothing.attributes);
    assert_eq!((of_nothing.get("http.route"), &*of_nothing["http.response.status_code"]), (None, "404"));
    assert_eq!(nothing.status.clone().unwrap_or_default().code(), SpanStatus::Unset);
}

#[test]
fn texts_of_the_client_are_cut_in_spans() {
    let collector = Collector::start();
    run("long", &collector.endpoint, &[]);
    let resources = collector.received.try_iter().flat_map(|(_, request)| request.resource_spans);
    let spans: Vec<Span> = resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect();
    let [ascii, encoded] = &spans[..] else { panic!("{} spans", spans.len()) };
    for (span, start) in [(ascii, "/t/nothing/xxx"), (encoded, "/t/nothing/%C3%A9")] {
        let path = &attributes(&span.attributes)["url.path"];
        assert!(path.starts_with(start) && path.ends_with('…') && path.len() <= 1024 + 3, "{} bytes", path.len());
        assert!(span.encoded_len() < 2048, "{} bytes", span.encoded_len());
    }
    assert_eq!(attributes(&ascii.attributes)["server.address"], format!("{}…", "h".repeat(255)));
    assert_eq!((&*ascii.trace_state, encoded.trace_state.len()), ("", 257), "a long state is not continued");
    assert_eq!(hex(&ascii.trace_id), TRACE, "but its trace is");
}

#[test]
fn spans_are_dropped_and_counted_without_a_collector() {
    let endpoint = format!("http://{}", support::free_port());
    let fast = [("OTEL_BSP_SCHEDULE_DELAY", "20"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "200")];
    let logged = run("away", &endpoint, &fast);
    let lines = logged.lines("spans were dropped");
    let [line] = lines[..] else { panic!("{lines:?} of three batches") };
    assert!(
        line.contains(" WARN routekit::otlp: spans were dropped dropped=1 error=client error (Connect): "),
        "{line}"
    );
}

#[test]
fn requests_do_not_wait_for_a_collector_that_hangs() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    run(
        "hangs",
        &endpoint,
        &[
            ("OTEL_BSP_MAX_QUEUE_SIZE", "4"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", &HANG.as_millis().to_string()),
        ],
    );
}

#[test]
fn invalid_variable_keeps_the_program_from_starting() {
    let logged = run("", "http://localhost:4318", &[("OTEL_TRACES_SAMPLER", "sometimes")]);
    assert_eq!(logged.lines("OTEL_TRACES_SAMPLER is `sometimes`: expected one of `always_on`, ").len(), 1);
}
