//! Start-up errors and warnings about how routes cache.

use routekit::{prelude::*, route::Route, test::TestApp};

use super::{add, cached, plain, tenant};

/// The start-up error of an app of these routes.
fn problems(app: App) -> Vec<String> {
    let error = app.verifier(crate::auth::Header).into_router().unwrap_err();
    error.problems().iter().map(ToString::to_string).collect()
}

fn warnings(routes: impl IntoIterator<Item = Route>) -> Vec<String> {
    let app = TestApp::new(App::with_routes(routes).verifier(crate::auth::Header));
    app.table().warnings().to_vec()
}

mod unknown {
    use super::*;

    #[get("/caching/unknown", cache(ttl = 60, invalidate_on("POST /caching/user", "PUT /nowhere/near/it")))]
    pub(super) async fn cached() {}

    #[get("/caching/prefixed", cache(ttl = 60, invalidate_on("POST /v1/caching/users")))]
    pub(super) async fn prefixed() {}
}

#[test]
fn invalidate_on_an_unknown_route_is_a_startup_error() {
    for prefix in ["", "/v1"] {
        let app = App::with_routes(routes![unknown::cached, add]).prefix(prefix);
        let problems = problems(app);
        assert_eq!(problems.len(), 2, "{problems:#?}");
        let named_by = format!("`invalidate_on` of GET {prefix}/caching/unknown (tests/suite/caching/check.rs:");
        for (problem, route) in problems.iter().zip(["POST /caching/user", "PUT /nowhere/near/it"]) {
            assert!(problem.starts_with(&named_by), "{problem}");
            let rest = problem.split_once(") ").unwrap().1;
            assert!(rest.starts_with(&format!("names the route `{route}`, which the app does not have")), "{problem}");
        }
        assert!(problems[0].ends_with("; did you mean `POST /caching/users`?"), "{}", problems[0]);
        assert!(!problems[1].contains("did you mean"), "{}", problems[1]);
    }
    let app = App::with_routes(routes![unknown::prefixed, add]).prefix("/v1");
    let problems = problems(app);
    assert!(
        problems[0].ends_with("did you mean `POST /caching/users`?"),
        "declared names have no prefix: {problems:?}"
    );
}

mod warned {
    use super::*;

    #[post("/caching/w/misspelt", invalidates("user"))]
    pub(super) async fn misspelt() {}

    #[post("/caching/w/nothing", invalidates("quite-something-else"))]
    pub(super) async fn nothing() {}

    #[put("/caching/w/template/{id}", invalidates("user:{id}"))]
    pub(super) async fn template(id: u32) -> String {
        id.to_string()
    }

    #[post("/caching/w/one", invalidates("user:7"))]
    pub(super) async fn one() {}

    #[post("/caching/w/users", invalidates("users"))]
    pub(super) async fn users() {}

    #[get("/caching/w/item/{item}", cache(ttl = 60, tags = "user:{item}"))]
    pub(super) async fn item(item: u32) -> String {
        item.to_string()
    }

    #[get("/caching/w/tenant", cache(ttl = 60, tags = "users", partition = tenant))]
    pub(super) async fn partitioned() {}

    #[post("/caching/w/tenant", invalidates("users", partition = tenant))]
    pub(super) async fn partitioned_too() {}

    #[get("/caching/w/unsaid", cache(ttl = 60))]
    pub(super) async fn unsaid() {}

    #[get("/caching/w/shared", cache(ttl = 60, shared))]
    pub(super) async fn shared() {}

    #[get("/caching/w/public", public, cache(ttl = 60))]
    pub(super) async fn public() {}

    #[get("/caching/w/user", cache(ttl = 60, per = "user"))]
    pub(super) async fn user() {}

    #[get("/caching/w/optional", auth(optional), cache(ttl = 60, per = "user"))]
    pub(super) async fn optional() {}
}

const NO_TAG: &str = "a tag that no cached route declares";
const ELSEWHERE: &str = "in a partition that none of the cached routes concerned uses";

