//! Runs rows.

use std::{convert::Infallible, fmt::Write, sync::Arc, time::Duration};

use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderMap, HeaderName};
use http_body_util::BodyExt;
use routekit::{
    Identity, ManualClock, Spawner,
    cache::{Cache, CacheLayer},
};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::{HIT, Row, STALE, Step, handler::Handler, text};
use crate::{stores::Plain, support::idle};

/// Runs all rows and reports every one that fails.
pub(crate) async fn check(rows: Vec<Row>) {
    let mut failures = String::new();
    let mut failed = 0;
    for row in &rows {
        for (store, serialises) in [("embedded", false), ("entries as bytes", true)] {
            if let Err(why) = run(row, serialises).await {
                failed += 1;
                write!(failures, "\n{} (store: {store})\n{why}", row.name()).unwrap();
            }
        }
    }
    assert!(failed == 0, "{failed} of {} runs fail\n{failures}", 2 * rows.len());
}

/// Stops at the first step that fails, because later steps would only repeat the failure.
async fn run(row: &Row, serialises: bool) -> Result<(), String> {
    // The dates of the rows count from 1970.
    let clock = ManualClock::new();
    clock.set_unix_time(Duration::ZERO);
    let mut cache = Cache::builder().clock(clock.clock()).ttl_jitter(0.0).spawner(Spawner::tokio());
    if serialises {
        cache = cache.store(Plain::serialising(clock.clock()));
    }
    let handler = Arc::new(Handler::default());
    let inner = {
        let handler = Arc::clone(&handler);
        service_fn(move |request: Request| {
            let response = handler.answer(&request);
            async { Ok::<_, Infallible>(response) }
        })
    };
    let service = row.layered(CacheLayer::new(cache.build())).layer(inner);
    let mut told = HeaderMap::new();
    for (index, step) in row.steps.iter().enumerate() {
        clock.advance(step.after);
        if !step.answers.is_empty() {
            handler.is_to_say(&step.answers);
        }
        let before = handler.calls();
        let got = Got::of(&service, step, &told).await;
        // Lets background refreshes run.
        idle().await;
        let wrong = got.differs(step, &handler, handler.calls() - before, &told);
        if !wrong.is_empty() {
            let Step { method, path, .. } = step;
            let (n, time) = (index + 1, clock.unix_time());
            let wrong = wrong.join("; ");
            return Err(format!("  step {n}, {method} {path} at {time:?}: {wrong}\n  got {got:?}\n"));
        }
        for (name, value) in &got.headers {
            told.insert(name.clone(), value.clone());
        }
    }
    Ok(())
}

/// The response that the client got.
#[derive(Debug)]
struct Got {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Got {
    async fn of<S>(service: &S, step: &Step, told: &HeaderMap) -> Self
    where
        S: Service<Request, Response = Response, Error = Infallible> + Clone,
    {
        let mut request = Request::builder().method(step.method).uri(step.path).body(Body::empty()).unwrap();
        *request.headers_mut() = text::headers(&step.with, told);
        if let Some(user) = step.user {
            request.extensions_mut().insert(Identity::new(user));
        }
        let answer = tokio::time::timeout(Duration::from_secs(3600), service.clone().oneshot(request)).await;
        let (parts, body) = answer.expect("rows do not hang").unwrap().into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// The differences from what the step expects.
    fn differs(&self, step: &Step, handler: &Handler, asked: usize, told: &HeaderMap) -> Vec<String> {
        let mut wrong = Wrong::default();
        let x_cache = text::value(&self.headers, &HeaderName::from_static("x-cache")).unwrap_or_default();
        let mut expected = step.x_cache.split(" or ");
        wrong.unless(expected.any(|expected| expected == x_cache), || format!("X-Cache is not {}", step.x_cache));
        let from_store = matches!(step.x_cache, HIT | STALE);
        let status = step.status.unwrap_or_else(|| handler.expected_status(from_store));
        wrong.unless(self.status == status, || format!("the status is not {status}"));
        let asks = step.asks.or(match step.x_cache {
            HIT => Some(0),
            STALE => None,
            _ => Some(1),
        });
        wrong.unless(asks.is_none_or(|times| times == asked), || {
            format!("the handler was asked {asked} times, and not {}", asks.unwrap_or_default())
        });
        wrong.unless(step.body.is_none_or(|body| body == self.body), || format!("the body is not {:?}", step.body));
        let has_no_body = step.method == "HEAD" || matches!(status, 204 | 304);
        wrong.unless(!has_no_body || self.body.is_empty(), || "there is a body".to_owned());
        for line in &step.has {
            let (name, expected) = text::header(line, told);
            let value = text::value(&self.headers, &name);
            wrong.unless(value.as_deref() == expected.to_str().ok(), || format!("not {line:?}, but {value:?}"));
        }
        for line in &step.starts {
            let (name, expected) = text::header(line, told);
            let value = text::value(&self.headers, &name).unwrap_or_default();
            wrong.unless(value.starts_with(expected.to_str().unwrap()), || format!("not {line:?}…, but {value:?}"));
        }
        for name in &step.lacks {
            let value = self.headers.get(*name);
            wrong.unless(value.is_none(), || format!("there is {name}: {value:?}"));
        }
        let saw = handler.saw();
        for line in &step.shows {
            let (name, expected) = text::header(line, told);
            let value = text::value(&saw, &name);
            wrong.unless(value.as_deref() == expected.to_str().ok(), || {
                format!("the handler was shown {name}: {value:?}, and not {expected:?}")
            });
        }
        for name in &step.hides {
            let value = saw.get(*name);
            wrong.unless(value.is_none(), || format!("the handler was shown {name}: {value:?}"));
        }
        wrong.0
    }
}

#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, right: bool, why: impl FnOnce() -> String) {
        if !right {
            self.0.push(why());
        }
    }
}
