//! The test kit: forgotten invalidations, responses that are not what the document says, snapshots.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use routekit::{
    ManualClock,
    cache::{Cache, CacheOptions},
    config::Config,
    describe::{DescribeResponse, NoPayload, Output},
    prelude::*,
    respond::Created,
    test::{ForgottenInvalidation, InvalidationCheck, TestApp},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Default)]
struct Parcels {
    states: Mutex<Vec<String>>,
    shown: AtomicU64,
}

impl Parcels {
    fn joined(&self) -> String {
        self.states.lock().unwrap().join(",")
    }
}

#[get("/kit/parcels", cache(ttl = 60, tags = "parcels"))]
async fn list(parcels: Dep<Parcels>) -> String {
    parcels.joined()
}

#[get("/kit/parcels/{id}", cache(ttl = 60, tags("parcel:{id}")))]
async fn show(id: usize, parcels: Dep<Parcels>) -> Result<String> {
    parcels.states.lock().unwrap().get(id).cloned().ok_or_else(|| Problem::not_found("no parcel has this id"))
}

#[get("/kit/count", cache(ttl = 60))]
async fn count(parcels: Dep<Parcels>) -> String {
    parcels.states.lock().unwrap().len().to_string()
}

#[get("/kit/volatile", cache(ttl = 60))]
async fn volatile(parcels: Dep<Parcels>) -> String {
    parcels.shown.fetch_add(1, Ordering::Relaxed).to_string()
}

#[get("/kit/mine", auth, cache(ttl = 60, tags = "parcels", per = "user"))]
async fn mine(me: Identity, parcels: Dep<Parcels>) -> String {
    format!("{} {}", me.sub(), parcels.joined())
}

/// A value that the handler caches itself.
#[get("/kit/total")]
async fn total(cache: Dep<Cache>, parcels: Dep<Parcels>) -> Result<String> {
    let options = CacheOptions::new().ttl(Duration::from_secs(60)).tags(["parcels"]);
    let count = parcels.states.lock().unwrap().len();
    let total = cache.get_or_fill("kit-total", &options, async move || Ok::<_, Problem>(count)).await?;
    Ok(total.to_string())
}

#[post("/kit/sent/{state}", invalidates("parcels"))]
async fn create(state: String, parcels: Dep<Parcels>) -> Created<String> {
    parcels.states.lock().unwrap().push(state);
    Created(String::new())
}

/// Forgets the list.
#[put("/kit/parcels/{id}/{state}", invalidates("parcel:{id}"))]
async fn change(id: usize, state: String, parcels: Dep<Parcels>) {
    parcels.states.lock().unwrap()[id] = state;
}

/// Forgets everything.
#[delete("/kit/parcels")]
async fn clear(parcels: Dep<Parcels>) {
    parcels.states.lock().unwrap().clear();
}

/// Forgets all users but the one who writes.
#[post("/kit/mine/{state}", auth, invalidates(user))]
async fn create_mine(state: String, parcels: Dep<Parcels>) {
    parcels.states.lock().unwrap().push(state);
}

/// A check of an app whose parcels both of its apps share.
fn check() -> InvalidationCheck {
    let parcels = Arc::new(Parcels::default());
    let app = move || {
        App::with_routes(routes![list, show, count, volatile, mine, total, create, create_mine, change, clear])
            .provide_shared(Arc::clone(&parcels))
            .identify(async |_| None)
            // Settings of the cache apply to both apps.
            .config(Config::builder().variable("ROUTEKIT_CACHE_MAX_BYTES", "1MiB").build().unwrap())
    };
    InvalidationCheck::new(app, &ManualClock::new())
}

/// What was found, without the places.
fn pairs(found: &[ForgottenInvalidation]) -> Vec<(&str, &str, &str)> {
    let route = |text: &str| text.find(" (").unwrap_or(text.len());
    let pair = |found: &ForgottenInvalidation| (route(&found.write), route(&found.stale));
    found.iter().map(|one| (&one.write[..pair(one).0], &one.stale[..pair(one).1], one.request.as_str())).collect()
}

#[tokio::test]
async fn forgotten_invalidations_name_the_write_and_the_stale_route() {
    let found = check()
        .run(async |app| {
            app.get("/kit/parcels").send().await;
            app.post("/kit/sent/sent").send().await;
            app.get("/kit/parcels/0").send().await;
            app.get("/kit/volatile").send().await;
            app.put("/kit/parcels/0/lost").send().await;
            app.delete("/kit/parcels").send().await;
        })
        .await;
    assert_eq!(
        pairs(&found),
        [
            ("PUT /kit/parcels/{id}/{state}", "GET /kit/parcels", "GET /kit/parcels"),
            ("DELETE /kit/parcels", "GET /kit/parcels/{id}", "GET /kit/parcels/0"),
        ]
    );
    assert!(found[0].to_string().ends_with("add `invalidates(\"parcels\")`, or those of its tags that change"));
    assert_eq!(found[1].tags, ["parcel:{id}"]);
}

#[tokio::test]
async fn complete_invalidations_are_not_reported() {
    let found = check()
        .run(async |app| {
            app.get("/kit/parcels?page=1").send().await;
            app.get("/kit/mine").identity(&Identity::new("ann")).send().await;
            app.get("/kit/mine").identity(&Identity::new("bob")).send().await;
            app.post("/kit/sent/sent").send().await;
            app.post("/kit/sent/sent").send().await;
        })
        .await;
    assert_eq!(found, []);
}

