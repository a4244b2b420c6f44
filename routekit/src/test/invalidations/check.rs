//! The check itself.

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{body::Body, extract::Request, response::Response};
use http::{Method, header, request::Parts};
use http_body_util::BodyExt;
use tokio::sync::Mutex;

use super::{found::ForgottenInvalidation, uncached::Uncached};
use crate::{
    App, Identity, ManualClock,
    app::TableRow,
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
/// 4. A GET route that declares `invalidates` is a write. What the scenario changes without a request is blamed on the
///    next write.
/// 5. Event streams are not repeated.
/// 6. Routes that may be stale by intention are named by [`allow_stale`](Self::allow_stale).
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
        let without = app().change_cache(|cache| cache.store(Uncached::default()));
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
        let watch = Arc::new(ScenarioWatch { check: self, state: Mutex::default() });
        scenario(app.answered_by(Arc::clone(&watch) as Arc<dyn Answer>)).await;
        std::mem::take(&mut watch.state.lock().await.found)
    }
}

/// Watches the requests of a scenario.
struct ScenarioWatch {
    check: InvalidationCheck,
    /// Not held while a request of the scenario is processed, which may wait for another one.
    state: Mutex<WatchedReads>,
}

#[derive(Default)]
struct WatchedReads {
    reads: Vec<Read>,
    found: Vec<ForgottenInvalidation>,
}

/// A read that is repeated after each write.
struct Read {
    head: Parts,
    /// Whether it is stale already, so that later writes are not blamed.
    is_stale: bool,
}

impl Read {
    /// The read of a request, unless later clients do not send the like: for a part, with a condition, or past caches.
    fn of(mut head: Parts) -> Self {
        for name in
            [header::RANGE, header::CACHE_CONTROL, header::PRAGMA, header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE]
        {
            head.headers.remove(name);
        }
        Self { head, is_stale: false }
    }

    fn is_same(&self, other: &Self) -> bool {
        let identity = |head: &Parts| head.extensions.get::<Identity>().cloned();
        let (own, other) = (&self.head, &other.head);
        own.uri == other.uri && own.headers == other.headers && identity(own) == identity(other)
    }
}

impl Answer for ScenarioWatch {
    fn answer(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>> {
        Box::pin(async move {
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let (head, body) = request.into_parts();
            let read = (method == Method::GET).then(|| Read::of(head.clone()));
            let response = self.check.cached.call(Request::from_parts(head, body)).await;
            let route = matched(self.check.cached.table(), &method, &path);
            let is_write = !method.is_safe() || route.is_some_and(|row| row.policies.invalidates.is_some());
            let mut state = self.state.lock().await;
            if is_write {
                self.compare(&mut state, (&method, &path)).await;
            } else if let Some(read) = read.filter(|read| !is_endless(&response) && !state.knows(read)) {
                state.reads.push(read);
            }
            response
        })
    }
}

impl WatchedReads {
    fn knows(&self, read: &Read) -> bool {
        self.reads.iter().any(|known| known.is_same(read))
    }
}

/// Whether a response has no end by intention.
fn is_endless(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}

impl ScenarioWatch {
    /// Repeats all reads after a write.
    async fn compare(&self, state: &mut WatchedReads, write: (&Method, &str)) {
        let WatchedReads { reads, found } = state;
        for read in reads {
            let InvalidationCheck { cached, uncached, allowed } = &self.check;
            let shown = Shown::read(cached, &read.head).await;
            let fresh = Shown::read(uncached, &read.head).await;
            if shown.is_same(&fresh) {
                read.is_stale = false;
                continue;
            }
            // An app that refuses or fails says nothing about the content.
            if fresh.status == 429 || fresh.status >= 500 || !shown.is_stored && shown.status >= 400 {
                continue;
            }
            // What differs without a write cannot be compared.
            if !Shown::read(uncached, &read.head).await.is_same(&fresh) {
                continue;
            }
            let path = read.head.uri.path();
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
                is_from_cache: shown.is_stored,
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
    /// Whether it comes from the cache.
    is_stored: bool,
}

impl Shown {
    async fn read(app: &TestApp, head: &Parts) -> Self {
        let response = app.call(Request::from_parts(head.clone(), Body::empty())).await;
        let is_stored = response.headers().get("x-cache").is_some_and(|value| value == "HIT" || value == "STALE");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Self { status: parts.status.as_u16(), body, is_stored }
    }

    /// Errors are equal by their status: their problems have the id of the request.
    fn is_same(&self, other: &Self) -> bool {
        self.status == other.status && (self.status >= 400 || self.body == other.body)
    }
}
