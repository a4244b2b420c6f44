//! Compressed entries behind layers that compress, too, and on a plain axum router.

use axum::{Router, body::Body, extract::Request, response::Response, routing};
use http::header;
use http_body_util::BodyExt;
use routekit::{cache::CacheLayer, config::Config, prelude::*, test::TestApp};
use tower::ServiceExt;
use tower_http::compression::CompressionLayer;

use super::{GZIP, IDENTITY, body, get, page, text, unpacked};
use crate::support::{Runs, exact};

fn app() -> App {
    App::with_routes(routes![page, inner]).cache(exact()).provide(Runs::default())
}

#[get("/packed/inner", cache(ttl = 60, compress_stored), layer(CompressionLayer::new().no_br().no_zstd()))]
async fn inner(runs: Dep<Runs>) -> String {
    text(runs.next())
}

#[tokio::test]
async fn compression_at_the_edge_leaves_stored_gzip_alone() {
    let config = Config::builder().toml("routekit.toml", "[compression]\nenabled = 'on'").build().unwrap();
    let apps = [TestApp::new(app().config(config)), TestApp::new(app().layer(CompressionLayer::new().no_zstd()))];
    for app in apps {
        // The response of the handler, which the edge compresses.
        let made = get(&app, "/packed/page", "gzip").await;
        assert_eq!((unpacked(made.bytes()), made.header("x-cache")), (text(1), Some("MISS")));
        assert_eq!(made.header("content-encoding"), Some("gzip"));
        for (accept, coding, etag) in [
            ("gzip", Some("gzip"), "W/\"1\""),
            (GZIP, Some("gzip"), "W/\"1\""),
            ("br", Some("br"), "W/\"1\""),
            (IDENTITY, None, "\"1\""),
        ] {
            let hit = get(&app, "/packed/page", accept).await;
            assert_eq!((hit.header("x-cache"), hit.header("content-encoding")), (Some("HIT"), coding), "{accept}");
            let names: Vec<_> = hit.headers().get_all("vary").iter().collect();
            assert_eq!(names[0], "accept-encoding", "{accept}");
            if coding != Some("br") {
                assert_eq!(body(&hit).0, text(1), "{accept}");
            }
            let request = app.get("/packed/page").header("accept-encoding", accept);
            let short = request.header("if-none-match", etag).send().await;
            assert_eq!(short.status(), 304, "{accept}");
            assert_eq!(short.header("content-encoding"), None, "{accept}");
        }
    }
}

#[tokio::test]
async fn compression_at_the_edge_says_the_same_of_its_responses() {
    let config = Config::builder().toml("routekit.toml", "[compression]\nenabled = 'on'").build().unwrap();
    let app = TestApp::new(app().config(config));
    get(&app, "/packed/page", "gzip").await;
    for (accept, etag) in [("gzip", "W/\"1\""), ("br", "W/\"1\""), (IDENTITY, "\"1\"")] {
        let full = get(&app, "/packed/page", accept).await;
        let request = app.get("/packed/page").header("accept-encoding", accept);
        let short = request.header("if-none-match", "\"1\"").send().await;
        for answer in [full, short] {
            assert_eq!(answer.header("etag"), Some(etag), "{accept}");
            let names: Vec<_> = answer.headers().get_all("vary").iter().collect();
            assert_eq!(names, ["accept-encoding"], "{accept}");
        }
    }
}

/// What a layer of the route compresses has no length, so that it is not stored.
#[tokio::test]
async fn compression_within_the_route_is_left_alone() {
    let app = TestApp::new(app());
    for (accept, run, x_cache, expected) in [
        ("gzip", 1, "BYPASS", true),
        ("gzip", 2, "BYPASS", true),
        (IDENTITY, 3, "MISS", false),
        (IDENTITY, 3, "HIT", false),
        ("gzip", 4, "BYPASS", true),
    ] {
        let answer = get(&app, "/packed/inner", accept).await;
        assert_eq!(answer.header("x-cache"), Some(x_cache), "{accept}");
        assert_eq!(body(&answer), (text(run), expected), "{accept}");
    }
}

#[tokio::test]
async fn layer_on_a_plain_router_stores_compressed_responses() {
    let cache = exact().build();
    let layer = CacheLayer::new(cache).ttl(std::time::Duration::from_secs(60)).compress_stored(1024);
    let router = Router::new().route("/page", routing::get(async || text(7))).layer(layer);
    let send = async |accept: &str| -> Response {
        let request = Request::builder().uri("/page").header("host", "localhost").header("accept-encoding", accept);
        router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    for (accept, x_cache, coding) in [("gzip", "MISS", None), ("gzip", "HIT", Some("gzip")), (IDENTITY, "HIT", None)] {
        let answer = send(accept).await;
        assert_eq!(answer.headers()["x-cache"], x_cache);
        assert_eq!(answer.headers()[header::VARY], "accept-encoding");
        let encoding = answer.headers().get(header::CONTENT_ENCODING).map(|coding| coding.to_str().unwrap());
        assert_eq!(encoding, coding);
        let is_compressed = coding.is_some();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let body = if is_compressed { unpacked(&bytes) } else { String::from_utf8(bytes.to_vec()).unwrap() };
        assert_eq!(body, text(7));
    }
}
