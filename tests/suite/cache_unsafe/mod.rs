//! Requests of unsafe methods invalidate what they change, with or without a declaration (RFC 9111 §4.4, RFC 9875).

mod ends;
mod groups;
mod partitions;
mod plain;
mod races;
mod references;
mod spellings;

use axum::{
    body::Body,
    extract::{Path, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use routekit::{ManualClock, prelude::*, route::Route, test::TestApp};

use crate::support::{MINUTE, exact, x_cache_of as did};

/// Ends as `x-end` says: with a status, with a panic or never. Each `x-answer-…` becomes a header of the response.
async fn end(request: &HeaderMap) -> Response {
    let wanted = request.get("x-end").map_or("200", |end| end.to_str().unwrap());
    match wanted {
        "panic" => panic!("as it should"),
        "never" => std::future::pending().await,
        _ => {}
    }
    let mut response =
        wanted.parse::<u16>().map(|status| StatusCode::from_u16(status).unwrap()).unwrap().into_response();
    let headers = request.iter().filter_map(|(name, value)| Some((name.as_str().strip_prefix("x-answer-")?, value)));
    for (name, value) in headers {
        response.headers_mut().append(name.parse::<HeaderName>().unwrap(), value.clone());
    }
    response
}

#[get("/unsafe/items/{id}", cache(ttl = 600))]
async fn item(id: u64) -> String {
    id.to_string()
}

#[post("/unsafe/items/{id}")]
async fn post_item(_: Path<u64>, headers: HeaderMap) -> Response {
    end(&headers).await
}

#[put("/unsafe/items/{id}", timeout = "1s")]
async fn put_item(_: Path<u64>, headers: HeaderMap) -> Response {
    end(&headers).await
}

#[patch("/unsafe/items/{id}")]
async fn patch_item(_: Path<u64>, headers: HeaderMap) -> Response {
    end(&headers).await
}

#[delete("/unsafe/items/{id}", invalidates("declared"))]
async fn delete_item(_: Path<u64>, headers: HeaderMap) -> Response {
    end(&headers).await
}

#[options("/unsafe/items/{id}")]
async fn options_item(_: Path<u64>) {}

fn items() -> Vec<Route> {
    routes![item, post_item, put_item, patch_item, delete_item, options_item].into_iter().collect()
}

fn start(app: App) -> TestApp {
    let app = app.cache(exact());
    TestApp::builder(app).clock(ManualClock::new().clock()).build()
}

/// `POST /path; x-end: 500`
fn request(text: &str) -> Request {
    let mut parts = text.split("; ");
    let (method, path) = parts.next().unwrap().split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path).header("host", "api.example.com");
    for header in parts {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, HeaderValue::from_str(value).unwrap());
    }
    request.body(Body::empty()).unwrap()
}
