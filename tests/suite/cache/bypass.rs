//! Requests that bypass the cache.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use routekit::{cache::CacheLayer, identity::Claims, prelude::*, test::TestApp};
use serde_json::Value;
use tower::{Layer, Service, layer::layer_fn, service_fn};

use super::{MINUTE, Runs, app, ask, exact, get_of, said, start};

#[get("/cache/mine", cache(ttl = 60))]
async fn unsaid(calls: Dep<Runs>) -> String {
    calls.next().to_string()
}

#[get("/cache/ours", cache(ttl = 60, shared))]
async fn shared(calls: Dep<Runs>) -> String {
    calls.next().to_string()
}

#[get("/cache/own", auth(optional), cache(ttl = 60, per = "user"))]
async fn own(who: Option<Identity>, calls: Dep<Runs>) -> String {
    format!("{} {}", calls.next(), who.map_or_else(String::new, |who| who.sub().to_owned()))
}

/// A body whose length is unknown until it ends.
fn streamed() -> Body {
    Body::from_stream(futures_util::stream::empty::<Result<String, std::io::Error>>())
}

/// The answer of an app to the first request for a path, sent without credentials.
async fn then(app: &TestApp, path: &str, change: impl FnOnce(&mut Request)) -> String {
    said(app.get(path)).await;
    let mut request = get_of(path);
    change(&mut request);
    super::Read::all(app.call(request).await).await.x_cache().to_owned()
}

#[tokio::test]
async fn requests_that_cannot_be_cached_bypass() {
    let header = |name: &'static str, value: &'static str| {
        move |request: &mut Request| drop(request.headers_mut().insert(name, value.parse().unwrap()))
    };
    let rows: [(&str, Box<dyn FnOnce(&mut Request)>, &str); 16] = [
        ("nothing special", Box::new(|_| {}), "HIT"),
        ("a header of no concern", Box::new(header("accept", "text/plain")), "HIT"),
        ("a cookie", Box::new(header("cookie", "a=b")), "HIT"),
        ("Content-Length: 0", Box::new(header("content-length", "0")), "HIT"),
        ("Range", Box::new(header("range", "bytes=0-1")), "HIT"),
        ("several ranges", Box::new(header("range", "bytes=0-1,3-4")), "BYPASS"),
        ("If-Match", Box::new(header("if-match", "\"x\"")), "BYPASS"),
        ("If-Unmodified-Since", Box::new(header("if-unmodified-since", "Thu, 01 Jan 2026 00:00:00 GMT")), "BYPASS"),
        ("If-Range without Range, which says nothing", Box::new(header("if-range", "\"x\"")), "HIT"),
        ("Upgrade, which is an offer", Box::new(header("upgrade", "h2c")), "HIT"),
        ("Authorization", Box::new(header("authorization", "Bearer x")), "BYPASS"),
        ("Authorization of nothing", Box::new(header("authorization", "")), "BYPASS"),
        ("an identity", Box::new(|request| drop(request.extensions_mut().insert(Identity::new("ann")))), "BYPASS"),
        ("a body", Box::new(|request| *request.body_mut() = Body::from("x")), "BYPASS"),
        ("a body of no known length", Box::new(|request| *request.body_mut() = streamed()), "BYPASS"),
        ("HEAD", Box::new(|request| *request.method_mut() = Method::HEAD), "HIT"),
    ];
    for (name, change, expected) in rows {
        let (app, _) = start(app(routes![unsaid]));
        assert_eq!(then(&app, "/cache/mine", change).await, expected, "{name}");
        assert_eq!(said(app.get("/cache/mine")).await, "HIT 1", "{name}: what is stored stays");
    }
}

#[tokio::test]
async fn audience_decides_whether_credentials_bypass() {
    for (name, path, expected) in [
        ("without a word", "/cache/mine", ["BYPASS 1", "BYPASS 2", "BYPASS 3", "BYPASS 4", "MISS 5"]),
        ("shared", "/cache/ours", ["MISS 1", "HIT 1", "HIT 1", "HIT 1", "HIT 1"]),
        ("per user", "/cache/own", ["MISS 1 ann", "HIT 1 ann", "BYPASS 2 ", "BYPASS 3 ", "MISS 4 "]),
    ] {
        let (app, _) = start(app(routes![unsaid, shared, own]).verifier(crate::auth::Header));
        let ann = Identity::new("ann");
        let asked = [
            app.get(path).identity(&ann),
            app.get(path).identity(&ann).header("authorization", "Bearer x"),
            app.get(path).header("authorization", "Bearer x"),
            app.get(path).header("authorization", "Bearer y"),
            app.get(path),
        ];
        for (request, expected) in asked.into_iter().zip(expected) {
            let said = said(request).await;
            assert_eq!(said.trim_end(), expected.trim_end(), "{name}");
        }
    }
}