#[test]
fn suspicious_tags_are_warned_of() {
    use warned::{item, misspelt, nothing, one, partitioned, partitioned_too, template, users};

    for (name, routes, expected) in [
        ("a tag of a cached route", routes![cached, users].into_iter().collect::<Vec<Route>>(), None),
        ("a tag of none", routes![cached, nothing].into_iter().collect(), Some((NO_TAG, "declares; ignore this"))),
        (
            "a tag that is nearly one",
            routes![cached, misspelt].into_iter().collect(),
            Some((NO_TAG, "declares (did you mean `users`?)")),
        ),
        ("a tag without any cached route", routes![plain, users].into_iter().collect(), Some((NO_TAG, "`users`"))),
        ("templates that meet", routes![item, template].into_iter().collect(), None),
        ("a value of a template", routes![item, one].into_iter().collect(), None),
        ("a template that none meets", routes![cached, template].into_iter().collect(), Some((NO_TAG, "`user:{id}`"))),
        ("both are partitioned", routes![partitioned, partitioned_too].into_iter().collect(), None),
        ("only the cached one is", routes![partitioned, users].into_iter().collect(), Some((ELSEWHERE, "`users`"))),
        ("only the other one is", routes![cached, partitioned_too].into_iter().collect(), Some((ELSEWHERE, "`users`"))),
        ("one of two is", routes![cached, partitioned, users].into_iter().collect(), None),
    ] {
        let warnings = warnings(routes);
        match expected {
            None => assert!(warnings.is_empty(), "{name}: {warnings:#?}"),
            Some((what, more)) => {
                assert_eq!(warnings.len(), 1, "{name}: {warnings:#?}");
                for part in [what, more, "tests/suite/caching/check.rs:"] {
                    assert!(warnings[0].contains(part), "{name}: {}", warnings[0]);
                }
            }
        }
    }
}

mod patterns {
    use super::*;

    #[get("/caching/p/{id}/x", cache(ttl = 60))]
    pub(super) async fn cached(id: u32) -> String {
        id.to_string()
    }

    #[post("/caching/p/a", invalidates(pattern = "/caching/p/*"))]
    pub(super) async fn fits() {}

    #[post("/caching/p/b", invalidates(pattern = "/cachign/p/*"))]
    pub(super) async fn misspelt() {}

    #[post("/caching/p/c", invalidates(pattern = "*/p/7*"))]
    pub(super) async fn glob() {}

    #[post("/caching/p/d/{id}", invalidates(pattern = "/caching/p/{id}/*", pattern = "/caching/p/{id}*"))]
    pub(super) async fn cheap(id: u32) -> String {
        id.to_string()
    }

    #[post("/caching/p/e/{id}", invalidates(pattern = "*/p/{id}/*"))]
    pub(super) async fn growing(id: u32) -> String {
        id.to_string()
    }
}

#[test]
fn suspicious_patterns_are_warned_of() {
    use patterns::{cached, fits, glob, misspelt};

    for prefix in ["", "/api"] {
        let app = App::with_routes(routes![cached, fits, misspelt, glob]).prefix(prefix);
        let app = TestApp::new(app);
        let [warning] = app.table().warnings() else { panic!("{:#?}", app.table().warnings()) };
        assert!(warning.contains("invalidates `/cachign/p/*`, which matches the path of no cached route"), "{warning}");
    }
}

#[test]
fn patterns_that_the_cache_remembers_64_values_of_are_warned_of() {
    use patterns::{cached, cheap, growing};

    assert_eq!(warnings(routes![cached, cheap]), [""; 0]);
    let [warning] = &*warnings(routes![cached, growing]) else { panic!("there is one") };
    assert!(warning.contains("invalidates `*/p/{id}/*`: the cache remembers 64 values of it"), "{warning}");
}

mod users {
    use super::*;

    #[get("/caching/u/shared", auth, cache(ttl = 60, shared))]
    pub(super) async fn shared(who: Identity) -> String {
        who.sub().to_owned()
    }

    #[get("/caching/u/own", auth, cache(ttl = 60, per = "user"))]
    pub(super) async fn own() {}

    #[get("/caching/u/tenant", auth, cache(ttl = 60, per = "user", partition = tenant))]
    pub(super) async fn partitioned() {}

    #[post("/caching/u/a", auth, invalidates(user))]
    pub(super) async fn change() {}

    #[post("/caching/u/b", invalidates(user))]
    pub(super) async fn change_without_identity() {}
}

