//! What each kind of request invalidates.

use axum::{Router, extract::Path, routing};
use http::Request;
use routekit::{
    cache::{Cache, CacheLayer, InvalidateLayer},
    prelude::*,
};

use super::{MINUTE, Runs, app, ask, did, exact, get_of, start, tenant};

#[get("/cache/users", cache(ttl = 60, tags = "users"))]
async fn users(calls: Dep<Runs>) -> String {
    calls.next().to_string()
}

#[get("/cache/users/{id}", cache(ttl = 60, tags("users", "user:{id}")))]
async fn user(id: u64, calls: Dep<Runs>) -> String {
    format!("{id} {}", calls.next())
}

#[get("/cache/raw-users/{id}", cache(ttl = 60, tags("raw:{id}")))]
async fn raw_user(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[get("/cache/names/{name}", cache(ttl = 60, tags("name:{name}")))]
async fn name(name: String) -> String {
    name
}

#[get("/cache/files/{*rest}", cache(ttl = 60, tags("file:{rest}", "{{file}}")))]
async fn file(rest: String) -> String {
    rest
}

#[put("/cache/users/{id}", invalidates("user:{id}"))]
async fn change_user(id: u64) -> String {
    id.to_string()
}

#[put("/cache/raw-users/{id}", invalidates("raw:{id}"))]
async fn change_raw_user(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[post("/cache/users", invalidates("users"))]
async fn add_user() {}

#[put("/cache/names/{name}", invalidates("name:{name}"))]
async fn change_name(name: String) -> String {
    name
}

#[put("/cache/files/{*rest}", invalidates("file:{rest}"))]
async fn change_file(rest: String) -> String {
    rest
}

#[post("/cache/braces", invalidates("{{file}}"))]
async fn change_braces() {}

#[tokio::test]
async fn tags_invalidate_the_entries_that_carry_them() {
    let routes = || {
        let changing = routes![change_user, change_raw_user, add_user, change_name, change_file, change_braces];
        routes![users, user, raw_user, name, file].into_iter().chain(changing)
    };
    for (name, cached, changed, expected) in [
        ("a tag", "/cache/users", "POST /cache/users", "MISS"),
        ("one of two tags", "/cache/users/7", "POST /cache/users", "MISS"),
        ("a tag with a placeholder", "/cache/users/7", "PUT /cache/users/7", "MISS"),
        ("another value", "/cache/users/7", "PUT /cache/users/8", "HIT"),
        ("a longer value", "/cache/users/7", "PUT /cache/users/77", "HIT"),
        ("a value is no tag of another route", "/cache/users", "PUT /cache/users/7", "HIT"),
        ("whatever the query", "/cache/users/7?page=2", "PUT /cache/users/7?x", "MISS"),
        ("written differently here", "/cache/users/07", "PUT /cache/users/7", "MISS"),
        ("written differently there", "/cache/users/7", "PUT /cache/users/007", "MISS"),
        ("written differently in both", "/cache/users/07", "PUT /cache/users/0007", "MISS"),
        ("a plus", "/cache/users/+7", "PUT /cache/users/7", "MISS"),
        ("`Path` has the URL's spelling", "/cache/raw-users/7", "PUT /cache/raw-users/7", "MISS"),
        ("percent-encoded here", "/cache/names/%61nn", "PUT /cache/names/ann", "MISS"),
        ("percent-encoded there", "/cache/names/ann", "PUT /cache/names/a%6En", "MISS"),
        ("an encoded slash", "/cache/names/a%2Fb", "PUT /cache/names/a%2fb", "MISS"),
        ("an encoded space", "/cache/names/a%20b", "PUT /cache/names/a%20b", "MISS"),
        ("letters are not the same in capitals", "/cache/names/ann", "PUT /cache/names/Ann", "HIT"),
        ("no text at the start alone", "/cache/names/ann", "PUT /cache/names/an", "HIT"),
        ("a rest", "/cache/files/a/b", "PUT /cache/files/a/b", "MISS"),
        ("another rest", "/cache/files/a/b", "PUT /cache/files/a", "HIT"),
        ("braces", "/cache/files/a/b", "POST /cache/braces", "MISS"),
    ] {
        let (app, _) = start(app(routes()));
        assert_eq!(did(&app, cached).await, "MISS", "{name}");
        assert_eq!(did(&app, cached).await, "HIT", "{name}");
        let (method, path) = changed.split_once(' ').unwrap();
        assert_eq!(app.request(method.parse().unwrap(), path).send().await.status(), 200, "{name}");
        assert_eq!(did(&app, cached).await, expected, "{name}");
        assert_eq!(did(&app, cached).await, "HIT", "{name}: what is computed afterwards is valid");
    }
}

#[get("/cache/cart", auth(optional), cache(ttl = 60, per = "user", tags = "carts"))]
async fn cart(who: Option<Identity>, calls: Dep<Runs>) -> String {
    format!("{} {}", who.map_or_else(|| "anonymous".to_owned(), |who| who.sub().to_owned()), calls.next())
}

#[get("/cache/catalogue", cache(ttl = 60, shared))]
async fn catalogue(calls: Dep<Runs>) -> String {
    calls.next().to_string()
}

#[post("/cache/cart/items", auth(optional), invalidates(user))]
async fn fill_cart() {}

#[tokio::test]
async fn user_target_invalidates_only_that_user() {
    let (app, _) = start(app(routes![cart, catalogue, fill_cart]).verifier(crate::auth::Header));
    let users =
        [None, Some(Identity::new("ann")), Some(Identity::new("ann").with_issuer("x")), Some(Identity::new("bob"))];
    let ask = async |method: http::Method, path: &str, who: &Option<Identity>| {
        let request = app.request(method, path);
        let request = match who {
            Some(who) => request.identity(who),
            None => request,
        };
        request.send().await.header("x-cache").map(str::to_owned)
    };
    for changing in &users {
        for who in &users {
            ask(http::Method::GET, "/cache/cart", who).await;
        }
        ask(http::Method::GET, "/cache/catalogue", &None).await;
        ask(http::Method::POST, "/cache/cart/items", changing).await;
        for who in &users {
            let same = who.is_some() && format!("{who:?}") == format!("{changing:?}");
            let expected = if same { "MISS" } else { "HIT" };
            let found = ask(http::Method::GET, "/cache/cart", who).await;
            assert_eq!(found.as_deref(), Some(expected), "{who:?} after {changing:?}");
        }
        let everybody = ask(http::Method::GET, "/cache/catalogue", &None).await;
        assert_eq!(everybody.as_deref(), Some("HIT"), "after {changing:?}");
    }
}

#[get(
    "/cache/tenants/{id}",
    cache(ttl = 60, tags = "item", partition = tenant, invalidate_on("POST /cache/tenants-on"))
)]
async fn item(id: u32) -> String {
    id.to_string()
}

