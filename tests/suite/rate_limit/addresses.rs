//! Which requests have one quota.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::{Router, body::Body, extract::Request};
use http::StatusCode;
use routekit::{
    client_address::ClientAddress,
    config::Config,
    prelude::*,
    rate_limit::{Limit, Rate, RateLimitLayer},
    test::TestApp,
};
use tower::ServiceExt as _;

use super::{from, still};
use crate::{logs, wire};

#[get("/r/limited", rate_limit("5/h"))]
async fn limited() {}

#[get("/r/me")]
async fn me(client: ClientAddress) -> String {
    client.to_string()
}

/// How many of these requests pass, each with this value of `X-Forwarded-For`.
async fn passed(app: &TestApp, peer: &str, forwarded: impl Iterator<Item = String>) -> usize {
    let mut passed = 0;
    for value in forwarded {
        let mut request = from(peer, "/r/limited");
        request.headers_mut().insert("x-forwarded-for", value.parse().unwrap());
        passed += usize::from(app.call(request).await.status() == 200);
    }
    passed
}

fn rotated(count: u8) -> impl Iterator<Item = String> {
    (0..count).map(|n| format!("198.51.100.{n}"))
}

#[tokio::test]
async fn rotated_forwarded_addresses_of_an_untrusted_peer_are_one_client() {
    for proxies in [&[][..], &["10.0.0.0/8"]] {
        let (app, _) = still(App::with_routes(routes![limited]).trusted_proxies(proxies.iter().copied()));
        assert_eq!(passed(&app, "203.0.113.7", rotated(200)).await, 5);
        assert_eq!(passed(&app, "203.0.113.8", rotated(200)).await, 5, "another peer");
    }
}

#[tokio::test]
async fn clients_of_a_trusted_proxy_are_counted_one_by_one_and_forged_entries_are_ignored() {
    let (app, _) = still(App::with_routes(routes![limited]).trusted_proxies(["10.0.0.0/8"]));
    assert_eq!(passed(&app, "10.0.0.1", rotated(20)).await, 20);
    // The client 192.0.2.1 has made up what is left of its address.
    let forged = rotated(200).map(|forged| format!("{forged}, 10.0.0.7, 192.0.2.1"));
    assert_eq!(passed(&app, "10.0.0.1", forged).await, 5);
    let through_two = rotated(200).map(|forged| format!("{forged}, 192.0.2.2, 10.0.0.2"));
    assert_eq!(passed(&app, "10.0.0.1", through_two).await, 5);
    assert_eq!(passed(&app, "10.0.0.3", ["192.0.2.1".to_owned()].into_iter()).await, 0, "through another proxy");
}

#[tokio::test]
async fn malformed_header_counts_for_the_proxy() {
    let (app, _) = still(App::with_routes(routes![limited]).trusted_proxies(["10.0.0.0/8"]));
    let malformed = ["garbage", "", "192.0.2.1, _hidden", "192.0.2.1,", "192.0.2.1;", "[::1", "\u{7f}é"];
    let mut statuses = Vec::new();
    for value in malformed {
        let mut request = from("10.0.0.1", "/r/limited");
        request.headers_mut().insert(
            "x-forwarded-for",
            http::HeaderValue::from_bytes(value.as_bytes()).unwrap_or(http::HeaderValue::from_static("?")),
        );
        statuses.push(app.call(request).await.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429], "one client, and no 500");
}

#[tokio::test]
async fn addresses_of_one_64_bit_network_and_mapped_addresses_are_one_client() {
    let (app, _) = still(App::with_routes(routes![limited]));
    let mut passed = 0;
    for host in 0..20 {
        passed += u32::from(app.call(from(&format!("2001:db8:1:2::{host:x}"), "/r/limited")).await.status() == 200);
    }
    assert_eq!(passed, 5);
    assert_eq!(app.call(from("2001:db8:1:3::1", "/r/limited")).await.status(), 200);

    for n in 0..6 {
        let peer = if n % 2 == 0 { "192.0.2.1" } else { "::ffff:192.0.2.1" };
        assert_eq!(app.call(from(peer, "/r/limited")).await.status().as_u16(), if n < 5 { 200 } else { 429 });
    }
}

