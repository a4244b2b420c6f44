//! What the app makes of bytes that a client, a proxy or an operator controls: one function for each parser, which
//! panics if a property does not hold. They use only the public API.
//!
//! `suite fuzz` runs them on random input, and the crate in `fuzz/` with libFuzzer.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::ready,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use futures_util::FutureExt;
use http::{Extensions, HeaderMap, HeaderValue, Uri};
use http_body_util::BodyExt;
use routekit::{
    cache::{Cache, CacheLayer},
    client_address::TrustedProxies,
    config::Config,
    correlation::CorrelationLayer,
    idempotency::IdempotencyLayer,
    prelude::*,
    test::TestApp,
};
use tower::{Layer, ServiceExt, service_fn, util::BoxCloneService};

/// All targets by their names.
pub(crate) const TARGETS: [(&str, fn(&[u8])); 8] = [
    ("cache_control", cache_control),
    ("vary", vary),
    ("cache_key", cache_key),
    ("request_id", request_id),
    ("client_address", client_address),
    ("pointer", pointer),
    ("config", config),
    ("idempotency_key", idempotency_key),
];

type Service = BoxCloneService<Request, Response, Infallible>;

/// A cache around this handler.
fn cached(answer: impl Fn(&Request) -> Response + Clone + Send + 'static) -> Service {
    let cache = Cache::builder().max_bytes(1 << 20).build();
    let handler = service_fn(move |request: Request| ready(Ok::<_, Infallible>(answer(&request))));
    BoxCloneService::new(CacheLayer::new(cache).ttl(Duration::from_secs(3600)).layer(handler))
}

/// The response, which nothing has to wait for.
fn call(service: &Service, request: Request) -> Response {
    service.clone().oneshot(request).now_or_never().expect("it is ready at once").unwrap()
}

fn text(response: Response) -> String {
    let body = response.into_body().collect().now_or_never().expect("it is buffered").unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

/// The lines as values of a header. Bytes that no header has are left out, since a server never passes them on.
fn lines(data: &[u8]) -> Vec<HeaderValue> {
    let visible = |line: &[u8]| line.iter().copied().filter(|byte| *byte >= b' ' && *byte != 0x7f).collect::<Vec<u8>>();
    data.split(|byte| *byte == b'\n').map(|line| HeaderValue::from_bytes(&visible(line)).unwrap()).collect()
}

/// The elements of a list that are surely its own: all before the first one with a quote.
fn plain_elements(lines: &[HeaderValue]) -> impl Iterator<Item = &[u8]> {
    lines.iter().flat_map(|line| {
        let elements = line.as_bytes().split(|byte| *byte == b',');
        elements.take_while(|element| !element.contains(&b'"')).map(<[u8]>::trim_ascii)
    })
}

/// No response is stored if it says `no-store` or `private`, whatever else it says.
pub(crate) fn cache_control(data: &[u8]) {
    let lines = lines(data);
    let name = |element: &[u8]| element.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii().to_vec();
    // With it, a cache that knows the status ignores `no-store` (RFC 9111 §5.2.2.3).
    let understands =
        |line: &HeaderValue| line.as_bytes().to_ascii_lowercase().windows(15).any(|w| w == b"must-understand");
    let is_for_those_who_understand = lines.iter().any(understands);
    let forbidden = plain_elements(&lines).any(|element| {
        let name = name(element).to_ascii_lowercase();
        name == b"private" || name == b"no-store" && !is_for_those_who_understand
    });
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let sent = lines.clone();
    let service = cached(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        let mut response = Response::new(Body::from("x"));
        response.headers_mut().extend(sent.iter().map(|line| (http::header::CACHE_CONTROL, line.clone())));
        response
    });
    for _ in 0..2 {
        let mut request = Request::new(Body::empty());
        request.headers_mut().insert("host", HeaderValue::from_static("a"));
        call(&service, request);
    }
    let runs = runs.load(Ordering::Relaxed);
    assert!(!forbidden || runs == 2, "a response was stored with {lines:?}");
    // As a header of the request.
    let mut request = Request::new(Body::empty());
    request.headers_mut().extend(lines.iter().map(|line| (http::header::CACHE_CONTROL, line.clone())));
    let status = call(&service, request).status().as_u16();
    assert!(status == 200 || status == 504, "{status}");
}

/// No request gets the response to another value of a header that `Vary` names, or if `Vary` cannot be read.
pub(crate) fn vary(data: &[u8]) {
    let lines = lines(data);
    let sent = lines.clone();
    let service = cached(move |request| {
        let value = request.headers().get("x-a").map_or(Vec::new(), |value| value.as_bytes().to_vec());
        let mut response = Response::new(Body::from(value));
        response.headers_mut().extend(sent.iter().map(|line| (http::header::VARY, line.clone())));
        response
    });
    let request = |value: &'static str| {
        let mut request = Request::new(Body::empty());
        request.headers_mut().insert("x-a", HeaderValue::from_static(value));
        request
    };
    let is_token = |name: &[u8]| name.iter().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b));
    let names = || lines.iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let varies = names().any(|name| name.eq_ignore_ascii_case(b"x-a") || name == b"*" || !is_token(name));
    for value in ["1", "2", "1", "2"] {
        let got = text(call(&service, request(value)));
        assert!(!varies || got == value, "{value} got {got} with {lines:?}");
    }
}