#[test]
fn suspicious_user_targets_are_warned_of() {
    use users::{change, change_without_identity, own, partitioned, shared};

    for (name, routes, expected) in [
        ("each has their own", routes![own, change], None),
        ("everybody gets the same", routes![shared, own], Some("is `shared` and takes the identity")),
        ("nothing is cached per user", routes![shared, change], Some("and no route is cached per user")),
        ("the route identifies no client", routes![own, change_without_identity], Some("does not authenticate")),
        ("elsewhere", routes![partitioned, change], Some("in a partition that none of the cached routes")),
    ] {
        let found = warnings(routes);
        match expected {
            None => assert!(found.is_empty(), "{name}: {found:#?}"),
            Some(expected) => assert!(found.iter().any(|warning| warning.contains(expected)), "{name}: {found:#?}"),
        }
    }
}

mod cdn {
    use super::*;

    #[get("/caching/cdn/auth", auth, cache(ttl = 60, shared, cdn_ttl = 60))]
    pub(super) async fn identified() {}

    #[get("/caching/cdn/unsaid", cache(ttl = 60, shared, cdn_ttl = 60))]
    pub(super) async fn unsaid() {}

    #[get("/caching/cdn/optional", auth(optional), cache(ttl = 60, shared, cdn_ttl = 60))]
    pub(super) async fn optional() {}

    #[get("/caching/cdn/tenant", cache(ttl = 60, partition = tenant, cdn_ttl = 60))]
    pub(super) async fn partitioned() {}

    #[get("/caching/cdn/tags", auth, cache(ttl = 60, shared, partition = tenant, cdn_tags = "Cache-Tag"))]
    pub(super) async fn tags() {}
}

#[test]
fn suspicious_cdn_settings_are_warned_of() {
    use cdn::{identified, optional, partitioned, tags, unsaid};

    for (name, route, closed, expected) in [
        ("who is asked who they are", identified::ROUTE, false, Some("authenticates, and a CDN")),
        ("the app asks", unsaid::ROUTE, true, Some("authenticates, and a CDN")),
        ("no client is identified", unsaid::ROUTE, false, None),
        ("everybody may call", optional::ROUTE, true, None),
        ("tenants", partitioned::ROUTE, false, Some("has a `partition`, and a CDN")),
        ("no ttl", tags::ROUTE, false, None),
    ] {
        let app = App::with_routes([route]).verifier(crate::auth::Header);
        let app = TestApp::new(if closed { app.require_auth() } else { app });
        let warnings = app.table().warnings();
        match expected {
            None => assert!(warnings.is_empty(), "{name}: {warnings:#?}"),
            Some(expected) => {
                assert_eq!(warnings.len(), 1, "{name}: {warnings:#?}");
                assert!(warnings[0].contains(expected), "{name}: {warnings:#?}");
            }
        }
    }
}

#[test]
fn providing_a_cache_as_a_dependency_is_a_startup_error() {
    let error = App::with_routes(routes![plain]).provide(routekit::cache::Cache::new()).into_router().unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("give it yours with `.cache(…)`") && text.contains("tests/suite/caching/check.rs:"),
        "{text}"
    );
}

#[test]
fn suspicious_audiences_are_warned_of() {
    use warned::{optional, public, shared, unsaid, user};

    const NOT_PER_USER: &str = "stores nothing for identified clients";
    const WITHOUT_IDENTITY: &str = "is cached per user and does not authenticate";
    for (name, route, open, closed) in [
        ("nothing is said", routes![unsaid], None, Some(NOT_PER_USER)),
        ("shared", routes![shared], None, None),
        ("public", routes![public], None, None),
        ("per user", routes![user], Some(WITHOUT_IDENTITY), None),
        ("per user, and it asks", routes![optional], None, None),
    ] {
        let app = |closed: bool| {
            let app = App::with_routes(route).verifier(crate::auth::Header);
            let app = if closed { app.require_auth() } else { app };
            TestApp::new(app).table().warnings().to_vec()
        };
        for (expected, found) in [(open, app(false)), (closed, app(true))] {
            assert_eq!(found.len(), usize::from(expected.is_some()), "{name}: {found:#?}");
            if let Some(expected) = expected {
                assert!(
                    found[0].contains(expected) && found[0].contains("tests/suite/caching/check.rs:"),
                    "{}",
                    found[0]
                );
            }
        }
    }
}

