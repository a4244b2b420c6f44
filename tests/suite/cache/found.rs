//! Tags that a handler adds to its response.

use axum::response::{IntoResponse, Response};
use routekit::{cache::CacheTags, prelude::*};

use super::{app, did, start};

#[get("/cache/found/{how}", cache(ttl = 60, tags = "declared"))]
async fn found(how: String) -> Response {
    match how.as_str() {
        "part" => (CacheTags::new(["p:1", "p:2"]), how).into_response(),
        "parts" => (CacheTags::new(["p:1"]), CacheTags::new(["p:2"]), how).into_response(),
        "extension" => {
            let mut response = how.into_response();
            response.extensions_mut().insert(CacheTags::new(["p:1", "p:2"]));
            response
        }
        _ => how.into_response(),
    }
}

#[post("/cache/lose/{tag}", invalidates("{tag}"))]
async fn lose(tag: String) -> String {
    tag
}

#[tokio::test]
async fn response_tags_invalidate_like_declared_tags() {
    for how in ["part", "parts", "extension", "none"] {
        for (tag, carried) in [("p:1", how != "none"), ("p:2", how != "none"), ("declared", true), ("p:3", false)] {
            let (app, _) = start(app(routes![found, lose]));
            let path = format!("/cache/found/{how}");
            did(&app, &path).await;
            app.post(&format!("/cache/lose/{tag}")).send().await;
            assert_eq!(did(&app, &path).await, if carried { "MISS" } else { "HIT" }, "{how} {tag}");
        }
    }
}
