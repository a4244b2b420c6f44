//! Warm-up of pages for several hosts; an entry belongs to one host.

use http::HeaderMap;
use routekit::{prelude::*, test::TestApp};

use super::{not_stored, page, x_cache};

#[get("/w/hosts", cache(ttl = 60))]
async fn hosts(headers: HeaderMap) -> String {
    headers.get("host").map_or_else(String::new, |host| host.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn pages_are_warmed_for_each_host() {
    let app = App::with_routes(routes![hosts]).warm_host("shop.example").warm_host("Shop.example:8080");
    // The first page has to be named: its handler takes all headers.
    let app = TestApp::new(app.warm_host("shop.example").warm("/w/hosts").warm("/w/hosts?n=1"));
    let report = app.warm_up().await;
    assert_eq!((report.pages, report.stored), (4, 4), "{:?}", not_stored(&report));
    for (host, expected) in [
        (Some("shop.example"), "HIT"),
        (Some("SHOP.EXAMPLE"), "HIT"),
        (Some("shop.example:8080"), "HIT"),
        (Some("other.example"), "MISS"),
        (None, "MISS"),
    ] {
        for path in ["/w/hosts", "/w/hosts?n=1"] {
            assert_eq!(x_cache(&app, path, host).await.as_deref(), Some(expected), "{path} of {host:?}");
        }
    }
}

#[tokio::test]
async fn url_of_a_page_selects_its_host() {
    for app in [App::with_routes(routes![page]), App::with_routes(routes![page]).warm_host("a.example")] {
        let app = TestApp::new(app.warm("https://b.example:443/w/page?n=1").warm("http://c.example:443/w/page"));
        let report = app.warm_up().await;
        assert_eq!((report.pages, report.stored), (3, 3));
        assert_eq!(x_cache(&app, "/w/page?n=1", Some("b.example")).await.as_deref(), Some("HIT"));
        assert_eq!(x_cache(&app, "/w/page", Some("c.example:443")).await.as_deref(), Some("HIT"));
        assert_eq!(x_cache(&app, "/w/page?n=1", Some("a.example")).await.as_deref(), Some("MISS"));
        assert_eq!(x_cache(&app, "/w/page", Some("b.example")).await.as_deref(), Some("MISS"));
    }
}
