//! Cache keys: which requests share a stored response.

use axum::{Router, body::Body, extract::Request, routing};
use http::{HeaderMap, Uri, header, request::Parts};
use routekit::{cache::CacheLayer, identity::Identity, prelude::*, test::TestApp};

use super::{MINUTE, Read, Runs, app, ask, exact, get_of, start, tenant};

/// Everything that a handler may look at here.
fn echo(uri: &Uri, headers: &HeaderMap, who: Option<&Identity>) -> String {
    let of = |name: &str| headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    let who = who.map(|who| (who.sub(), who.issuer()));
    format!("{uri} {:?} {:?} {:?} {who:?}", of("host"), of("x-tenant"), of("accept-language"))
}

/// The page of the query only.
fn page(request: &Parts) -> String {
    let mut pairs = request.uri.query().unwrap_or_default().split('&');
    pairs.find(|pair| pair.starts_with("page=")).unwrap_or_default().to_owned()
}

#[get("/cache/key/{*path}", cache(ttl = 60, shared))]
async fn plain(path: String, uri: Uri, headers: HeaderMap) -> String {
    format!("{path} {}", echo(&uri, &headers, None))
}

#[get("/cache/key-by-user", auth(optional), cache(ttl = 60, per = "user"))]
async fn by_user(uri: Uri, headers: HeaderMap, who: Option<Identity>) -> String {
    echo(&uri, &headers, who.as_ref())
}

#[get("/cache/key-by-tenant", cache(ttl = 60, partition = tenant))]
async fn by_tenant(uri: Uri, headers: HeaderMap) -> String {
    echo(&uri, &headers, None)
}

#[get("/cache/key-by-language", cache(ttl = 60, vary("accept-language")))]
async fn by_language(uri: Uri, headers: HeaderMap) -> String {
    echo(&uri, &headers, None)
}

#[get("/cache/key-by-page", cache(ttl = 60, key = page))]
async fn by_page(uri: Uri) -> String {
    page(&Request::get(uri).body(()).unwrap().into_parts().0)
}

fn all() -> TestApp {
    let routes = routes![plain, by_user, by_tenant, by_language, by_page];
    start(app(routes).verifier(crate::auth::Header)).0
}

/// A request: URL, headers, user.
type Asked = (&'static str, &'static [(&'static str, &'static str)], Option<fn() -> Identity>);

fn request((uri, headers, who): Asked) -> Request {
    let mut request = get_of(uri);
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    if let Some(who) = who {
        request.extensions_mut().insert(who());
    }
    request
}

const fn to(uri: &'static str) -> Asked {
    (uri, &[], None)
}

const fn with(uri: &'static str, headers: &'static [(&'static str, &'static str)]) -> Asked {
    (uri, headers, None)
}

const fn by(who: fn() -> Identity) -> Asked {
    ("/cache/key-by-user", &[], Some(who))
}

const USERS: &str = "/cache/key-by-user";
const TENANTS: &str = "/cache/key-by-tenant";
const LANGUAGES: &str = "/cache/key-by-language";

fn ann() -> Identity {
    Identity::new("ann")
}

fn ann_of_a() -> Identity {
    Identity::new("ann").with_issuer("a")
}