#[post("/cache/tenants-tag", invalidates("item", partition = tenant))]
async fn by_tag() {}

#[post("/cache/tenants-pattern", invalidates(pattern = "/cache/tenants/*", partition = tenant))]
async fn by_pattern() {}

#[post("/cache/tenants-ban", invalidates(pattern = "*tenants*", partition = tenant))]
async fn by_ban() {}

#[post("/cache/tenants-on")]
async fn by_route() {}

#[post("/cache/tenants-outside", invalidates("item", pattern = "/cache/tenants/*", pattern = "*tenants*"))]
async fn outside() {}

#[tokio::test]
async fn partitions_do_not_invalidate_each_other() {
    for (how, own) in [("tag", "MISS"), ("pattern", "MISS"), ("ban", "MISS"), ("on", "MISS"), ("outside", "HIT")] {
        let (app, _) = start(app(routes![item, by_tag, by_pattern, by_ban, by_route, outside]));
        let ask = async |tenant: &str| {
            let answer = app.get("/cache/tenants/1").header("x-tenant", tenant).send().await;
            answer.header("x-cache").unwrap().to_owned()
        };
        for tenant in ["a", "b", ""] {
            ask(tenant).await;
        }
        app.post(&format!("/cache/tenants-{how}")).header("x-tenant", "a").send().await;
        let outer = if how == "outside" { "MISS" } else { "HIT" };
        for (tenant, expected) in [("a", own), ("b", "HIT"), ("", outer)] {
            assert_eq!(ask(tenant).await, expected, "{how}, {tenant:?}");
        }
    }
}

#[get("/cache/on/{id}", cache(ttl = 60, invalidate_on("POST /cache/on", "DELETE /cache/on/{id}")))]
async fn on(id: u32) -> String {
    id.to_string()
}

#[get("/cache/on-other", cache(ttl = 60))]
async fn on_other() -> String {
    String::new()
}

#[post("/cache/on")]
async fn post_on() {}

#[delete("/cache/on/{id}")]
async fn delete_on(id: u32) -> String {
    id.to_string()
}

#[put("/cache/on/{id}")]
async fn put_on(id: u32) -> String {
    id.to_string()
}

#[tokio::test]
async fn invalidate_on_invalidates_all_of_the_route() {
    for (prefix, changed, expected) in [
        ("", "POST /cache/on", "MISS"),
        ("", "DELETE /cache/on/9", "MISS"),
        ("", "PUT /cache/on/7", "HIT"),
        ("/v1", "POST /v1/cache/on", "MISS"),
    ] {
        let (app, _) = start(app(routes![on, on_other, post_on, delete_on, put_on]).prefix(prefix));
        for path in ["/cache/on/7", "/cache/on/8?x", "/cache/on-other"] {
            did(&app, &format!("{prefix}{path}")).await;
        }
        let (method, path) = changed.split_once(' ').unwrap();
        app.request(method.parse().unwrap(), path).send().await;
        // The request's own URL is invalidated in any case.
        let own = if path == "/cache/on/7" { "MISS" } else { expected };
        for (path, expected) in [("/cache/on/7", own), ("/cache/on/8?x", expected), ("/cache/on-other", "HIT")] {
            assert_eq!(did(&app, &format!("{prefix}{path}")).await, expected, "{path} after {changed}");
        }
    }
}

