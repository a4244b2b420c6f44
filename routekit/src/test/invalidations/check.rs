//! The check itself.

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{body::Body, extract::Request, response::Response};
use http::{Method, header, request::Parts};
use http_body_util::BodyExt;
use tokio::sync::Mutex;

use super::{found::ForgottenInvalidation, uncached::Uncached};
use crate::{
    App, ManualClock,
    app::TableRow,
    cache::Cache,
    test::{TestApp, answer::Answer, matched::matched},
};

/// Finds writes that leave stale responses in the cache, because their `invalidates` is missing or too narrow.
///
/// A scenario runs on two apps that share their data, one with its cache and one without. After each write, the check
/// repeats all reads of the scenario so far on both. A response from the cache whose content differs from the one
/// without a cache is stale, and the write should have invalidated it.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use routekit::{ManualClock, config::Config, prelude::*, test::InvalidationCheck};
///
/// #[derive(Default)]
/// struct Names(Mutex<Vec<String>>);
///
/// #[get("/names", cache(ttl = 60, tags = "names"))]
/// async fn list(names: Dep<Names>) -> String {
///     names.0.lock().unwrap().join(",")
/// }
///
/// #[post("/names/{name}")] // without `invalidates("names")`
/// async fn add(name: String, names: Dep<Names>) {
///     names.0.lock().unwrap().push(name);
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let names = Arc::new(Names::default());
/// let app = || App::with_routes(routes![list, add]).provide_shared(Arc::clone(&names)).config(Config::default());
/// let found = InvalidationCheck::new(app, &ManualClock::new())
///     .run(async |app| {
///         app.get("/names").send().await;
///         app.post("/names/ann").send().await;
///     })
///     .await;
/// assert_eq!(found.len(), 1);
/// assert!(found[0].to_string().starts_with("POST /names/{name} ("));
/// assert!(found[0].to_string().ends_with("add `invalidates(\"names\")`, or those of its tags that change"));
/// # }
/// ```
///
/// 1. Both apps must share their data, such as a database or a value that is provided with
///    [`provide_shared`](App::provide_shared). Writes go to the app with the cache only.
/// 2. Responses whose content differs from request to request without a write, such as the time, are not compared.
/// 3. The repeated reads count for rate limits.
/// 4. Routes that may be stale by intention are named by [`allow_stale`](Self::allow_stale).
#[derive(Debug)]
#[must_use]
pub struct InvalidationCheck {
    cached: TestApp,
    uncached: TestApp,
    allowed: Vec<String>,
}

impl InvalidationCheck {
    /// Builds both apps on one clock. The function is called twice.
    ///
    /// # Panics
    /// If the app would not start; the message lists all problems.
    #[track_caller]
    pub fn new(app: impl Fn() -> App, clock: &ManualClock) -> Self {
        let cached = TestApp::builder(app()).clock(clock.clock()).build();
        let without = app().cache(Cache::builder().store(Uncached::default()));
        let uncached = TestApp::builder(without).clock(clock.clock()).build();
        Self { cached, uncached, allowed: Vec::new() }
    }

    /// Does not report this route, which may be stale by intention: `GET /statistics`.
    ///
    /// # Panics
    /// If the app has no such route.
    #[track_caller]
    pub fn allow_stale(mut self, route: impl Into<String>) -> Self {
        let route = route.into();
        if let Err(problem) = self.cached.table().find(&route, "`allow_stale`") {
            panic!("{problem}");
        }
        self.allowed.push(route);
        self
    }

    /// Runs the scenario, which sends its requests to the app that it is given, and returns what it has found, each
    /// write and route once. An app that shares nothing with the other is found, too: each write then leaves stale
    /// content.
    pub async fn run(self, scenario: impl AsyncFnOnce(TestApp)) -> Vec<ForgottenInvalidation> {
        let app = self.cached.clone();
        let watch = Arc::new(Watch { check: self, state: Mutex::default() });
        scenario(app.answered_by(Arc::clone(&watch) as Arc<dyn Answer>)).await;
        std::mem::take(&mut watch.state.lock().await.found)
    }
}