#[tokio::test]
async fn reads_of_each_user_are_repeated() {
    let (ann, bob) = (Identity::new("ann"), Identity::new("bob"));
    let found = check()
        .run(async |app| {
            app.get("/kit/mine").identity(&ann).send().await;
            app.get("/kit/mine").identity(&bob).send().await;
            app.post("/kit/mine/sent").identity(&ann).send().await;
        })
        .await;
    assert_eq!(pairs(&found), [("POST /kit/mine/{state}", "GET /kit/mine", "GET /kit/mine")]);
}

#[tokio::test]
async fn route_that_may_be_stale_is_not_reported() {
    let scenario = async |app: TestApp| {
        app.get("/kit/count").send().await;
        app.post("/kit/sent/sent").send().await;
    };
    let found = check().run(scenario).await;
    assert_eq!(pairs(&found), [("POST /kit/sent/{state}", "GET /kit/count", "GET /kit/count")]);
    assert!(found[0].to_string().ends_with("give the cached route `tags`, and invalidate them in the other one"));
    assert_eq!(check().allow_stale("GET /kit/count").run(scenario).await, []);
    let unknown = catch_unwind(AssertUnwindSafe(|| check().allow_stale("GET /kit/coun"))).unwrap_err();
    let text = unknown.downcast_ref::<String>().unwrap();
    assert!(text.contains("did you mean `GET /kit/count`?"), "{text}");
}

#[tokio::test]
async fn stale_values_and_apps_that_share_nothing_are_found() {
    let read_and_write = async |app: TestApp| {
        app.get("/kit/total").send().await;
        app.post("/kit/sent/sent").send().await;
        app.delete("/kit/parcels").send().await;
    };
    let found = check().run(read_and_write).await;
    assert_eq!(pairs(&found), [("DELETE /kit/parcels", "GET /kit/total", "GET /kit/total")]);
    assert!(!found[0].is_from_cache);
    assert!(found[0].to_string().contains("invalidate the values that the handler keeps in the cache"), "{}", found[0]);
    let apart = || App::with_routes(routes![list, create]).provide(Parcels::default()).config(Config::default());
    let check = InvalidationCheck::new(apart, &ManualClock::new());
    let found = check
        .run(async |app| {
            app.get("/kit/parcels").send().await;
            app.post("/kit/sent/sent").send().await;
        })
        .await;
    assert!(found[0].to_string().ends_with("or let both apps share their data"), "{}", found[0]);
}

/// What a schema promises, and what the handler answers in its place.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Promised {
    id: Uuid,
    #[schemars(range(max = 10))]
    weight: u32,
}

#[get("/kit/promised/{weight}")]
async fn promised(weight: u32) -> Json<Promised> {
    Json(Promised { id: Uuid::new_v4(), weight })
}

#[get("/kit/wrong-type")]
async fn wrong_type() -> Created<String> {
    Created("text".to_owned())
}

#[test]
fn response_that_is_not_what_the_document_says_is_named() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let app = TestApp::new(App::with_routes(routes![promised, wrong_type, plain]).config(Config::default()));
    let get = |path: &str| runtime.block_on(app.get(path).send());
    for path in ["/kit/promised/3", "/kit/promised/x", "/kit/wrong-type"] {
        get(path).assert_matches_schema();
    }
    let failure = |response: &routekit::test::TestResponse| {
        let panic = catch_unwind(AssertUnwindSafe(|| response.assert_matches_schema())).unwrap_err();
        panic.downcast_ref::<String>().cloned().unwrap()
    };
    let text = failure(&get("/kit/promised/30"));
    assert!(
        text.starts_with(
            "GET /kit/promised/30: the body of the 200 does not match its schema:\n  /weight: 30 is greater than the \
             maximum of 10"
        ),
        "{text}"
    );
    let text = failure(&get("/kit/nowhere"));
    assert_eq!(text, "GET /kit/nowhere: the document has no operation with this method and path");
    let text = failure(&get("/kit/plain"));
    assert!(text.contains("the 200 has a body, and the document says it has none"), "{text}");
}

/// A type whose description has no content, and that answers with HTML.
#[get("/kit/plain")]
async fn plain() -> Described {
    Described
}

struct Described;

impl axum::response::IntoResponse for Described {
    fn into_response(self) -> axum::response::Response {
        axum::response::Html("<p>").into_response()
    }
}

impl DescribeResponse for Described {
    type Payload = NoPayload;
    type Error = NoPayload;

    fn describe(output: &mut Output) {
        output.status(200);
    }
}

#[tokio::test]
async fn snapshots_of_two_runs_are_equal() {
    let app = TestApp::new(App::with_routes(routes![promised]).config(Config::default()));
    let take = async |path: &str| app.get(path).send().await.snapshot().to_string();
    let (one, other) = (take("/kit/promised/3").await, take("/kit/promised/3").await);
    assert_eq!(one, other);
    assert!(one.starts_with("200 OK\n"), "{one}");
    assert!(one.contains("content-type: application/json\n"), "{one}");
    assert!(one.contains("content-length: [length]\n"), "{one}");
    assert!(one.ends_with("\n\n{\n  \"id\": \"[uuid 1]\",\n  \"weight\": 3\n}\n"), "{one}");
    let hidden = app.get("/kit/promised/3").send().await;
    let hidden = hidden.snapshot().without("weight").to_string();
    assert!(hidden.contains("\"weight\": \"[weight]\""), "{hidden}");
    let missing = take("/nowhere").await;
    assert!(missing.starts_with(&StatusCode::NOT_FOUND.to_string()), "{missing}");
    let body: Value = serde_json::from_str(missing.split("\n\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["correlationId"], json!("[uuid 1]"));
    assert!(missing.contains("x-correlation-id: [uuid 1]\n"), "{missing}");
}
