//! Which stored responses a pattern invalidates.

use axum::{Router, routing};
use http::{Request, request::Parts};
use routekit::{
    cache::{CacheLayer, CacheOptions, InvalidateLayer},
    prelude::*,
};

use super::{MINUTE, app, ask, did, exact, get_of, start};

fn any(_: &Parts) -> String {
    String::new()
}

#[tokio::test]
async fn patterns_match_by_their_form() {
    for (name, pattern, path, expected) in [
        ("a path", "/a/b", "/a/b", "MISS"),
        ("a path, with a query", "/a/b", "/a/b?x=1", "MISS"),
        ("a path is no prefix", "/a", "/a/b", "HIT"),
        ("a path is no prefix of text", "/a/b", "/a/bc", "HIT"),
        ("a slash at the end", "/a/b", "/a/b/", "HIT"),
        ("a path spelt differently", "/a/b", "/a/%62", "MISS"),
        ("a pattern spelt differently", "/%61/b", "/a/b", "MISS"),
        ("an escaped reserved character", "/a@b/*", "/a%40b/c", "MISS"),
        ("below a path spelt differently", "/%61/*", "/a/b", "MISS"),
        ("an unfinished segment spelt differently", "/a/%62*", "/a/%62cd", "MISS"),
        ("a star within, spelt differently", "/%61/*/c", "/a/b/%63", "MISS"),
        ("a literal star", r"/a\*b", "/a*b", "MISS"),
        ("a literal star is none", r"/a\*b", "/axb", "HIT"),
        ("a literal star, escaped in the path", r"/a\*b*", "/a%2Abc", "MISS"),
        ("literal braces", "/{{a}}/b", "/{a}/b", "MISS"),
        ("literal braces beside a star", "/{{a}}/*", "/{a}/b", "MISS"),
        ("literal braces of other text", "/{{a}}/b", "/x/b", "HIT"),
        ("a query that is not sorted", "/a?y=2&x=1", "/a?x=1&y=2", "MISS"),
        ("a query that is not sorted, with a star", "/a?y=*&x=1", "/a?x=1&y=2", "MISS"),
        ("a query spelt differently", "/a?x=%7E", "/a?x=~", "MISS"),
        ("below a path", "/a/*", "/a/b", "MISS"),
        ("deep below a path", "/a/*", "/a/b/c/d", "MISS"),
        ("below, and a slash alone", "/a/*", "/a/", "MISS"),
        ("below a path is not the path", "/a/*", "/a", "HIT"),
        ("below another path", "/a/*", "/ab/c", "HIT"),
        ("everything", "/*", "/a/b", "MISS"),
        ("everything, as text", "*", "/a/b", "MISS"),
        ("an unfinished segment", "/a/b*", "/a/bcd", "MISS"),
        ("an unfinished segment reaches deeper", "/a/b*", "/a/bc/d", "MISS"),
        ("an unfinished segment of nothing", "/a/b*", "/a/b", "MISS"),
        ("a star within", "/a/*/c", "/a/b/c", "MISS"),
        ("a star within reaches deeper", "/a/*/c", "/a/b/b/c", "MISS"),
        ("a star within, and another end", "/a/*/c", "/a/b/d", "HIT"),
        ("a star in front", "*/c", "/a/b/c", "MISS"),
        ("two stars", "/*/b/*", "/a/b/c", "MISS"),
        ("two stars that overlap", "/a*a/", "/a/", "HIT"),
        ("no query in a pattern without one", "/a/b*x", "/a/b?x", "HIT"),
        ("a query", "/a?x=1", "/a?x=1", "MISS"),
        ("another query", "/a?x=1", "/a?x=2", "HIT"),
        ("more of a query", "/a?x=1", "/a?x=1&y=2", "HIT"),
        ("a query and none", "/a?x=1", "/a", "HIT"),
        ("any query", "/a?*", "/a?x=1", "MISS"),
        ("any query, and none", "/a?*", "/a", "HIT"),
        ("a query, sorted", "/a?x=1&y=2", "/a?y=2&x=1", "MISS"),
        ("a query of any path", "*?x=1", "/a/b?x=1", "MISS"),
        ("nothing else is special", "/[a-z]+", "/a", "HIT"),
        ("an empty pattern", "", "/a", "HIT"),
        (
            "below, seventeen deep",
            "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/*",
            "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18",
            "MISS",
        ),
    ] {
        let cache = exact().spawner(routekit::Spawner::tokio()).build();
        let cached = CacheLayer::new(cache.clone()).ttl(MINUTE);
        let changing = InvalidateLayer::new(cache.clone()).patterns([pattern]);
        let read: Router = Router::new().fallback(async || "x").layer(cached);
        let write: Router = Router::new().fallback(async || "x").layer(changing);
        assert_eq!(ask(&read, get_of(path)).await.x_cache(), "MISS", "{name}");
        ask(&write, Request::post("/change").body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(ask(&read, get_of(path)).await.x_cache(), expected, "{name}, by a layer");
        assert_eq!(ask(&read, get_of(path)).await.x_cache(), "HIT", "{name}: what is computed afterwards is valid");
        cache.invalidate_pattern(pattern).await.unwrap();
        assert_eq!(ask(&read, get_of(path)).await.x_cache(), expected, "{name}, by the program");
    }
}

#[get("/cache/globs/{id}/{part}", cache(ttl = 60))]
async fn part(id: String, part: String) -> String {
    format!("{id} {part}")
}

#[get("/cache/globs/{id}", cache(ttl = 60))]
async fn whole(id: String) -> String {
    id
}

#[put("/cache/globs/{id}", invalidates(pattern = "/cache/globs/{id}"))]
async fn put_whole(id: String) -> String {
    id
}

#[patch("/cache/globs/{id}", invalidates(pattern = "/cache/globs/{id}/*"))]
async fn patch_parts(id: String) -> String {
    id
}

#[delete("/cache/globs/{id}", invalidates(pattern = "/cache/globs/{id}", pattern = "*/{id}/*", partition = any))]
async fn delete_all(id: String) -> String {
    id
}

#[post("/cache/globs/{id}", invalidates(pattern = "/cache/globs/{id}?page=*"))]
async fn post_pages(id: String) -> String {
    id
}

#[tokio::test]
async fn patterns_take_the_values_of_placeholders() {
    for (name, cached, changed, expected) in [
        ("the path", "/cache/globs/7", "PUT /cache/globs/7", "MISS"),
        ("another value", "/cache/globs/7", "PUT /cache/globs/8", "HIT"),
        ("a star is a star", "/cache/globs/7", "PUT /cache/globs/*", "HIT"),
        ("a star is itself", "/cache/globs/*", "PUT /cache/globs/*", "MISS"),
        ("a star among text", "/cache/globs/abc", "PUT /cache/globs/a*c", "HIT"),
        ("another spelling", "/cache/globs/%61", "PUT /cache/globs/a", "MISS"),
        ("another spelling, below", "/cache/globs/%61/x", "PATCH /cache/globs/a", "MISS"),
        ("one spelling in both", "/cache/globs/%61", "PUT /cache/globs/%61", "MISS"),
        ("an escaped star", "/cache/globs/%2A", "PUT /cache/globs/%2A", "MISS"),
        ("an escaped star is none", "/cache/globs/7", "PUT /cache/globs/%2A", "HIT"),
        ("below", "/cache/globs/7/a", "PATCH /cache/globs/7", "MISS"),
        ("below, and its own URL", "/cache/globs/7", "PATCH /cache/globs/7", "MISS"),
        ("below another", "/cache/globs/77/a", "PATCH /cache/globs/7", "HIT"),
        ("below a star", "/cache/globs/7/a", "PATCH /cache/globs/*", "HIT"),
        ("below a star itself", "/cache/globs/*/a", "PATCH /cache/globs/*", "MISS"),
        ("one of two patterns", "/cache/globs/7", "DELETE /cache/globs/7", "MISS"),
        ("the other", "/cache/globs/7/a", "DELETE /cache/globs/7", "MISS"),
        ("the other, of a star", "/cache/globs/7/a", "DELETE /cache/globs/*", "HIT"),
        ("a query", "/cache/globs/7?page=2", "POST /cache/globs/7", "MISS"),
        ("a query that is not there, and its own URL", "/cache/globs/7", "POST /cache/globs/7", "MISS"),
        ("an escaped question mark is none", "/cache/globs/a%3Fb", "PUT /cache/globs/a%3Fb", "MISS"),
    ] {
        let (app, _) = start(app(routes![part, whole, put_whole, patch_parts, delete_all, post_pages]));
        assert_eq!(did(&app, cached).await, "MISS", "{name}");
        let (method, path) = changed.split_once(' ').unwrap();
        assert_eq!(app.request(method.parse().unwrap(), path).send().await.status(), 200, "{name}");
        assert_eq!(did(&app, cached).await, expected, "{name}");
    }
}

#[tokio::test]
async fn keys_of_values_may_have_braces_and_stars() {
    let cache = exact().build();
    for (pattern, key, expected) in [
        ("user:{42}:profile", "user:{42}:profile", true),
        ("user:{42}:*", "user:{42}:profile", true),
        ("user:{42*", "user:{42}:profile", true),
        ("*:{42}:profile", "user:{42}:profile", true),
        (r"user:\*", "user:*", true),
        (r"user:\*", "user:42", false),
        ("user:{42}:profile", "user:42:profile", false),
        ("50%25", "50%", true),
    ] {
        cache.set(key, &1, &CacheOptions::default()).await.unwrap();
        cache.invalidate_pattern(pattern).await.unwrap();
        let found: Option<u32> = cache.get(key).await.unwrap();
        assert_eq!(found.is_none(), expected, "{pattern} {key}");
    }
}

/// Regression: the 65th distinct pattern that ends with a `*` made everything older invalid.
#[tokio::test]
async fn any_number_of_patterns_that_end_with_a_star_leaves_the_rest_valid() {
    let cache = exact().build();
    let router: Router =
        Router::new().route("/{id}", routing::get(async || "x")).layer(CacheLayer::new(cache.clone()).ttl(MINUTE));
    for n in 0..300 {
        ask(&router, get_of(&format!("/{n:03}"))).await;
    }
    for n in 0..200 {
        cache.invalidate_pattern(&format!("/{n:03}*")).await.unwrap();
    }
    for n in 0..300 {
        let expected = if n < 200 { "MISS" } else { "HIT" };
        assert_eq!(ask(&router, get_of(&format!("/{n:03}"))).await.x_cache(), expected, "/{n}");
    }
    assert_eq!(cache.stats().await.flushes, Some(0));
}

#[tokio::test]
async fn many_patterns_invalidate_all_that_they_match() {
    let cache = exact().build();
    let router: Router =
        Router::new().route("/{id}", routing::get(async || "x")).layer(CacheLayer::new(cache.clone()).ttl(MINUTE));
    for n in 0..200 {
        ask(&router, get_of(&format!("/{n}"))).await;
    }
    // Each pattern is a ban, and only a limited number of bans is kept one by one.
    for n in 0..200 {
        cache.invalidate_pattern(&format!("*/{n}")).await.unwrap();
    }
    for n in 0..200 {
        assert_eq!(ask(&router, get_of(&format!("/{n}"))).await.x_cache(), "MISS", "/{n}");
    }
    assert_eq!(ask(&router, get_of("/0")).await.x_cache(), "HIT", "what is computed afterwards is valid");
    assert_eq!(cache.stats().await.flushes, Some(136), "64 are kept");
}