#[tokio::test]
async fn requests_that_differ_share_no_entry() {
    let rows: [(&str, Asked, Asked); 29] = [
        ("two hosts", with("/cache/key/a", &[("host", "a")]), with("/cache/key/a", &[("host", "b")])),
        ("two ports", with("/cache/key/a", &[("host", "a:1")]), with("/cache/key/a", &[("host", "a:2")])),
        ("a host and none", with("/cache/key/a", &[("host", "a")]), to("/cache/key/a")),
        ("two authorities", to("http://a/cache/key/a"), to("http://b/cache/key/a")),
        (
            "two authorities behind one host",
            with("http://a/cache/key/a", &[("host", "a")]),
            with("http://b/cache/key/a", &[("host", "a")]),
        ),
        ("two schemes", to("http://a/cache/key/a"), to("https://a/cache/key/a")),
        ("two paths", to("/cache/key/a"), to("/cache/key/b")),
        ("a slash at the end", to("/cache/key/a"), to("/cache/key/a/")),
        ("two slashes", to("/cache/key/a/b"), to("/cache/key/a//b")),
        ("an escaped slash", to("/cache/key/a/b"), to("/cache/key/a%2fb")),
        ("an escaped reserved character", to("/cache/key/a@b"), to("/cache/key/a%40b")),
        ("capitals", to("/cache/key/a"), to("/cache/key/A")),
        ("a query and none", to("/cache/key/a?"), to("/cache/key/a")),
        ("two values", to("/cache/key/a?x=1"), to("/cache/key/a?x=2")),
        ("the order of a list", to("/cache/key/a?x=1&x=2"), to("/cache/key/a?x=2&x=1")),
        ("a pair twice", to("/cache/key/a?x=1"), to("/cache/key/a?x=1&x=1")),
        ("no value and an empty one", to("/cache/key/a?x"), to("/cache/key/a?x=")),
        ("an escaped `&`", to("/cache/key/a?x=1&y=2"), to("/cache/key/a?x=1%26y=2")),
        ("two users", by(ann), by(|| Identity::new("bob"))),
        ("two issuers", by(ann_of_a), by(|| Identity::new("ann").with_issuer("b"))),
        ("an issuer and none", by(ann_of_a), by(ann)),
        ("an empty issuer and none", by(|| ann().with_issuer("")), by(ann)),
        ("a user and an unidentified client", by(ann), to(USERS)),
        ("an unidentified client and a user with an empty name", to(USERS), by(|| Identity::new(""))),
        ("users that a verifier found", with(USERS, &[("x-user", "ann")]), with(USERS, &[("x-user", "bob")])),
        ("two tenants", with(TENANTS, &[("x-tenant", "a")]), with(TENANTS, &[("x-tenant", "b")])),
        ("a tenant and none", with(TENANTS, &[("x-tenant", "a")]), to(TENANTS)),
        ("an escaped `+`", to("/cache/key/a?x=1+2"), to("/cache/key/a?x=1%2B2")),
        (
            "languages in another order",
            with(LANGUAGES, &[("accept-language", "en, de")]),
            with(LANGUAGES, &[("accept-language", "de, en")]),
        ),
    ];
    for (name, first, second) in rows {
        for (first, second) in [(first, second), (second, first)] {
            let app = all();
            let first = Read::all(app.call(request(first)).await).await;
            let other = Read::all(app.call(request(second)).await).await;
            assert_eq!((first.x_cache(), other.x_cache()), ("MISS", "MISS"), "{name}");
            assert_ne!(other.body, first.body, "{name}");
            let again = Read::all(app.call(request(second)).await).await;
            assert_eq!((again.x_cache(), &again.body), ("HIT", &other.body), "{name}");
        }
    }
}

#[tokio::test]
async fn equivalent_requests_share_an_entry() {
    let rows: [(&str, Asked, Asked); 17] = [
        ("a host in capitals", with("/cache/key/a", &[("host", "a.b")]), with("/cache/key/a", &[("host", "A.b")])),
        ("an authority in capitals", to("http://a/cache/key/a"), to("http://A/cache/key/a")),
        ("names in another order", to("/cache/key/a?x=1&y=2"), to("/cache/key/a?y=2&x=1")),
        ("a list between other names", to("/cache/key/a?x=1&y=0&x=2"), to("/cache/key/a?x=1&x=2&y=0")),
        ("a user whom a verifier found, or a layer", with(USERS, &[("x-user", "ann")]), by(ann)),
        ("an unidentified client twice", to(USERS), with(USERS, &[("accept-language", "de")])),
        ("a header that tells nothing apart", with(LANGUAGES, &[("x-tenant", "a")]), to(LANGUAGES)),
        ("an escaped letter", to("/cache/key/a"), to("/cache/key/%61")),
        ("an escaped `~`", to("/cache/key/~a"), to("/cache/key/%7Ea")),
        ("escapes in capitals", to("/cache/key/a%2fb"), to("/cache/key/a%2Fb")),
        ("an escaped letter in a value", to("/cache/key/a?x=a"), to("/cache/key/a?x=%61")),
        ("an escaped letter in a name", to("/cache/key/a?a=1&b=2"), to("/cache/key/a?b=2&%61=1")),
        ("roles in another order", by(|| ann().with_roles(["a", "b"])), by(|| ann().with_roles(["b", "a"]))),
        (
            "white space in a list",
            with(LANGUAGES, &[("accept-language", "de,en")]),
            with(LANGUAGES, &[("accept-language", "de ,  en")]),
        ),
        (
            "two languages and a list of them",
            with(LANGUAGES, &[("accept-language", "de"), ("accept-language", "en")]),
            with(LANGUAGES, &[("accept-language", "de, en")]),
        ),
        ("a key that the function makes", to("/cache/key-by-page?page=1&x=1"), to("/cache/key-by-page?x=2&page=1")),
        ("no key for the function", to("/cache/key-by-page?x=1"), to("/cache/key-by-page")),
    ];
    for (name, first, second) in rows {
        let app = all();
        let first = Read::all(app.call(request(first)).await).await;
        let second = Read::all(app.call(request(second)).await).await;
        assert_eq!((first.x_cache(), second.x_cache()), ("MISS", "HIT"), "{name}");
        assert_eq!(second.body, first.body, "{name}");
    }
}

