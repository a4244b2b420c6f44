//! Routes with every method, handlers with several routes, and layers that change the body.

use std::task::{Context, Poll};

use axum::{
    body::Body,
    extract::{FromRequestParts, RawPathParams},
};
use bytes::Bytes;
use http::{Method, Request, StatusCode, request::Parts};
use http_body_util::{BodyExt, Full, Limited};
use routekit::{
    describe::{Describe, Input, InputSource, NoPayload},
    prelude::*,
    test::TestApp,
};
use tower::{Layer, Service, layer::layer_fn};

#[any("/r/echo")]
async fn echo(method: Method) -> String {
    method.to_string()
}

#[get("/r/echo")]
async fn get_echo() -> &'static str {
    "the GET route"
}

#[tokio::test]
async fn any_route_serves_every_method() {
    let app = TestApp::new(App::with_routes(routes![echo]));
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let answer = app.request(Method::from_bytes(method.as_bytes()).unwrap(), "/r/echo").send().await;
        assert_eq!((answer.status().as_u16(), answer.text()), (200, method));
        assert_eq!(answer.header("allow"), None, "{method}");
    }
    let head = app.request(Method::HEAD, "/r/echo").send().await;
    assert_eq!((head.status().as_u16(), head.text()), (200, ""));
}

#[tokio::test]
async fn any_route_leaves_other_routes_of_its_path_alone() {
    for routes in [routes![echo, get_echo], routes![get_echo, echo]] {
        let app = TestApp::new(App::with_routes(routes));
        assert_eq!(app.get("/r/echo").send().await.text(), "the GET route");
        assert_eq!(app.post("/r/echo").send().await.text(), "POST");
    }
}

#[test]
fn any_route_conflicts_with_a_hand_written_router() {
    let theirs = axum::Router::new().route("/r/echo", axum::routing::any(async || ()));
    let error = App::with_routes(routes![echo]).merge(theirs).into_router().unwrap_err();
    assert!(error.to_string().contains("ANY /r/echo"), "{error}");
}

/// Finds an article.
#[get("/r/articles/{id}", tags("articles"))]
#[get("/r/old/{id}", deprecated(since = "2026-01-01"))]
#[route(post, "/r/articles/{id}/find")]
async fn article(id: u32) -> String {
    format!("article {id}")
}

#[tokio::test]
async fn handler_with_several_attributes_has_a_route_for_each() {
    let app = TestApp::new(App::with_routes(routes![article]));
    assert_eq!(app.get("/r/articles/1").send().await.text(), "article 1");
    assert_eq!(app.post("/r/articles/3/find").send().await.text(), "article 3");
    assert_eq!(app.get("/r/articles/1/find").send().await.status(), 405);
    let old = app.get("/r/old/2").send().await;
    assert_eq!((old.text(), old.header("deprecation").is_some()), ("article 2", true));
    assert_eq!(app.get("/r/articles/1").send().await.header("deprecation"), None, "each route has its own options");

    let rows: Vec<String> =
        app.table().rows().iter().map(|row| format!("{} {}", row.meta.method(), row.path)).collect();
    assert_eq!(rows, ["GET /r/articles/{id}", "POST /r/articles/{id}/find", "GET /r/old/{id}"]);
    assert_eq!(article::ROUTE.meta().path(), "/r/articles/{id}");
    let further: Vec<&str> = article::ROUTE.further().iter().map(|route| route.meta().path()).collect();
    assert_eq!(further, ["/r/old/{id}", "/r/articles/{id}/find"]);
    assert!(article::ROUTE.further().iter().all(|route| route.meta().summary() == "Finds an article."));
}

#[test]
fn further_routes_of_a_handler_are_discovered() {
    // The routes of this binary overlap, so nothing is mounted.
    let error = App::discover().merge(axum::Router::new().route("/r/old/{id}", axum::routing::get(async || ())));
    let error = error.into_router().unwrap_err().to_string();
    assert!(error.contains("GET /r/old/{id}"), "{error}");
}

/// Limits the body of requests to three bytes, and makes that of responses one of another type.
#[derive(Clone)]
struct OtherBodies<S>(S);

impl<S> Service<Request<Body>> for OtherBodies<S>
where
    S: Service<Request<Limited<Body>>, Response = axum::response::Response, Future: Send + 'static>,
{
    type Response = http::Response<Full<Bytes>>;
    type Error = S::Error;
    type Future = futures_util::future::BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = self.0.call(request.map(|body| Limited::new(body, 3)));
        Box::pin(async move {
            let (parts, body) = answer.await?.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            Ok(http::Response::from_parts(parts, Full::new([b"<", &*bytes, b">"].concat().into())))
        })
    }
}

