//! Breakers that routes share, and declarations of them that conflict.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Method, StatusCode};
use routekit::{
    breaker::{Breakers, CircuitBreaker},
    config::Config,
    prelude::*,
    retry::Retry,
    test::TestApp,
};

#[expect(clippy::unused_async, reason = "as a call of another server is")]
async fn down() -> StatusCode {
    StatusCode::BAD_GATEWAY
}

#[get("/n/a", breaker(name = "payments", failure_rate = 0.2, min_calls = 5))]
async fn first() -> StatusCode {
    down().await
}

#[get("/n/b", breaker(name = "payments"))]
async fn refers() -> StatusCode {
    down().await
}

#[get("/n/c", breaker(name = "payments", failure_rate = 0.2, min_calls = 5))]
async fn says_the_same() -> StatusCode {
    down().await
}

#[get("/n/d", breaker(name = "payments", failure_rate = 0.3, min_calls = 5))]
async fn differs() -> StatusCode {
    down().await
}

/// Calls through a breaker that the handler looks up.
#[get("/n/charge")]
async fn charge(breakers: Dep<Breakers>) -> Result<&'static str> {
    let payments = breakers.get("payments").ok_or(Problem::not_found("no such breaker"))?;
    let charged = payments.call(|| async { Ok::<_, std::io::Error>("charged") }).await;
    Ok(charged?)
}

/// A dependency that handlers call, and its number of calls.
#[derive(Default)]
struct Client(AtomicUsize);

impl Client {
    #[expect(clippy::unused_async, reason = "as a client's call is")]
    async fn balance(&self) -> std::io::Result<u32> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(std::io::Error::other("down"))
    }
}

/// A named breaker as a dependency.
struct Payments(CircuitBreaker);

#[get("/n/provided")]
async fn provided(payments: Dep<Payments>) -> String {
    payments.0.name().to_owned()
}

#[tokio::test]
async fn named_breaker_is_provided_as_a_dependency() {
    let app = App::with_routes(routes![provided, first]).provide_breaker("payments", Payments);
    let app = TestApp::new(app);
    assert_eq!(app.get("/n/provided").send().await.text(), "payments", "of a route");
    let breaker = CircuitBreaker::builder("payments").build().unwrap();
    let app = App::with_routes(routes![provided]).breaker(breaker).provide_breaker("payments", Payments);
    assert_eq!(TestApp::new(app).get("/n/provided").send().await.text(), "payments", "of the program");
    let app = || App::with_routes(routes![provided, first]).provide_breaker("payments", Payments);
    let file = "[route.'GET /n/a']\nbreaker = 'off'";
    let off = Config::builder().toml("f.toml", file).build().unwrap();
    assert!(app().config(off).into_router().is_ok(), "configuration switches it off on its route");
    let fake = Payments(CircuitBreaker::builder("fake").build().unwrap());
    let app = TestApp::builder(app()).provide(fake).build();
    assert_eq!(app.get("/n/provided").send().await.text(), "fake", "a test replaces it");
}

#[test]
fn provided_breaker_with_an_unknown_name_is_a_startup_error() {
    let app = App::with_routes(routes![provided, first]).provide_breaker("payment", Payments);
    let error = app.config(Config::default()).into_router().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!((problem.code(), problem.locations().len()), ("unknown-breaker", 1), "{error}");
    let text = problem.to_string();
    assert!(text.contains("tests/suite/breaker/named.rs:"), "{text}");
    assert!(text.contains("`payment`, which the app does not have; did you mean `payments`?"), "{text}");
    let app = App::with_routes(routes![provided, first, differs]).provide_breaker("payments", Payments);
    let error = app.config(Config::default()).into_router().unwrap_err();
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!(problem.code(), "different-breakers", "the name is known: {error}");
}

#[get("/n/balance", timeout = "5s")]
async fn balance(breakers: Dep<Breakers>, client: Dep<Client>, retry: Dep<Retry>) -> Result<Json<u32>> {
    let bank = breakers.get("bank").expect("the app has it");
    Ok(Json(retry.call(&Method::GET, || bank.call(|| client.balance())).await?))
}

fn problems(app: App) -> String {
    TestApp::builder(app).try_build().err().map_or_else(String::new, |error| error.to_string())
}

#[tokio::test]
async fn routes_that_share_a_breaker_open_together() {
    let app = TestApp::new(App::with_routes(routes![first, refers, says_the_same, charge]));
    assert_eq!(app.get("/n/charge").send().await.text(), "charged");
    for path in ["/n/a", "/n/b", "/n/c", "/n/a"] {
        assert_eq!(app.get(path).send().await.status(), 502, "{path}");
    }
    for path in ["/n/a", "/n/b", "/n/c", "/n/charge"] {
        let refused = app.get(path).send().await;
        assert_eq!((refused.status().as_u16(), refused.header("retry-after")), (503, Some("60")), "{path}");
    }
}