mod unkeyed {
    use axum::{Extension, extract::OriginalUri};
    use http::{HeaderMap, Uri, request::Parts};
    use routekit::correlation::CorrelationId;

    use super::*;

    pub(super) fn key(request: &Parts) -> String {
        request.uri.to_string()
    }

    #[derive(Clone)]
    pub(super) struct User;

    /// Named like a jar of cookies of other crates.
    pub(super) struct CookieJar;

    impl<S: Sync> axum::extract::FromRequestParts<S> for CookieJar {
        type Rejection = std::convert::Infallible;

        async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
            Ok(Self)
        }
    }

    #[get("/caching/u/headers", cache(ttl = 60))]
    pub(super) async fn headers(_: HeaderMap) {}

    #[get("/caching/u/headers-vary", cache(ttl = 60, vary("accept")))]
    pub(super) async fn headers_vary(_: HeaderMap) {}

    #[get("/caching/u/headers-key", cache(ttl = 60, key = key))]
    pub(super) async fn headers_key(_: HeaderMap) {}

    #[get("/caching/u/headers-tenant", cache(ttl = 60, partition = tenant))]
    pub(super) async fn headers_tenant(_: HeaderMap) {}

    #[get("/caching/u/headers-uncached")]
    pub(super) async fn headers_uncached(_: HeaderMap) {}

    #[get("/caching/u/parts", cache(ttl = 60))]
    pub(super) async fn parts(_: Parts) {}

    #[get("/caching/u/cookies", cache(ttl = 60, vary("accept")))]
    pub(super) async fn cookies(_: CookieJar) {}

    #[get("/caching/u/cookies-vary", cache(ttl = 60, vary("cookie")))]
    pub(super) async fn cookies_vary(_: CookieJar) {}

    #[get("/caching/u/identity", cache(ttl = 60))]
    pub(super) async fn identity(_: Option<Identity>) {}

    #[get("/caching/u/extension", cache(ttl = 60))]
    pub(super) async fn extension(_: Option<Extension<User>>) {}

    #[get("/caching/u/extension-user", auth(optional), cache(ttl = 60, per = "user"))]
    pub(super) async fn extension_user(_: Option<Extension<User>>) {}

    #[get("/caching/u/keyed", cache(ttl = 60))]
    pub(super) async fn keyed(_: Uri, _: OriginalUri, _: CorrelationId) {}
}

#[tokio::test]
async fn handlers_that_take_more_than_the_key_holds_are_warned_of_and_not_warmed() {
    use unkeyed::*;

    for (name, routes, expected) in [
        ("headers", routes![headers], Some("takes all headers (`_`)")),
        ("headers, and vary", routes![headers_vary], None),
        ("headers, and a key", routes![headers_key], None),
        ("headers, and a partition", routes![headers_tenant], None),
        ("headers, uncached", routes![headers_uncached], None),
        ("parts", routes![parts], Some("takes all headers (`_`)")),
        ("cookies", routes![cookies], Some("write `vary(\"cookie\")`")),
        ("cookies, and vary", routes![cookies_vary], None),
        ("identity", routes![identity], Some("takes the identity (`_`)")),
        ("extension", routes![extension], Some("takes what a layer has put into the request")),
        ("extension, per user", routes![extension_user], None),
        ("what the key holds", routes![keyed], None),
    ] {
        let app = TestApp::new(App::with_routes(routes).verifier(crate::auth::Header));
        let warnings = app.table().warnings();
        assert_eq!(warnings.len(), usize::from(expected.is_some()), "{name}: {warnings:#?}");
        if let Some(expected) = expected {
            assert!(warnings[0].contains(expected), "{name}: {warnings:#?}");
            assert!(warnings[0].contains("the cache key does not hold"), "{name}: {warnings:#?}");
            assert_eq!(app.warm_up().await.pages, 0, "{name}");
        }
    }
    let app = TestApp::new(App::with_routes(routes![keyed, headers_vary]));
    assert_eq!(app.warm_up().await.stored, 2);
}