#[tokio::test]
async fn bypassing_request_and_response_are_unchanged() {
    let inner = service_fn(|request: Request| async {
        let (parts, body) = request.into_parts();
        let range = parts.headers.get("range").map_or("", |value| value.to_str().unwrap());
        let body = body.collect().await.unwrap().to_bytes();
        let text = format!("{} {} {range} {}", parts.method, parts.uri, str::from_utf8(&body).unwrap());
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = http::StatusCode::IM_A_TEAPOT;
        response.headers_mut().append("x-a", "1".parse().unwrap());
        response.headers_mut().append("x-a", "2".parse().unwrap());
        Ok::<_, std::convert::Infallible>(response)
    });
    let cached = CacheLayer::new(exact().build()).ttl(MINUTE).layer(inner);
    for (method, body) in [("GET", "body"), ("HEAD", "body"), ("POST", "body"), ("DELETE", ""), ("OPTIONS", "")] {
        let request = Request::builder().method(method).uri("/a?b=c").header("range", "bytes=0-1");
        let answer = ask(&cached, request.body(Body::from(body)).unwrap()).await;
        assert_eq!((answer.status, answer.body.as_str()), (418, &*format!("{method} /a?b=c bytes=0-1 {body}")));
        assert_eq!(answer.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"], "{method}");
        assert_eq!(answer.x_cache(), "BYPASS", "{method}");
    }
}

#[tokio::test]
async fn conditional_headers_are_removed_from_requests_that_fill() {
    let calls = Arc::new(Runs::default());
    let inner = service_fn(move |request: Request| {
        let calls = Arc::clone(&calls);
        async move {
            let conditional = |headers: &HeaderMap| headers.keys().any(|name| name.as_str().starts_with("if-"));
            let text = format!("{} {}", calls.next(), conditional(request.headers()));
            Ok::<_, std::convert::Infallible>(Response::new(Body::from(text)))
        }
    });
    let cached = CacheLayer::new(exact().build()).ttl(MINUTE).layer(inner);
    for (name, value) in [("if-none-match", "\"x\""), ("if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT")] {
        let request = |path| Request::get(path).header(name, value).body(Body::empty()).unwrap();
        let path = format!("/{name}");
        assert!(ask(&cached, request(&path)).await.body.ends_with("false"), "{name} is not shown to the handler");
        assert_eq!(ask(&cached, get_of(&path)).await.x_cache(), "HIT", "{name}");
    }
}

#[tokio::test]
async fn body_of_a_get_runs_no_handler_of_a_route_that_does_not_honour_clients() {
    let inner = service_fn(|request: Request| async {
        let has_length = request.headers().contains_key("content-length");
        let body = request.into_body().collect().await.unwrap().to_bytes();
        Ok::<_, std::convert::Infallible>(Response::new(Body::from(format!("{has_length} {}", body.len()))))
    });
    let cached = CacheLayer::new(exact().build()).ttl(MINUTE).honour_client_directives(false).layer(inner);
    for expected in ["MISS", "HIT"] {
        let request = Request::get("/").header("content-length", "4").body(Body::from("body")).unwrap();
        let answer = ask(&cached, request).await;
        assert_eq!((answer.x_cache(), answer.body.as_str()), (expected, "false 0"));
    }
}

/// Sets the identity from a cookie, as a layer for sessions does.
#[derive(Clone)]
struct Session<S>(S);

impl<S: Service<Request>> Service<Request> for Session<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        let cookie = request.headers().get("cookie").map(|user| user.to_str().unwrap().to_owned());
        if let Some(user) = cookie {
            request.extensions_mut().insert(Identity::new(user));
        }
        self.0.call(request)
    }
}

#[get("/cache/session/user", auth(optional), cache(ttl = 60, per = "user"), layer(layer_fn(Session)))]
async fn of_user(who: Option<Identity>) -> String {
    who.map_or_else(String::new, |who| who.sub().to_owned())
}

#[get("/cache/session/all", cache(ttl = 60), layer(layer_fn(Session)))]
async fn of_all(who: Option<Identity>) -> String {
    who.map_or_else(String::new, |who| who.sub().to_owned())
}

#[get("/cache/session/claims", cache(ttl = 60), layer(layer_fn(Session)))]
async fn of_claims(who: Option<Claims<Value>>) -> String {
    who.is_some().to_string()
}

#[tokio::test]
async fn response_for_an_identity_that_the_key_does_not_hold_is_not_stored() {
    let (app, _) = start(App::with_routes(routes![of_user, of_all, of_claims]).verifier(crate::auth::Header));
    for path in ["/cache/session/user", "/cache/session/all"] {
        let asked = async |user: &str| said(app.get(path).header("cookie", user)).await;
        assert_eq!([asked("ann").await, asked("bob").await], ["BYPASS ann", "BYPASS bob"], "{path}");
        assert_eq!([said(app.get(path)).await, asked("ann").await], ["MISS", "HIT"], "{path}");
    }
    assert_eq!(said(app.get("/cache/session/claims").header("cookie", "ann")).await, "BYPASS true");
    let verified = app.get("/cache/session/user").header("x-user", "ann");
    assert_eq!(said(verified).await, "MISS ann", "the key holds this identity");
}