fn other_bodies<S>() -> impl Layer<S, Service = OtherBodies<S>> {
    layer_fn(OtherBodies)
}

#[post("/r/limited", layer(other_bodies()))]
async fn limited(body: String) -> String {
    body
}

#[tokio::test]
async fn layer_may_change_the_type_of_both_bodies() {
    let app = TestApp::new(App::with_routes(routes![limited]));
    assert_eq!(app.post("/r/limited").body("abc").send().await.text(), "<abc>");
    assert_eq!(app.post("/r/limited").body("abcd").send().await.status(), 413);
}

/// Reads `{team}` itself, as an extractor of plain axum does.
struct Team(u32);

impl<S: Send + Sync> FromRequestParts<S> for Team {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Self::Rejection> {
        let params = RawPathParams::from_request_parts(parts, state).await.unwrap();
        let team = params.iter().find(|(name, _)| *name == "team").and_then(|(_, id)| id.parse().ok());
        team.map(Self).ok_or((StatusCode::NOT_FOUND, "no such team"))
    }
}

#[get("/r/teams/{team}/members/{member}")]
async fn member(team: Team, member: u32) -> String {
    format!("{} {member}", team.0)
}

/// Parsed from the placeholder, though the type is an extractor too.
#[derive(serde::Deserialize)]
struct Both(String);

impl<S: Send + Sync> FromRequestParts<S> for Both {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> std::result::Result<Self, Self::Rejection> {
        Ok(Self("extracted".to_owned()))
    }
}

#[get("/r/both/{both}")]
async fn both(both: Both, other: Both) -> String {
    format!("{} {}", both.0, other.0)
}

#[tokio::test]
async fn extractor_may_take_the_placeholder_that_it_reads() {
    let app = TestApp::new(App::with_routes(routes![member, both]));
    assert_eq!(app.get("/r/teams/7/members/3").send().await.text(), "7 3");
    let refused = app.get("/r/teams/x/members/3").send().await;
    assert_eq!((refused.status().as_u16(), refused.text()), (404, "no such team"), "its rejection is sent as it is");
    assert_eq!(app.get("/r/both/parsed").send().await.text(), "parsed extracted");
}

struct Teams;

/// An extractor that describes its dependency.
struct Described;

impl<S: Send + Sync> FromRequestParts<S> for Described {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> std::result::Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

impl Describe for Described {
    type Payload = NoPayload;

    fn describe(input: &mut Input) {
        input.needs::<Teams>();
    }
}

#[get("/r/described/{team}")]
async fn described(team: Described) -> String {
    let Described = team;
    String::new()
}

#[test]
fn dependency_of_an_extractor_with_a_placeholder_is_checked() {
    let error = App::with_routes(routes![described]).into_router().unwrap_err().to_string();
    assert!(error.contains("Teams` is not provided"), "{error}");
    assert!(App::with_routes(routes![described]).provide(Teams).into_router().is_ok());
    let inputs = described::ROUTE.describe().inputs;
    assert_eq!((inputs.len(), inputs[0].name, inputs[0].source), (1, "team", InputSource::Path));
}

#[get("/r/error")]
async fn fails(query: Query<Fail>) -> axum::response::Result<&'static str> {
    if query.fail {
        return Err((StatusCode::CONFLICT, "in conflict").into());
    }
    Ok("fine")
}

#[derive(serde::Deserialize, Validate)]
struct Fail {
    fail: bool,
}

#[tokio::test]
async fn result_of_axum_is_a_return_type() {
    let app = TestApp::new(App::with_routes(routes![fails]));
    assert_eq!(app.get("/r/error?fail=false").send().await.text(), "fine");
    let failed = app.get("/r/error?fail=true").send().await;
    assert_eq!((failed.status().as_u16(), failed.text()), (409, "in conflict"));
}

#[get("/r/unlisted", discover = false)]
async fn unlisted() -> &'static str {
    "unlisted"
}

#[tokio::test]
async fn route_without_discovery_is_served_only_where_it_is_listed() {
    // The routes of this binary overlap, so nothing is mounted.
    let router = || axum::Router::new().route("/r/unlisted", axum::routing::get(async || ()));
    let error = App::discover().merge(router()).into_router().unwrap_err().to_string();
    assert!(!error.contains("/r/unlisted"), "{error}");
    let app = TestApp::new(App::with_routes(routes![unlisted]));
    assert_eq!(app.get("/r/unlisted").send().await.text(), "unlisted");
}