/// A request gets only responses to requests that mean the same: the first line and the second are two URLs.
pub(crate) fn cache_key(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').take(3);
    let uris: Vec<Uri> = lines.filter_map(|line| Uri::try_from([b"/", line].concat()).ok()).collect();
    let service = cached(|request| Response::new(Body::from(request.uri().to_string())));
    for uri in uris.iter().chain(&uris) {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = uri.clone();
        let answered: Uri = text(call(&service, request)).parse().unwrap();
        assert_eq!(meaning(uri), meaning(&answered), "{uri} got the response of {answered}");
    }
}

/// The path and the pairs of the query, those of one name in their order (RFC 3986 §6.2.2).
fn meaning(uri: &Uri) -> (Vec<u8>, BTreeMap<Vec<u8>, Vec<Vec<u8>>>, bool) {
    let mut pairs: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    for pair in uri.query().unwrap_or_default().split('&') {
        let name = pair.split('=').next().unwrap_or_default();
        pairs.entry(normalised(name.as_bytes())).or_default().push(normalised(pair.as_bytes()));
    }
    (normalised(uri.path().as_bytes()), pairs, uri.query().is_some())
}

/// Escapes of unreserved characters are decoded, and those of others have capital letters.
fn normalised(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let decoded = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match decoded.filter(|_| escaped.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))) {
            Some(byte) => {
                rest = &after[2..];
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    out.push(byte);
                } else {
                    out.extend(format!("%{byte:02X}").into_bytes());
                }
            }
            None => out.push(*first),
        }
    }
    out
}

/// A response has the id of its request, or a new one: nothing that would break a log or a header.
pub(crate) fn request_id(data: &[u8]) {
    let handler = service_fn(|_: Request| ready(Ok::<_, Infallible>(Response::new(Body::empty()))));
    let service = CorrelationLayer::new().layer(handler);
    let values = lines(data);
    let mut request = Request::new(Body::empty());
    for (value, name) in values.iter().zip(["x-correlation-id", "x-request-id", "x-correlation-id", "traceparent"]) {
        request.headers_mut().append(name, value.clone());
    }
    let response = service.oneshot(request).now_or_never().expect("it is ready at once").unwrap();
    let id = response.headers()["x-correlation-id"].as_bytes();
    let allowed = |id: &[u8]| {
        let is_allowed = |b: &u8| b.is_ascii_alphanumeric() || b"._-".contains(b);
        (1..=128).contains(&id.len()) && id.iter().all(is_allowed) && id.iter().any(|b| *b != b'.')
    };
    assert!(allowed(id), "{id:?}");
    if let Some(first) = values.first().filter(|first| allowed(first.as_bytes())) {
        assert_eq!(id, first.as_bytes());
    }
}

/// Only proxies that are trusted say who the client is, and of what they say only the end.
pub(crate) fn client_address(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let first = String::from_utf8_lossy(parts.next().unwrap_or_default());
    if let Ok(proxies) = first.parse::<TrustedProxies>()
        && !proxies.is_empty()
    {
        assert_eq!(proxies.to_string().parse(), Ok(proxies));
    }
    let values = lines(parts.next().unwrap_or_default());
    let from = |peer: &str| {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 80)));
        extensions
    };
    let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
    let proxies: TrustedProxies = "10.0.0.0/8, 2001:db8::/32".parse().unwrap();
    for name in ["x-forwarded-for", "forwarded"] {
        let mut headers = HeaderMap::new();
        headers.extend(values.iter().map(|value| (http::HeaderName::from_static(name), value.clone())));
        assert_eq!(proxies.client(&headers, &from("192.0.2.1")), ip("192.0.2.1"), "it is no trusted proxy");
        let _ = proxies.client(&headers, &from("10.0.0.1"));
        // What a trusted proxy adds is the last line, or the end of it.
        let added = if name == "forwarded" { "for=192.0.2.9" } else { "192.0.2.9" };
        headers.append(name, HeaderValue::from_static(added));
        assert_eq!(proxies.client(&headers, &from("10.0.0.1")), ip("192.0.2.9"), "{name}: {values:?}");
    }
}

#[derive(serde::Deserialize, Validate)]
struct Document {
    #[expect(dead_code, reason = "only whether it can be read matters")]
    items: BTreeMap<String, BTreeMap<String, u8>>,
}

#[post("/fuzz/document", discover = false)]
async fn document(body: Json<Document>) {
    drop(body);
}

static DOCUMENTS: LazyLock<TestApp> =
    LazyLock::new(|| TestApp::new(App::with_routes(routes![document]).config(Config::default())));

