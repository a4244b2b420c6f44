//! Memory: a flood of new keys.

use http::Request;
use routekit::{config::Config, prelude::*};

use super::{from, still};

#[get("/r/capped", rate_limit("3/h"))]
async fn capped() {}

fn v6(n: u32) -> String {
    format!("2001:db8:{:x}:{:x}::1", n >> 16, n & 0xffff)
}

#[tokio::test]
async fn flood_of_new_clients_shares_one_quota_and_known_ones_are_served() {
    const MAX_KEYS: u32 = 50;
    let mut config = Config::default();
    config.set_rate_limit_max_keys(u64::from(MAX_KEYS));
    let (app, clock) = still(App::with_routes(routes![capped]).config(config));
    let known = "192.0.2.1";
    assert_eq!(app.call(from(known, "/r/capped")).await.status(), 200);
    let mut passed = 0;
    for n in 0..1000 {
        passed += u32::from(app.call(from(&v6(n), "/r/capped")).await.status() == 200);
    }
    assert_eq!(passed, MAX_KEYS - 1 + 3);
    for expected in [200, 200, 429] {
        assert_eq!(app.call(from(known, "/r/capped")).await.status(), expected);
    }
    let text = app.metrics();
    let labels = r#"{http_request_method="GET",http_route="/r/capped",limit="ip""#;
    for line in [
        format!("routekit_rate_limit_keys{labels}}} {MAX_KEYS}"),
        format!("routekit_rate_limit_overflows_total{labels}}} {}", 1000 - (MAX_KEYS - 1)),
        format!(r#"routekit_rate_limit_requests_total{labels},outcome="allowed"}} {}"#, MAX_KEYS + 3 + 2),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    // An hour later no client is at the limit, and there is room again.
    clock.advance(std::time::Duration::from_secs(3600));
    let mut passed = 0;
    for n in 0..20 {
        passed += u32::from(app.call(from(&v6(5000 + n), "/r/capped")).await.status() == 200);
    }
    assert!(passed >= 15, "{passed}");
}

/// Through the whole table of a layer, with a request for each key.
#[tokio::test]
async fn million_clients_are_counted_in_bounded_memory() {
    use axum::{body::Body, extract::ConnectInfo};
    use routekit::{
        ManualClock,
        rate_limit::{Limit, Rate, RateLimitLayer},
    };
    use std::net::SocketAddr;
    use tower::{Layer as _, Service as _, service_fn};

    let clock = ManualClock::new();
    let layer = RateLimitLayer::new([Limit::new(Rate::new(2, 3_600_000))]).unwrap().clock(clock.clock());
    let handler =
        service_fn(async |_: Request<Body>| Ok::<_, std::convert::Infallible>(axum::response::Response::default()));
    let mut service = layer.layer(handler);
    let mut send = async |address: [u16; 8]| {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 80))));
        service.call(request).await.unwrap().status().as_u16()
    };
    let known = [0x2001, 0xdb8, 0xffff, 0xffff, 0, 0, 0, 1];
    assert_eq!(send(known).await, 200);
    let mut passed = 0;
    for n in 0..1_000_000_u32 {
        let address = [0x2001, 0xdb8, (n >> 16) as u16, n as u16, 0, 0, 0, 1];
        passed += u32::from(send(address).await == 200);
    }
    assert_eq!(passed, 99_999 + 2, "100,000 keys are known, and the others share one quota");
    assert_eq!(send(known).await, 200);
    assert_eq!(send(known).await, 429);
}
