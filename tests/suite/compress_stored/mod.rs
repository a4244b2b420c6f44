//! Responses that are stored compressed (`compress_stored`): which ones, and what clients get.
//!
//! `suite redis::compressed` and `suite tiered::compressed` show the same with entries in Redis.

mod conditional;
mod damaged;
mod eligible;
mod other_layers;
mod served;
mod shared;
mod stale;

use flate2::read::GzDecoder;
use http::{HeaderName, header};
use routekit::{
    prelude::*,
    test::{TestApp, TestResponse},
};

use crate::support::{Runs, exact};

/// A text that compresses well, beginning with a number.
pub(crate) fn text(number: usize) -> String {
    format!("{number}: {}", "some text that repeats. ".repeat(200))
}

pub(crate) fn unpacked(bytes: &[u8]) -> String {
    assert!(bytes.len() < 500, "{} bytes are not compressed", bytes.len());
    std::io::read_to_string(GzDecoder::new(bytes)).unwrap()
}

/// The body, and whether it came compressed. Its length must be the one that the headers state.
pub(crate) fn body(answer: &TestResponse) -> (String, bool) {
    if let Some(length) = answer.header("content-length") {
        assert_eq!(length, answer.bytes().len().to_string(), "{:?}", answer.headers());
    }
    match answer.header("content-encoding") {
        Some("gzip") => (unpacked(answer.bytes()), true),
        None => (answer.text().to_owned(), false),
        other => panic!("{other:?}"),
    }
}

/// With a strong `ETag`.
#[get("/packed/page", cache(ttl = 60, compress_stored))]
async fn page(runs: Dep<Runs>) -> ([(HeaderName, &'static str); 2], String) {
    ([(header::ETAG, "\"1\""), (header::ACCEPT_RANGES, "bytes")], text(runs.next()))
}

fn app() -> TestApp {
    TestApp::new(App::with_routes(routes![page]).cache(exact()).provide(Runs::default()))
}

const IDENTITY: &str = "identity";
const GZIP: &str = "gzip, deflate, br";

async fn get(app: &TestApp, path: &str, accept: &str) -> TestResponse {
    app.get(path).header("accept-encoding", accept).send().await
}

/// `X-Cache`, `Content-Encoding`, `Vary` and `ETag`.
fn told(answer: &TestResponse) -> [Option<&str>; 4] {
    ["x-cache", "content-encoding", "vary", "etag"].map(|name| answer.header(name))
}