#[tokio::test]
async fn custom_key_of_a_route_replaces_the_query() {
    let app = all();
    for (path, expected) in [
        ("/cache/key-by-page?page=1", "MISS page=1"),
        ("/cache/key-by-page?page=2", "MISS page=2"),
        ("/cache/key-by-page?sort=a&page=1", "HIT page=1"),
        ("/cache/key-by-page?page=2&page=1", "HIT page=2"),
        ("/cache/key-by-page", "MISS"),
    ] {
        assert_eq!(super::said(app.get(path)).await, expected, "{path}");
    }
}

#[tokio::test]
async fn two_layers_of_one_cache_share_no_entry() {
    let cache = exact().build();
    let layer = || CacheLayer::new(cache.clone()).ttl(MINUTE);
    let says = |text: &'static str| routing::get(async move || text);
    let router: Router = Router::new().route("/a", says("a").layer(layer())).route("/b", says("b").layer(layer()));
    for did in ["MISS", "HIT"] {
        for (path, text) in [("/a", "a"), ("/b", "b")] {
            let answer = ask(&router, get_of(path)).await;
            assert_eq!((answer.x_cache(), answer.body.as_str()), (did, text), "{path}");
        }
    }
}

#[tokio::test]
async fn layer_keys_differ_where_route_keys_do() {
    let handler = async |request: Request| echo(request.uri(), request.headers(), request.extensions().get());
    let layer = || CacheLayer::new(exact().build()).ttl(MINUTE);
    let rows: [(&str, CacheLayer, [Asked; 2], &str); 7] = [
        ("users", layer().per_user(), [by(ann), by(|| Identity::new("bob"))], "MISS"),
        ("users, and they are one", layer().per_user(), [by(ann), by(ann)], "HIT"),
        ("shared", layer().shared(), [by(ann), by(|| Identity::new("bob"))], "HIT"),
        (
            "tenants",
            layer().partition(tenant),
            [with("/a", &[("x-tenant", "a")]), with("/a", &[("x-tenant", "b")])],
            "MISS",
        ),
        ("pages", layer().key(page), [to("/a?page=1"), to("/a?page=2")], "MISS"),
        ("one page", layer().key(page), [to("/a?page=1"), to("/a?page=1&x=2")], "HIT"),
        (
            "languages",
            layer().vary([header::ACCEPT_LANGUAGE]),
            [with("/a", &[("accept-language", "de")]), with("/a", &[("accept-language", "en")])],
            "MISS",
        ),
    ];
    for (name, layer, [first, second], expected) in rows {
        let router: Router = Router::new().fallback(handler).layer(layer);
        assert_eq!(ask(&router, request(first)).await.x_cache(), "MISS", "{name}");
        assert_eq!(ask(&router, request(second)).await.x_cache(), expected, "{name}");
    }
}

#[tokio::test]
async fn verified_user_shares_no_entry_with_a_header_of_that_name() {
    let app = all();
    let asked = |user: &str| app.get(USERS).header("x-user", user);
    assert_eq!(asked("ann").send().await.header("x-cache"), Some("MISS"));
    let refused = asked("bad").send().await;
    assert_eq!((refused.status().as_u16(), refused.header("x-cache")), (401, None), "the cache stands behind auth");
}

#[get("/cache/calls", cache(ttl = 60))]
async fn calls(calls: Dep<Runs>) -> String {
    calls.next().to_string()
}

#[tokio::test]
async fn each_app_has_its_own_cache() {
    for _ in 0..2 {
        let (app, _) = start(app(routes![calls]));
        let first = Read::all(app.call(Request::get("/cache/calls").body(Body::empty()).unwrap()).await).await;
        assert_eq!(first.x_cache(), "MISS");
    }
}
