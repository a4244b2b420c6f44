//! Dependencies and states of existing axum code, both checked at start-up.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, State};
use http::request::Parts;
use routekit::{
    app::SetupProblem,
    config::Config,
    correlation::CorrelationId,
    deps::{Deps, MissingDependency},
    describe::{Describe, Input, NoPayload},
    prelude::*,
    test::TestApp,
};

struct Store(&'static str);

#[derive(Clone)]
struct AppState {
    name: &'static str,
    pool: Pool,
}

#[derive(Clone)]
struct Pool(u8);

impl FromRef<AppState> for Pool {
    fn from_ref(state: &AppState) -> Self {
        state.pool.clone()
    }
}

/// An extractor of existing code, bound to its state.
struct Tenant(String);

impl FromRequestParts<AppState> for Tenant {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self> {
        Ok(Self(format!("tenant of {}", state.name)))
    }
}

#[get("/old", state = AppState)]
async fn old(State(state): State<AppState>, State(pool): State<Pool>, tenant: Tenant, store: Dep<Store>) -> String {
    format!("{} {} {} {}", state.name, pool.0, tenant.0, store.0)
}

#[get("/new")]
async fn new(store: Dep<Store>, maybe: Option<Dep<Pool>>) -> String {
    format!("{} {}", store.0, maybe.is_some())
}

/// An extractor that uses a dependency and declares it.
struct Caller(String);

impl FromRequestParts<Deps> for Caller {
    type Rejection = MissingDependency;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, MissingDependency> {
        let store = <Dep<Store> as FromRequestParts<Deps>>::from_request_parts(parts, deps).await?;
        Ok(Self(store.0.to_owned()))
    }
}

impl Describe for Caller {
    type Payload = NoPayload;

    fn describe(input: &mut Input) {
        input.app();
        input.needs::<Store>();
    }
}

#[get("/caller")]
async fn caller(caller: Caller) -> String {
    caller.0
}

trait Mailer: Send + Sync {
    fn name(&self) -> String;
}

struct Smtp;

impl Mailer for Smtp {
    fn name(&self) -> String {
        "smtp".to_owned()
    }
}

#[get("/mailer")]
async fn mailer(mailer: Dep<dyn Mailer>) -> String {
    mailer.name()
}

fn state() -> AppState {
    AppState { name: "shop", pool: Pool(3) }
}

#[tokio::test]
async fn axum_state_code_works_unchanged() {
    let app = TestApp::new(App::with_routes(routes![old]).provide(state()).provide(Store("s")));
    assert_eq!(app.get("/old").send().await.text(), "shop 3 tenant of shop s");
}

#[tokio::test]
async fn dependencies_are_injected() {
    let app = TestApp::new(App::with_routes(routes![new, caller]).provide(Store("s")));
    assert_eq!(app.get("/new").send().await.text(), "s false");
    assert_eq!(app.get("/caller").send().await.text(), "s");
    let app = TestApp::new(App::with_routes(routes![new]).provide(Store("s")).provide(Pool(1)));
    assert_eq!(app.get("/new").send().await.text(), "s true");
    let app = TestApp::new(App::with_routes(routes![mailer]).provide_shared::<dyn Mailer>(Arc::new(Smtp)));
    assert_eq!(app.get("/mailer").send().await.text(), "smtp");
}

fn is_missing(problem: &SetupProblem, code: &str, what: &str, routes: usize) -> bool {
    problem.code() == code && problem.to_string().contains(what) && problem.locations().len() == routes
}

#[test]
fn missing_dependency_is_a_startup_error() {
    let error = App::with_routes(routes![old, new, caller, mailer]).into_router().unwrap_err();
    let problems = error.problems();
    assert_eq!(problems.len(), 3, "{error}");
    assert!(
        is_missing(&problems[0], "missing-dependency", "Mailer` is not provided", 1)
            && problems[0].to_string().contains("`dyn "),
        "{error}"
    );
    assert!(is_missing(&problems[1], "missing-dependency", "Store` is not provided", 3), "{error}");
    assert!(is_missing(&problems[2], "missing-state", "AppState` is not provided", 1), "{error}");
    let text = error.to_string();
    for route in ["GET /old (tests/suite/state.rs:", "GET /new (tests/suite/state.rs:"] {
        assert!(text.contains(route), "{text}");
    }
}

#[get("/wrapped")]
async fn wrapped(_shared: Dep<Arc<Pool>>) {}

#[get("/shared-state", state = Arc<Pool>)]
async fn shared_state(State(_): State<Arc<Pool>>) {}

/// Each message says what to write, and the code that it names compiles.
#[test]
fn missing_dependency_error_names_the_call() {
    let problems = |app: App| app.config(Config::default()).into_router().unwrap_err().to_string();
    let boxed: Box<dyn Mailer> = Box::new(Smtp);
    let arc: Arc<dyn Mailer> = Arc::new(Smtp);
    for (name, app, expected) in [
        ("a trait object", App::with_routes(routes![mailer]), "Mailer>(Arc::new(…))` to the app"),
        (
            "a trait object in an Arc",
            App::with_routes(routes![mailer]).provide(arc),
            "Mailer>` is; write `.provide_shared::<dyn suite::state::Mailer>(…)` in place of `.provide(…)`",
        ),
        (
            "a trait object in a Box",
            App::with_routes(routes![mailer]).provide(boxed),
            "Mailer>` is; write `.provide_shared::<dyn suite::state::Mailer>(Arc::from(…))` in place of",
        ),
        (
            "a value in an Arc",
            App::with_routes(routes![caller]).provide(Arc::new(Store("s"))),
            "`suite::state::Store` is not provided, but `Arc<suite::state::Store>` is; write `.provide_shared(…)`",
        ),
        (
            "a value in a Dep",
            App::with_routes(routes![caller]).provide(Dep::from(Store("s"))),
            "but `Dep<suite::state::Store>` is; provide the value inside",
        ),
        (
            "an Arc is wanted",
            App::with_routes(routes![wrapped]).provide(Pool(1)),
            "but `suite::state::Pool` is; write `Dep<suite::state::Pool>`, which is an `Arc` already",
        ),
        (
            "a state in an Arc",
            App::with_routes(routes![old]).provide(Arc::new(state())).provide(Store("s")),
            "AppState` is not provided, but `Arc<suite::state::AppState>` is; provide the value inside",
        ),
        (
            "a state in an Arc is wanted",
            App::with_routes(routes![shared_state]).provide(Pool(1)),
            "Arc<suite::state::Pool>` is not provided, but `suite::state::Pool` is; write `.provide(Arc::new(…))`",
        ),
    ] {
        let text = problems(app);
        assert!(text.contains(expected), "{name}: {text}");
    }
}

#[test]
fn type_provided_twice_is_a_startup_error() {
    let error = App::with_routes(routes![new]).provide(Store("a")).provide(Store("b")).into_router().unwrap_err();
    let problem = &error.problems()[0];
    assert_eq!((problem.code(), problem.locations().len()), ("provided-twice", 2), "{error}");
}

#[tokio::test]
async fn test_can_replace_a_dependency() {
    let app = App::with_routes(routes![new, mailer]).provide(Store("real"));
    let app = TestApp::builder(app).only(routes![new]).provide(Store("fake")).build();
    assert_eq!(app.get("/new").send().await.text(), "fake false");
    assert_eq!(app.get("/mailer").send().await.status(), 404);
}

#[get("/with-fallback", breaker(failure_rate = 0.5, fallback = from_store, fallback_on_error = from_pool))]
async fn with_fallback(_pool: Dep<Pool>) {}

async fn from_store(_id: CorrelationId, store: Dep<Store>, _mailer: Option<Dep<dyn Mailer>>) -> &'static str {
    store.0
}

async fn from_pool(_pool: Dep<Pool>) {}

#[test]
fn missing_dependency_of_a_fallback_is_a_startup_error() {
    let app = || App::with_routes(routes![with_fallback]).config(Config::default());
    let error = app().provide(Pool(1)).into_router().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert!(is_missing(problem, "missing-dependency", "`suite::state::Store` is not provided; add", 1), "{error}");
    assert!(problem.locations()[0].starts_with("the fallback of GET /with-fallback (tests/"), "{error}");
    let error = app().provide(Store("s")).into_router().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert!(is_missing(problem, "missing-dependency", "`suite::state::Pool` is not provided", 2), "{error}");
    assert!(app().provide(Pool(1)).provide(Store("s")).into_router().is_ok());
}
