//! The layer on a plain axum router.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{Router, body::Body, extract::Request, response::Response, routing::get};
use http::{HeaderName, HeaderValue, StatusCode};
use routekit::{
    App, Identity, ManualClock,
    client_address::TrustedProxies,
    config::Config,
    observe::{Event, Observer},
    rate_limit::{Limit, LimitBy, RateLimitHeaders, RateLimitLayer},
};
use tower::ServiceExt as _;

use super::from;
use crate::support::SECOND;

fn limit(text: &str) -> Limit {
    text.parse().unwrap()
}

async fn send(app: &Router, request: Request) -> Response {
    app.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn layer_refuses_beyond_its_limits_on_its_clock() {
    let clock = ManualClock::new();
    let layer = RateLimitLayer::new([limit("2/s"), limit("3/day name=daily")]).unwrap();
    let layer = layer.clock(clock.clock()).headers(RateLimitHeaders::Both);
    let app: Router = Router::new().route("/", get(async || "hello")).layer(layer);
    let response = send(&app, from("192.0.2.1", "/")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["ratelimit"], r#""ip";r=1;t=1, "daily";r=2;t=28800"#);
    assert_eq!(response.headers()["x-ratelimit-limit"], "2");
    assert_eq!(response.headers()["x-ratelimit-remaining"], "1");
    assert_eq!(response.headers()["x-ratelimit-reset"], "1");
    assert_eq!(send(&app, from("192.0.2.1", "/")).await.status(), 200);
    let refused = send(&app, from("192.0.2.1", "/")).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(refused.headers()["x-ratelimit-remaining"], "0");
    assert_eq!(refused.headers()["ratelimit"], r#""ip";r=0;t=1, "daily";r=1;t=28800"#);
    assert_eq!(send(&app, from("192.0.2.2", "/")).await.status(), 200, "another client");
    clock.advance(SECOND);
    assert_eq!(send(&app, from("192.0.2.1", "/")).await.status(), 200);
    assert_eq!(send(&app, from("192.0.2.1", "/")).await.status(), 429, "the daily limit");
}

#[tokio::test]
async fn quota_is_shared_by_all_routes_and_clones_of_the_layer() {
    let layer = RateLimitLayer::new([limit("2/h")]).unwrap();
    let app: Router = Router::new().route("/a", get(async || "a")).route("/b", get(async || "b")).layer(layer.clone());
    let other: Router = Router::new().route("/c", get(async || "c")).layer(layer);
    assert_eq!(send(&app, from("192.0.2.1", "/a")).await.status(), 200);
    assert_eq!(send(&app, from("192.0.2.1", "/b")).await.status(), 200);
    assert_eq!(send(&other, from("192.0.2.1", "/c")).await.status(), 429);
}

#[tokio::test]
async fn layer_counts_by_identity_header_proxied_address_and_function() {
    let by_path = LimitBy::Function(routekit::cache::RequestText::new(|parts| parts.uri.path().to_owned()));
    let limits = [
        limit("1/h per=user"),
        limit("2/h per=header:x-api-key"),
        limit("3/h"),
        limit("4/h").per(by_path).name("path"),
    ];
    for (limit, key) in limits.into_iter().zip(["user", "header", "address", "path"]) {
        let burst = limit.effective_burst();
        let layer = RateLimitLayer::new([limit]).unwrap();
        let layer = layer.trusted_proxies("10.0.0.0/8".parse::<TrustedProxies>().unwrap());
        let app: Router = Router::new().fallback(get(async || "hello")).layer(layer);
        for name in ["1", "2"] {
            for n in 0..=burst {
                let mut request =
                    from("10.0.0.1", if key == "path" { ["/1", "/2"][usize::from(name == "2")] } else { "/" });
                match key {
                    "user" => drop(request.extensions_mut().insert(Identity::new(name))),
                    "header" => drop(request.headers_mut().insert("x-api-key", name.parse().unwrap())),
                    "address" => {
                        let address = format!("192.0.2.{name}").parse().unwrap();
                        request.headers_mut().insert("x-forwarded-for", address);
                    }
                    _ => {}
                }
                let expected = if n < burst { 200 } else { 429 };
                assert_eq!(send(&app, request).await.status(), expected, "{key} {name}, request {n}");
            }
        }
    }
}

#[test]
fn limits_that_cannot_be_used_are_an_error() {
    for (limits, reason) in [
        (vec![limit("1/s"), limit("2/s")], "two limits are named `ip`"),
        (vec![limit("1/s").burst(0)], "a burst below one"),
        (vec![limit("1/s").name("")], "`` is not a name of a limit"),
    ] {
        let message = RateLimitLayer::new(limits).unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn observer_learns_of_refused_requests() {
    #[derive(Default)]
    struct Refused(AtomicU32);

    impl Observer for Refused {
        fn event(&self, event: Event) {
            self.0.fetch_add(u32::from(event == Event::RateLimited), Ordering::Relaxed);
        }
    }

    let refused = Arc::new(Refused::default());
    let layer = RateLimitLayer::new([limit("1/h")]).unwrap().observer(refused.clone());
    let app: Router = Router::new().route("/", get(async || "hello")).layer(layer);
    for _ in 0..4 {
        send(&app, from("192.0.2.1", "/")).await;
    }
    assert_eq!(refused.0.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn service_gives_access_to_its_inner_service() {
    let layer = RateLimitLayer::new([limit("1/h")]).unwrap().max_keys(10);
    let mut service = tower::Layer::layer(&layer, Router::<()>::new());
    let _: (&Router, &mut Router) = (&service.get_ref().clone(), &mut service.get_mut().clone());
    let inner: Router = service.into_inner();
    assert_eq!(inner.oneshot(Request::new(Body::empty())).await.unwrap().status(), 404);
    assert!(format!("{layer:?}").contains("RateLimitLayer"));
}

#[tokio::test]
async fn limits_of_two_layers_are_both_listed() {
    let layer = |text| RateLimitLayer::new([limit(text)]).unwrap().headers(RateLimitHeaders::Both);
    let app: Router = Router::new().route("/", get(async || "hello")).layer(layer("1/h name=inner"));
    let app = app.layer(layer("100/s name=outer"));
    assert_eq!(send(&app, from("192.0.2.1", "/")).await.status(), 200);
    let refused = send(&app, from("192.0.2.1", "/")).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let lists =
        |name: &str| refused.headers().get_all(name).iter().map(|list| list.to_str().unwrap()).collect::<Vec<_>>();
    let [inner, outer] = lists("ratelimit")[..] else { panic!("{:?}", refused.headers()) };
    assert!(inner.starts_with("\"inner\";r=0;t=3") && outer.starts_with("\"outer\";r="), "{inner} {outer}");
    assert_eq!(lists("ratelimit-policy"), ["\"inner\";q=1;w=3600", "\"outer\";q=100;w=1"]);
    assert_eq!(lists("x-ratelimit-remaining"), ["0"], "of the limit that refused");
    assert_eq!(lists("x-ratelimit-reset"), lists("retry-after"));
}

#[tokio::test]
async fn layer_within_an_app_trusts_the_proxies_of_the_app() {
    let layer = RateLimitLayer::new([limit("1/h")]).unwrap();
    let router: Router = Router::new().route("/layered", get(async || "hello")).layer(layer);
    let app = App::with_routes([]).merge(router).config(Config::default()).trusted_proxies(["10.0.0.0/8"]);
    let app = app.into_router().unwrap();
    let of = |client: &str| {
        let mut request = from("10.0.0.1", "/layered");
        request.headers_mut().insert("x-forwarded-for", client.parse().unwrap());
        request
    };
    assert_eq!(send(&app, of("192.0.2.1")).await.status(), 200);
    assert_eq!(send(&app, of("192.0.2.2")).await.status(), 200, "another client of the proxy");
    assert_eq!(send(&app, of("192.0.2.2")).await.status(), 429);
}

/// `HeaderMap` takes 24,576 names. A plain router has no catch for panics.
#[tokio::test]
async fn layer_adds_no_header_to_a_response_with_the_most_headers() {
    let layer = RateLimitLayer::new([limit("100/s")]).unwrap().headers(RateLimitHeaders::Both);
    let app = tower::ServiceBuilder::new().layer(layer).service_fn(async |_: Request| {
        let mut response = Response::default();
        for number in 0..24_576 {
            let name = HeaderName::try_from(format!("x-{number}")).unwrap();
            response.headers_mut().insert(name, HeaderValue::from_static("x"));
        }
        Ok::<_, std::convert::Infallible>(response)
    });
    let response = app.oneshot(from("192.0.2.1", "/")).await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().len()), (200, 24_576));
}