#[tokio::test]
async fn peers_of_real_connections_are_counted_by_their_addresses() {
    let app = wire::run(App::with_routes(routes![limited, me]).trusted_proxies(["127.0.0.2"])).await;
    let (_, address) = app.http1(wire::get("/r/me")).await;
    assert_eq!(address, "127.0.0.1");
    let mut statuses = Vec::new();
    for n in 0..7 {
        let mut request = wire::get("/r/limited");
        request.headers_mut().insert("x-forwarded-for", format!("192.0.2.{n}").parse().unwrap());
        statuses.push(app.http1(request).await.0.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429], "127.0.0.1 is no trusted proxy");
}

#[tokio::test]
async fn trusted_peer_of_a_real_connection_names_its_client() {
    let app = wire::run(App::with_routes(routes![limited, me]).trusted_proxies(["127.0.0.0/8"])).await;
    let mut request = wire::get("/r/me");
    request
        .headers_mut()
        .insert("forwarded", "for=198.51.100.1, for=\"[2001:db8::7]:443\";proto=https".parse().unwrap());
    assert_eq!(app.http1(request).await.1, "2001:db8::7");
    for n in 0..7 {
        let mut request = wire::get("/r/limited");
        request.headers_mut().insert("x-forwarded-for", format!("192.0.2.{n}").parse().unwrap());
        assert_eq!(app.http1(request).await.0.status, 200);
    }
}

#[tokio::test]
async fn client_address_is_known_in_hand_written_routers_too() {
    let hand_written = Router::new().route("/hand", axum::routing::get(me_by_hand));
    let app = App::with_routes(routes![me]).trusted_proxies(["10.0.0.0/8"]).merge(hand_written);
    let app = TestApp::new(app);
    for path in ["/r/me", "/hand"] {
        let mut request = from("10.0.0.1", path);
        request.headers_mut().insert("x-forwarded-for", "1.1.1.1, 192.0.2.9".parse().unwrap());
        let body = axum::body::to_bytes(app.call(request).await.into_body(), 100).await.unwrap();
        assert_eq!(&body[..], b"192.0.2.9", "{path}");
    }
}

async fn me_by_hand(client: ClientAddress) -> String {
    client.to_string()
}

#[tokio::test]
async fn client_address_without_a_connection_is_a_500_or_none() {
    async fn maybe(client: Option<ClientAddress>) -> String {
        format!("{client:?}")
    }
    let app: Router =
        Router::new().route("/me", axum::routing::get(me_by_hand)).route("/maybe", axum::routing::get(maybe));
    let send = |path: &str| app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap());
    assert_eq!(send("/me").await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(send("/maybe").await.unwrap().status(), StatusCode::OK);
}

/// `into_router` without `into_make_service_with_connect_info`.
#[test]
fn connections_without_addresses_share_one_quota_and_the_log_says_so_once() {
    static PASSED: AtomicU32 = AtomicU32::new(0);
    let ((), lines) = logs::caught(async {
        let app = App::with_routes(routes![limited]).config(Config::default()).into_router().unwrap();
        for n in 0..20 {
            let request = Request::get("/r/limited").header("x-forwarded-for", format!("192.0.2.{n}"));
            let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            PASSED.fetch_add(u32::from(response.status() == 200), Ordering::Relaxed);
        }
    });
    assert_eq!(PASSED.load(Ordering::Relaxed), 5);
    let warnings: Vec<_> = lines.iter().filter(|line| line.of == "routekit::rate_limit").collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].fields.iter().any(|field| field.contains("share one quota")), "{warnings:?}");
}

#[tokio::test]
async fn connections_without_addresses_may_be_those_of_a_proxy() {
    let app = App::with_routes(routes![limited]).trusted_proxies(["unix"]).config(Config::default());
    let app = app.into_router().unwrap();
    for n in 0..20 {
        let request = Request::get("/r/limited").header("x-forwarded-for", format!("192.0.2.{n}"));
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
    }
}

/// A router that the program serves itself.
#[tokio::test]
async fn router_with_connect_info_counts_by_address() {
    let limit = RateLimitLayer::new([Limit::new(Rate::new(2, 3_600_000))]).unwrap();
    let app: Router = Router::new().route("/", axum::routing::get(async || "hello")).layer(limit);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
    });
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(wire::http1(addr, wire::get("/")).await.0.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
    served.abort();
}
