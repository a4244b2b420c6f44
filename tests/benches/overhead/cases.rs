//! The requests, and how they are sent: the same for both sides.

use std::net::{Ipv4Addr, SocketAddr};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use http_body_util::BodyExt;
use tokio::runtime::Runtime;

use super::payloads::HELLO;

/// One kind of request.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    request: fn() -> Request,
}

/// Under routekit, `hit` and `users` are answered from the cache, `change` invalidates a tag, and `limited` has a rate
/// limit. On bare axum they are handlers like the others.
pub(crate) const CASES: [Case; 7] = [
    Case { name: "bytes", request: || get("/bytes") },
    Case { name: "query", request: || get("/query?page=2&limit=20&search=ann") },
    Case { name: "json", request: || post("/json") },
    Case { name: "change", request: || post("/change") },
    Case { name: "hit", request: || get("/hit") },
    Case { name: "limited", request: || from_client(get("/limited")) },
    Case { name: "users", request: || get("/users?page=1&limit=20") },
];

fn get(path: &'static str) -> Request {
    Request::get(path).header("host", "localhost").header("accept", "*/*").body(Body::empty()).unwrap()
}

/// As routekit's server passes it on.
fn from_client(mut request: Request) -> Request {
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 80))));
    request
}

fn post(path: &'static str) -> Request {
    let body = r#"{"name":"Ann","email":"ann@example.com","age":30}"#;
    Request::post(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .body(Body::from(body))
        .unwrap()
}

impl Case {
    /// Sends the request and reads the response.
    pub(crate) async fn ask(self, call: impl AsyncFn(Request) -> Response) {
        let response = call((self.request)()).await;
        assert_eq!(response.status(), 200, "{}", self.name);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(if self.name == "users" { body.len() > 1000 } else { body == HELLO });
    }
}

/// `PROGRAM CASE REQUESTS`: sends that many requests of one case, and does nothing else.
#[allow(dead_code, reason = "for the programs that only send requests")]
pub(crate) fn run(call: impl AsyncFn(Request) -> Response) {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    // `cargo bench` runs every bench without arguments.
    let (Some(name), Some(count)) = (arguments.next(), arguments.next()) else { return };
    let case = CASES.into_iter().find(|case| case.name == name).expect("one of the cases");
    let count: usize = count.parse().expect("a number of requests");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // What happens once: the first read of a clock, a handle that is made at its first use.
        for _ in 0..100 {
            case.ask(&call).await;
        }
    });
    measured(&runtime, case, &call, count);
}

/// `instructions` counts this function and nothing outside it.
#[allow(dead_code, reason = "for the programs that only send requests")]
#[inline(never)]
fn measured(runtime: &Runtime, case: Case, call: &impl AsyncFn(Request) -> Response, count: usize) {
    runtime.block_on(async {
        for _ in 0..count {
            case.ask(call).await;
        }
    });
}