#[tokio::test]
async fn registered_breaker_is_found_by_routes_and_handlers() {
    let payments = || CircuitBreaker::builder("payments").failure_rate(0.2).min_calls(5).build().unwrap();
    let breaker = payments();
    let app = TestApp::new(App::with_routes(routes![first, refers, charge]).breaker(breaker.clone()));
    breaker.force_open();
    for path in ["/n/a", "/n/b", "/n/charge"] {
        assert_eq!(app.get(path).send().await.status(), 503, "{path}");
    }
    assert_eq!(problems(App::with_routes(routes![charge]).breaker(payments())), "");
}

#[test]
fn conflicting_declarations_of_one_breaker_are_a_startup_error() {
    let said = problems(App::with_routes(routes![first, refers, differs]));
    let expected = [
        "the circuit breaker `payments` is declared in different ways; \
         declare it once, and write `breaker(name = \"payments\")` elsewhere",
        "GET /n/a (tests/suite/breaker/named.rs:",
        "failure_rate 0.2, window 60s, min_calls 5, open_for 60s, half_open_calls 1",
        "GET /n/d (tests/suite/breaker/named.rs:",
        "failure_rate 0.3,",
    ];
    for part in expected {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(!said.contains("/n/b"), "it says its name alone: {said}");
}

#[get("/n/misspelt", breaker(name = "paymants"))]
async fn misspelt() {}

#[get("/n/alone", breaker(name = "warehouse"))]
async fn alone() {}

#[get("/n/db2", breaker(name = "db2"))]
async fn second_database() {}

#[test]
fn misspelt_name_of_a_breaker_is_a_startup_error() {
    let said = problems(App::with_routes(routes![first, misspelt]));
    for part in ["GET /n/misspelt (tests/suite/breaker/named.rs:", "`paymants`", "did you mean `payments`?"] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert_eq!(problems(App::with_routes(routes![first, alone])), "", "a breaker of its own with the default settings");
    let db1 = || CircuitBreaker::builder("db1").build().unwrap();
    assert_eq!(problems(App::with_routes(routes![second_database]).breaker(db1())), "", "another number");
    assert_eq!(problems(App::with_routes(routes![misspelt])), "", "no other breaker has such a name");
}

#[test]
fn declaration_that_differs_from_the_registered_breaker_is_a_startup_error() {
    let payments = || CircuitBreaker::builder("payments").build().unwrap();
    let said = problems(App::with_routes(routes![first]).breaker(payments()));
    assert!(said.contains("`.breaker(…)` at tests/suite/breaker/named.rs:"), "{said}");
    let said = problems(App::with_routes(routes![charge]).breaker(payments()).breaker(payments()));
    assert!(said.contains("declared in different ways"), "{said}");
    let said = problems(App::with_routes(routes![charge]).provide(Breakers::default()));
    assert!(said.contains("give it yours with `.breaker(…)`"), "{said}");
}

#[tokio::test]
async fn configuration_switches_off_one_breaker_only() {
    let configured = |toml: &str| Config::builder().toml("routekit.toml", toml).build().unwrap();
    let app = App::with_routes(routes![first]).config(configured("[route.\"GET /n/a\"]\nbreaker = \"off\"\n"));
    let app = TestApp::new(app);
    for _ in 0..20 {
        assert_eq!(app.get("/n/a").send().await.status(), 502);
    }
    assert_eq!(app.admin().get("/breakers").send().await.text(), "[]");
    let said = app.table().explain("GET /n/a").unwrap().to_string();
    assert!(said.contains("breaker = off (routekit.toml)"), "{said}");
    // The other routes keep what they declare.
    let off = configured("[route.\"GET /n/a\"]\nbreaker = \"off\"\n");
    let app = TestApp::new(App::with_routes(routes![first, refers]).config(off));
    for _ in 0..20 {
        assert_eq!(app.get("/n/a").send().await.status(), 502);
    }
    for status in [502, 502, 502, 502, 502, 503] {
        assert_eq!(app.get("/n/b").send().await.status(), status);
    }
    let on_another = configured("[route.\"GET /n/charge\"]\nbreaker = \"off\"\n");
    let said = problems(App::with_routes(routes![charge]).config(on_another));
    assert!(
        said.contains("`route.\"GET /n/charge\".breaker` in routekit.toml is `off`: the route declares no `breaker`"),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn retry_behind_an_open_breaker_is_503_after_one_attempt() {
    let (bank, client) = (CircuitBreaker::builder("bank").build().unwrap(), std::sync::Arc::new(Client::default()));
    let app = App::with_routes(routes![balance]).breaker(bank).provide(Retry::new()).provide_shared(client.clone());
    let app = TestApp::new(app);
    let ask = async || {
        let answer = app.get("/n/balance").send().await;
        (answer.status().as_u16(), answer.header("retry-after").is_some(), client.0.load(Ordering::SeqCst))
    };
    for attempts in [3, 6, 9] {
        assert_eq!(ask().await, (500, false, attempts));
    }
    // The tenth call opens the breaker, and a refused call is not retried.
    for _ in 0..3 {
        assert_eq!(ask().await, (503, true, 10));
    }
}