/// Watches the requests of a scenario.
struct Watch {
    check: InvalidationCheck,
    /// Held across requests, so that those of a scenario that sends several at once are compared one by one.
    state: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    reads: Vec<Read>,
    found: Vec<ForgottenInvalidation>,
}

/// A read that is repeated after each write.
struct Read {
    head: Parts,
    /// Whether it is stale already, so that later writes are not blamed.
    is_stale: bool,
}

impl Answer for Watch {
    fn answer(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            if method == Method::GET {
                let (head, body) = request.into_parts();
                let is_known =
                    state.reads.iter().any(|read| read.head.uri == head.uri && read.head.headers == head.headers);
                // A part of a content, and a condition, are not what a later read gets.
                let is_whole = !head.headers.contains_key(header::RANGE);
                if !is_known && is_whole {
                    state.reads.push(Read { head: head.clone(), is_stale: false });
                }
                return self.check.cached.call(Request::from_parts(head, body)).await;
            }
            let response = self.check.cached.call(request).await;
            if !method.is_safe() {
                self.compare(&mut state, (&method, &path)).await;
            }
            response
        })
    }
}

impl Watch {
    /// Repeats all reads after a write.
    async fn compare(&self, state: &mut Watched, write: (&Method, &str)) {
        let Watched { reads, found } = state;
        for read in reads {
            let InvalidationCheck { cached, uncached, allowed } = &self.check;
            let shown = Shown::read(cached, &read.head).await;
            let fresh = Shown::read(uncached, &read.head).await;
            if shown.is_same(&fresh) {
                read.is_stale = false;
                continue;
            }
            // What differs without a write cannot be compared.
            if !Shown::read(uncached, &read.head).await.is_same(&fresh) {
                continue;
            }
            let path = read.head.uri.path();
            // Errors are not stored: a rate limit, or an app that is not well.
            if !shown.is_stored && !(shown.is_success && fresh.is_success) {
                continue;
            }
            let table = cached.table();
            let label = |row: Option<&TableRow>, (method, path): (&Method, &str)| match row {
                Some(row) => format!("{} {} ({})", row.meta.method(), row.path, row.meta.location()),
                None => format!("{method} {path}"),
            };
            let stale = matched(table, &Method::GET, path);
            let is_allowed = stale.is_some_and(|row| allowed.contains(&format!("{} {}", row.meta.method(), row.path)));
            if std::mem::replace(&mut read.is_stale, true) || is_allowed {
                continue;
            }
            let policy = stale.and_then(|row| row.policies.cache.as_ref());
            let forgotten = ForgottenInvalidation {
                write: label(matched(table, write.0, write.1), write),
                stale: label(stale, (&Method::GET, path)),
                request: format!("GET {}", read.head.uri),
                is_response: shown.is_stored,
                tags: policy.map(|policy| policy.tags().iter().map(ToString::to_string).collect()).unwrap_or_default(),
            };
            let is_known =
                |known: &ForgottenInvalidation| (&known.write, &known.stale) == (&forgotten.write, &forgotten.stale);
            if !found.iter().any(is_known) {
                found.push(forgotten);
            }
        }
    }
}

/// What a client sees of a response.
struct Shown {
    status: u16,
    body: bytes::Bytes,
    is_success: bool,
    /// Whether it comes from the cache.
    is_stored: bool,
}

impl Shown {
    async fn read(app: &TestApp, head: &Parts) -> Self {
        let mut request = Request::from_parts(head.clone(), Body::empty());
        // A condition would hide the content.
        for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
            request.headers_mut().remove(name);
        }
        let response = app.call(request).await;
        let is_stored = response.headers().get("x-cache").is_some_and(|value| value == "HIT" || value == "STALE");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Self { status: parts.status.as_u16(), body, is_success: parts.status.is_success(), is_stored }
    }

    /// Errors are equal by their status: their problems have the id of the request.
    fn is_same(&self, other: &Self) -> bool {
        self.status == other.status && (self.status >= 400 || self.body == other.body)
    }
}
