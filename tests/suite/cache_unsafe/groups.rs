//! Cache groups (RFC 9875).

use axum::{extract::Path, response::Response};
use http::HeaderMap;
use routekit::{prelude::*, test::TestApp};

use super::{end, request, start};

#[get("/unsafe/groups/{id}", cache(ttl = 600))]
async fn grouped(_: Path<u64>, headers: HeaderMap) -> Response {
    end(&headers).await
}

#[get("/unsafe/passed", cache(ttl = 600))]
async fn passed(headers: HeaderMap) -> Response {
    end(&headers).await
}

#[post("/unsafe/group")]
async fn change(headers: HeaderMap) -> Response {
    end(&headers).await
}

#[put("/unsafe/group", invalidates("other"))]
async fn change_declared(headers: HeaderMap) -> Response {
    end(&headers).await
}

async fn did(app: &TestApp) -> String {
    let answer = app.call(request("GET /unsafe/groups/7")).await;
    answer.headers()["x-cache"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn unsafe_request_invalidates_the_groups_its_answer_names() {
    for (name, groups, changed, expected) in [
        ("the same", r#""a""#, r#"POST /unsafe/group; x-answer-cache-group-invalidation: "a""#, "MISS"),
        ("one of two", r#""a", "b""#, r#"POST /unsafe/group; x-answer-cache-group-invalidation: "x", "b""#, "MISS"),
        ("where more is declared", r#""a""#, r#"PUT /unsafe/group; x-answer-cache-group-invalidation: "a""#, "MISS"),
        ("another", r#""a""#, r#"POST /unsafe/group; x-answer-cache-group-invalidation: "A""#, "HIT"),
        ("with parameters", r#""a";x"#, r#"POST /unsafe/group; x-answer-cache-group-invalidation: "a";y=1"#, "MISS"),
        ("no list of strings there", "a", r#"POST /unsafe/group; x-answer-cache-group-invalidation: "a""#, "HIT"),
        ("nor here", r#""a""#, r#"POST /unsafe/group; x-answer-cache-group-invalidation: "a", a"#, "HIT"),
        ("a safe method", r#""a""#, r#"GET /unsafe/passed; x-answer-cache-group-invalidation: "a""#, "HIT"),
        (
            "a safe method that passes by",
            r#""a""#,
            r#"GET /unsafe/passed; range: bytes=0-; x-answer-cache-group-invalidation: "a""#,
            "HIT",
        ),
        ("a refusal", r#""a""#, r#"POST /unsafe/group; x-end: 409; x-answer-cache-group-invalidation: "a""#, "HIT"),
        ("a failure", r#""a""#, r#"POST /unsafe/group; x-end: 500; x-answer-cache-group-invalidation: "a""#, "MISS"),
        ("a tag that is declared", r#""other""#, "PUT /unsafe/group", "MISS"),
    ] {
        let app = start(App::with_routes(routes![grouped, passed, change, change_declared]));
        let cached = app.call(request(&format!("GET /unsafe/groups/7; x-answer-cache-groups: {groups}"))).await;
        assert_eq!(cached.headers()["cache-groups"], groups, "{name}: it stays");
        assert_eq!(did(&app).await, "HIT", "{name}");
        let answer = app.call(request(changed)).await;
        let told = changed.split_once("invalidation: ").map(|(_, groups)| groups);
        let sent = answer.headers().get("cache-group-invalidation").map(|groups| groups.to_str().unwrap());
        assert_eq!(sent, told, "{name}: it stays");
        assert_eq!(did(&app).await, expected, "{name}");
    }
}
