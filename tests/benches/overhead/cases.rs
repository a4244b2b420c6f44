//! What is asked, and how it is sent: the same for both sides.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    response::Response,
};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

#[derive(Deserialize)]
pub(crate) struct Filter {
    pub(crate) page: u32,
    pub(crate) limit: u32,
    pub(crate) search: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct NewUser {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) age: u8,
}

/// A prebuilt answer.
pub(crate) const HELLO: Bytes = Bytes::from_static(br#"{"items":[],"total":0}"#);

/// A page of twenty.
#[derive(Serialize)]
pub(crate) struct Page {
    items: Vec<User>,
    page: u32,
    total: u32,
}

#[derive(Serialize)]
struct User {
    id: u64,
    name: String,
    email: String,
    roles: Vec<String>,
    active: bool,
}

impl Page {
    pub(crate) fn of_twenty() -> Self {
        let user = |id| User {
            id,
            name: format!("User number {id}"),
            email: format!("user-{id}@example.com"),
            roles: vec!["member".to_owned(), "editor".to_owned()],
            active: true,
        };
        Self { items: (0..20).map(user).collect(), page: 1, total: 20 }
    }
}

/// One kind of request.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    request: fn() -> Request,
}

/// The last two are answered from the cache under routekit, and by the handler on bare axum.
pub(crate) const CASES: [Case; 5] = [
    Case { name: "bytes", request: || get("/bytes") },
    Case { name: "query", request: || get("/query?page=2&limit=20&search=ann") },
    Case { name: "json", request: post },
    Case { name: "hit", request: || get("/hit") },
    Case { name: "users", request: || get("/users?page=1&limit=20") },
];

fn get(path: &'static str) -> Request {
    Request::get(path).header("host", "localhost").header("accept", "*/*").body(Body::empty()).unwrap()
}

fn post() -> Request {
    let body = r#"{"name":"Ann","email":"ann@example.com","age":30}"#;
    Request::post("/json")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .body(Body::from(body))
        .unwrap()
}

impl Case {
    /// Sends it and reads the answer.
    pub(crate) async fn ask(self, call: impl AsyncFn(Request) -> Response) {
        let response = call((self.request)()).await;
        assert_eq!(response.status(), 200, "{}", self.name);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(if self.name == "users" { body.len() > 1000 } else { body == HELLO });
    }
}

/// `PROGRAM CASE REQUESTS`: asks that often, and nothing else.
#[allow(dead_code, reason = "for the programs that only ask")]
pub(crate) fn run(call: impl AsyncFn(Request) -> Response) {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    // `cargo bench` runs every bench without arguments.
    let (Some(name), Some(count)) = (arguments.next(), arguments.next()) else { return };
    let case = CASES.into_iter().find(|case| case.name == name).expect("one of the cases");
    let count: usize = count.parse().expect("a number of requests");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // What happens once: the first look at a clock, a lazily made handle.
        for _ in 0..100 {
            case.ask(&call).await;
        }
    });
    measured(&runtime, case, &call, count);
}

/// What `instructions` counts, and nothing outside it.
#[allow(dead_code, reason = "for the programs that only ask")]
#[inline(never)]
fn measured(runtime: &Runtime, case: Case, call: &impl AsyncFn(Request) -> Response, count: usize) {
    runtime.block_on(async {
        for _ in 0..count {
            case.ask(call).await;
        }
    });
}
