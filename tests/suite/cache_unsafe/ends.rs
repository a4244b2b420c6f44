//! Routes of an app, for each way in which they can end.

use routekit::{prelude::*, route::Route, test::TestApp};

use super::{MINUTE, did, items, request, start};
use crate::support::is_pending;

#[tokio::test(start_paused = true)]
async fn unsafe_request_invalidates_its_url() {
    for (name, asked, expected) in [
        ("POST", "POST /unsafe/items/7", "MISS"),
        ("PUT", "PUT /unsafe/items/7", "MISS"),
        ("PATCH", "PATCH /unsafe/items/7", "MISS"),
        ("DELETE", "DELETE /unsafe/items/7", "MISS"),
        ("another URL", "POST /unsafe/items/8", "HIT"),
        ("another query", "POST /unsafe/items/7?page=2", "MISS"),
        ("HEAD", "HEAD /unsafe/items/7", "HIT"),
        ("OPTIONS", "OPTIONS /unsafe/items/7", "HIT"),
        ("GET", "GET /unsafe/items/7?other", "HIT"),
        ("TRACE, which is not allowed", "TRACE /unsafe/items/7", "HIT"),
        ("a method that is not allowed", "PURGE /unsafe/items/7", "HIT"),
        ("201", "POST /unsafe/items/7; x-end: 201", "MISS"),
        ("303", "POST /unsafe/items/7; x-end: 303", "MISS"),
        ("400", "POST /unsafe/items/7; x-end: 400", "HIT"),
        ("404", "POST /unsafe/items/7; x-end: 404", "HIT"),
        ("409", "PUT /unsafe/items/7; x-end: 409", "HIT"),
        ("409 where something else is declared", "DELETE /unsafe/items/7; x-end: 409", "HIT"),
        ("500", "POST /unsafe/items/7; x-end: 500", "MISS"),
        ("503 where something else is declared", "DELETE /unsafe/items/7; x-end: 503", "MISS"),
        ("a panic", "POST /unsafe/items/7; x-end: panic", "MISS"),
        ("a panic where something else is declared", "DELETE /unsafe/items/7; x-end: panic", "MISS"),
        ("a timeout", "PUT /unsafe/items/7; x-end: never", "MISS"),
        ("Location", "POST /unsafe/items/8; x-answer-location: /unsafe/items/7", "MISS"),
        ("Location with a query", "POST /unsafe/items/8; x-answer-location: /unsafe/items/7?new=1", "MISS"),
        ("a relative Location", "POST /unsafe/items/8; x-answer-location: 7", "MISS"),
        ("an absolute one", "POST /unsafe/items/8; x-answer-location: http://api.example.com/unsafe/items/7", "MISS"),
        ("one of another host", "POST /unsafe/items/8; x-answer-location: http://example.com/unsafe/items/7", "HIT"),
        ("one without a scheme", "POST /unsafe/items/8; x-answer-location: //api.example.com/unsafe/items/7", "MISS"),
        ("one that is nothing", "POST /unsafe/items/8; x-answer-location: http://:x/unsafe/items/7", "HIT"),
        ("Content-Location", "PUT /unsafe/items/8; x-answer-content-location: /unsafe/items/7", "MISS"),
        ("one of another host", "PUT /unsafe/items/8; x-answer-content-location: //x/unsafe/items/7", "HIT"),
        ("Location where something is declared", "DELETE /unsafe/items/8; x-answer-location: 7", "MISS"),
        ("Location of a 500", "POST /unsafe/items/8; x-end: 500; x-answer-location: 7", "MISS"),
        ("Location of a 409", "POST /unsafe/items/8; x-end: 409; x-answer-location: 7", "HIT"),
    ] {
        let app = start(App::with_routes(items()));
        // The cached page has a query of its own.
        let cached = ["/unsafe/items/7", "/unsafe/items/7?page=1"];
        for path in cached {
            assert_eq!([did(&app, path).await, did(&app, path).await], ["MISS", "HIT"], "{name}");
        }
        app.call(request(asked)).await;
        for path in cached {
            assert_eq!(did(&app, path).await, expected, "{name}: {path}");
            assert_eq!(did(&app, path).await, "HIT", "{name}: what is computed afterwards is valid");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn url_is_invalidated_when_the_client_leaves() {
    for (name, method) in [("nothing is declared", "POST"), ("something else is", "DELETE")] {
        let app = start(App::with_routes(items()));
        let path = "/unsafe/items/7";
        did(&app, path).await;
        let mut left = Box::pin(app.call(request(&format!("{method} {path}; x-end: never"))));
        assert!(is_pending(&mut left).await);
        tokio::time::sleep(MINUTE).await;
        assert!(is_pending(&mut left).await);
        assert_eq!(did(&app, path).await, "HIT", "{name}: it is not answered");
        drop(left);
        assert_eq!([did(&app, path).await, did(&app, path).await], ["MISS", "HIT"], "{name}");
    }
}

#[get("/unsafe/mine", auth(optional), cache(ttl = 600, per = "user"))]
async fn mine(who: Option<Identity>) -> String {
    who.map_or_else(String::new, |who| who.sub().to_owned())
}

#[post("/unsafe/mine", auth(optional))]
async fn change_mine() {}

#[tokio::test]
async fn unsafe_request_invalidates_the_url_for_every_user() {
    let app = start(App::with_routes(routes![mine, change_mine]).verifier(crate::auth::Header));
    let users = ["ann", "ben"].map(Identity::new);
    let asked = async |who: &Identity| {
        let answer = app.get("/unsafe/mine").identity(who).send().await;
        answer.header("x-cache").unwrap().to_owned()
    };
    for expected in ["MISS", "HIT"] {
        for who in &users {
            assert_eq!(asked(who).await, expected);
        }
    }
    app.post("/unsafe/mine").identity(&users[0]).send().await;
    for who in &users {
        assert_eq!(asked(who).await, "MISS", "the URL is everybody's");
    }
}

#[tokio::test]
async fn url_is_invalidated_below_a_prefix_and_in_a_nested_router() {
    let app = TestApp::new(App::with_routes(items()).prefix("/api"));
    assert_eq!([did(&app, "/api/unsafe/items/7").await, did(&app, "/api/unsafe/items/7").await], ["MISS", "HIT"]);
    app.call(request("POST /api/unsafe/items/8; x-answer-location: 7")).await;
    assert_eq!(did(&app, "/api/unsafe/items/7").await, "MISS");

    let inner = App::with_routes(items()).config(routekit::config::Config::default()).into_router().unwrap();
    let outer = TestApp::new(App::with_routes(std::iter::empty::<Route>()).nest("/outer", inner));
    let path = "/outer/unsafe/items/7";
    assert_eq!([did(&outer, path).await, did(&outer, path).await], ["MISS", "HIT"]);
    outer.call(request("POST /unsafe/items/7")).await;
    assert_eq!(did(&outer, path).await, "HIT", "that is another");
    outer.call(request(&format!("POST {path}"))).await;
    assert_eq!([did(&outer, path).await, did(&outer, path).await], ["MISS", "HIT"]);
    outer.call(request("POST /outer/unsafe/items/8; x-answer-location: /outer/unsafe/items/7")).await;
    assert_eq!(did(&outer, path).await, "MISS");
}

#[post("/unsafe/alone")]
async fn alone() {}

#[test]
fn explanation_shows_what_unsafe_requests_invalidate() {
    let step = |app: App, route: &str| {
        let app = app.config(routekit::config::Config::default());
        let explanation = app.explain(route).unwrap();
        explanation.steps.into_iter().find(|step| step.setting == "invalidates").unwrap().value
    };
    for (route, expected) in [
        ("GET /unsafe/items/{id}", "nothing"),
        ("OPTIONS /unsafe/items/{id}", "nothing"),
        ("POST /unsafe/items/{id}", "its URL"),
        ("DELETE /unsafe/items/{id}", "its URL, tags declared"),
    ] {
        assert_eq!(step(App::with_routes(items()), route), expected, "{route}");
    }
    assert_eq!(step(App::with_routes(routes![alone]), "POST /unsafe/alone"), "nothing", "no route is cached");
}