#[post("/cache/do/{what}")]
async fn act(what: String, cache: Dep<Cache>, who: Option<Identity>) -> Result<()> {
    let acme = cache.partition("acme");
    let done = match what.as_str() {
        "tag" => cache.invalidate_tag("users").await,
        "tags" => cache.invalidate_tags(["other", "user:7"]).await,
        "path" => cache.invalidate_pattern("/v1/cache/users/7").await,
        "route" => cache.invalidate_pattern("/v1/cache/users/{id}").await,
        "route-as-declared" => cache.invalidate_pattern("/cache/users/{id}").await,
        "query" => cache.invalidate_pattern("/v1/cache/users/7?a=1&b=*").await,
        "user" => cache.invalidate_user(&who.unwrap()).await,
        "another-partition" => acme.invalidate_pattern("*").await,
        "clear-of-another-partition" => acme.clear().await,
        "clear" => cache.clear().await,
        _ => Ok(()),
    };
    done.map_err(Problem::internal)
}

#[tokio::test]
async fn program_invalidates_tags_patterns_and_all() {
    const PATHS: [&str; 4] = ["/users", "/users/7?b=2&a=1", "/users/8", "/cart"];
    for (what, expected) in [
        ("nothing", ["HIT", "HIT", "HIT", "HIT"]),
        ("tag", ["MISS", "MISS", "MISS", "HIT"]),
        ("tags", ["HIT", "MISS", "HIT", "HIT"]),
        ("path", ["HIT", "MISS", "HIT", "HIT"]),
        ("route", ["HIT", "MISS", "MISS", "HIT"]),
        ("route-as-declared", ["HIT", "HIT", "HIT", "HIT"]),
        ("query", ["HIT", "MISS", "HIT", "HIT"]),
        ("user", ["HIT", "HIT", "HIT", "MISS"]),
        ("another-partition", ["HIT", "HIT", "HIT", "HIT"]),
        ("clear-of-another-partition", ["MISS", "MISS", "MISS", "MISS"]),
        ("clear", ["MISS", "MISS", "MISS", "MISS"]),
    ] {
        let (app, _) = start(app(routes![users, user, cart, act]).verifier(crate::auth::Header).prefix("/v1"));
        let ask = async |path: &str| {
            let request = app.get(&format!("/v1/cache{path}"));
            let request = if path == "/cart" { request.identity(&Identity::new("ann")) } else { request };
            request.send().await.header("x-cache").unwrap().to_owned()
        };
        for path in PATHS {
            assert_eq!(ask(path).await, "MISS", "{what}");
        }
        let done = app.post(&format!("/v1/cache/do/{what}")).identity(&Identity::new("ann")).send().await;
        assert_eq!(done.status(), 200, "{what}");
        for (path, expected) in PATHS.into_iter().zip(expected) {
            assert_eq!(ask(path).await, expected, "{path} after {what}");
        }
    }
}

#[tokio::test]
async fn size_counts_entries_and_bytes() {
    let cache = exact().max_bytes(64 * 1024).build();
    let router: Router =
        Router::new().fallback(async || "x".repeat(1000)).layer(CacheLayer::new(cache.clone()).ttl(MINUTE));
    assert_eq!(cache.size().await.unwrap(), routekit::cache::StoreSize::default());
    ask(&router, get_of("/0")).await;
    let one = cache.size().await.unwrap();
    assert!(one.entries == 1 && one.evictions == 0 && (1000..4000).contains(&one.bytes), "{one:?}");
    for n in 1..200 {
        ask(&router, get_of(&format!("/{n}"))).await;
    }
    let many = cache.size().await.unwrap();
    assert!(many.entries < 64 && many.bytes <= 64 * 1024, "{many:?}");
    assert_eq!(many.entries + many.evictions, 200, "{many:?}");
    cache.clear().await.unwrap();
    let none = cache.size().await.unwrap();
    assert_eq!((none.entries, none.bytes), (0, 0), "{none:?}");
}

#[tokio::test]
async fn invalidation_layer_without_an_app_invalidates() {
    let cache = exact().spawner(routekit::Spawner::tokio()).build();
    let cached = CacheLayer::new(cache.clone()).ttl(MINUTE).route("/users/{id}").tags(["users", "user:{id}"]);
    let changing = InvalidateLayer::new(cache).route("/users/{id}").tags(["user:{id}"]);
    let router: Router = Router::new()
        .route("/users/{id}", routing::get(async || "user").layer(cached))
        .route("/users/{id}", routing::put(async || "changed").layer(changing));
    let put = |path: &str| Request::put(path).body(axum::body::Body::empty()).unwrap();
    for path in ["/users/7", "/users/8"] {
        ask(&router, get_of(path)).await;
    }
    assert_eq!(ask(&router, put("/users/7")).await.body, "changed");
    assert_eq!(ask(&router, get_of("/users/7")).await.x_cache(), "MISS");
    assert_eq!(ask(&router, get_of("/users/8")).await.x_cache(), "HIT");
}