/// A pointer of a problem is one (RFC 6901), and that of a wrong value finds this value.
pub(crate) fn pointer(data: &[u8]) {
    // As it is, and as names of a well-formed document.
    let names: Vec<_> = data.split(|byte| *byte == b'\n').map(String::from_utf8_lossy).collect();
    let [one, two] = [0, 1].map(|index| names.get(index).cloned().unwrap_or_default());
    let formed = serde_json::json!({ "items": { "a": { "b": 1 }, one: { two: 300 } } }).to_string();
    for body in [data.to_vec(), formed.into_bytes()] {
        let request = Request::post("/fuzz/document").header("content-type", "application/json");
        let response = DOCUMENTS.call(request.body(Body::from(body.clone())).unwrap());
        let response = response.now_or_never().expect("it is ready at once");
        assert!(!response.status().is_server_error(), "{}", response.status());
        if response.status().is_success() {
            continue;
        }
        let problem: serde_json::Value = serde_json::from_str(&text(response)).unwrap();
        let read = serde_json::from_slice::<serde_json::Value>(&body);
        for error in problem["errors"].as_array().into_iter().flatten() {
            let (pointer, code) = (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap());
            let is_pointer = pointer.is_empty() || pointer.starts_with('/');
            let escapes = pointer.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
            assert!(is_pointer && escapes, "{pointer}");
            if let (Ok(read), "value" | "type") = (&read, code) {
                assert!(read.pointer(pointer).is_some(), "{pointer} is not in {read}");
            }
        }
    }
}

/// A file is read or reported, no message repeats a secret, and what is shown is read again as the same.
pub(crate) fn config(data: &[u8]) {
    let data = String::from_utf8_lossy(data).into_owned();
    let read = |text: &str| Config::builder().toml("f.toml", text).build();
    drop(read(&data).map(|config| config.to_string()));
    let word = data.split(['\n', ' ']).next().unwrap_or_default();
    for key in ["timeout", "slow", "body_limit"] {
        let Ok(config) = read(&format!("{key} = {}", toml_string(word))) else { continue };
        let shown = config.to_string();
        let line = |shown: &str| shown.lines().find(|line| line.split(' ').next() == Some(key)).map(str::to_owned);
        let line_of = line(&shown).unwrap();
        let value = line_of.split(" = ").nth(1).and_then(|rest| rest.split(" (").next()).unwrap_or_default();
        let again = read(&format!("{key} = {}", toml_string(value.trim()))).unwrap().to_string();
        assert_eq!(line(&again), Some(line_of), "{key} = {word}");
    }
    let secret = format!("correct horse {data}");
    let text = format!("admin_token = {}\nadmin_tokn = {}\n", toml_string(&secret), toml_string(&secret));
    let said = match read(&text) {
        Ok(config) => config.to_string(),
        Err(error) => error.to_string(),
    };
    assert!(!said.contains("correct horse"), "a message repeats a secret: {said}");
}

fn toml_string(text: &str) -> String {
    // A JSON string is a basic string of TOML, but for DEL.
    serde_json::to_string(text).unwrap().replace('\u{7f}', "\\u007f")
}

/// A key is read or refused; two requests are one only if their keys are the same text.
pub(crate) fn idempotency_key(data: &[u8]) {
    let runs = Arc::new(AtomicUsize::new(0));
    let handler = service_fn(move |_: Request| {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        ready(Ok::<_, Infallible>(Response::new(Body::from(run.to_string()))))
    });
    let cache = Cache::builder().max_bytes(1 << 20).build();
    let service: Service = BoxCloneService::new(IdempotencyLayer::new(cache).layer(handler));
    let send = |key: &HeaderValue| {
        let mut request = Request::post("/").body(Body::empty()).unwrap();
        request.headers_mut().insert("idempotency-key", key.clone());
        let response = call(&service, request);
        let (status, is_replayed) =
            (response.status().as_u16(), response.headers().contains_key("idempotency-replayed"));
        assert!(status == 200 || status == 400, "{status}");
        (status, is_replayed, text(response))
    };
    let keys = lines(data);
    let mut seen = BTreeMap::new();
    for key in &keys {
        let first = send(key);
        let (status, is_replayed, again) = send(key);
        assert_eq!((first.0, is_replayed), (status, status == 200), "{key:?}");
        if status == 200 {
            assert_eq!(first.2, again);
            let unquoted = untoml_string(key.as_bytes());
            let known = seen.entry(unquoted).or_insert_with(|| first.2.clone());
            assert_eq!((&*known, first.1), (&first.2, *known != first.2 || first.1), "{key:?}");
        }
    }
    let mut answers: Vec<_> = seen.values().collect();
    answers.sort();
    answers.dedup();
    assert_eq!(answers.len(), seen.len(), "two keys have one response: {seen:?}");
}

/// The key without blanks around it, quotes, escapes and parameters.
fn untoml_string(text: &[u8]) -> Vec<u8> {
    let text = text.trim_ascii();
    let Some(quoted) = text.strip_prefix(b"\"") else { return text.to_vec() };
    let (mut key, mut bytes) = (Vec::new(), quoted.iter());
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => key.extend(bytes.next()),
            byte => key.push(*byte),
        }
    }
    key
}
