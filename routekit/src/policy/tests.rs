//! The order of policies, observed with requests through a whole route.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body, extract::Request, response::IntoResponse, routing::MethodRouter};
use http::StatusCode;
use tower::ServiceExt;

use super::{
    effective::EffectivePolicies,
    stack::{RouterPolicies, steps},
    wiring::{RouteContext, add_route},
};
use crate::{
    auth::Verifiers,
    base::setting::Setting,
    breaker::CircuitBreaker,
    cache::Cache,
    concurrency::ConcurrencyLayer,
    config::Config,
    identity::Identity,
    observe::{Event, Observer, RouteState},
    route::{Access, Audience, BreakerPolicy, CachePolicy, Deprecation, Endpoint, EndpointFuture, Method, Policies},
    sensitive_headers::SensitiveHeadersLayer,
};

/// Keeps the events of a route.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<Event>>>);

impl Observer for Events {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Events {
    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A route with all policies, and what the test needs to make each of them act.
struct TestRoute {
    router: Router,
    events: Events,
    breaker: CircuitBreaker,
    concurrency: ConcurrencyLayer,
    policies: EffectivePolicies,
    router_policies: RouterPolicies,
}

fn test_route() -> TestRoute {
    let config = Config::default();
    let declared = Policies::new()
        .with_timeout(Duration::from_secs(5))
        .with_body_limit(4)
        .with_deprecation(Deprecation::new("@1767225600", None))
        .with_cache(CachePolicy::new().with_ttl(Duration::from_secs(60)).with_audience(Audience::Everyone))
        .with_concurrency(1)
        .with_breaker(BreakerPolicy::new());
    let mut policies = EffectivePolicies::new(declared, None, &config, &Setting::default_to(Access::identified()));
    let breaker = CircuitBreaker::builder("subject").build().unwrap();
    let concurrency = ConcurrencyLayer::new(1);
    policies.guards.breaker = Some(breaker.clone());
    policies.guards.concurrency = Some(concurrency.clone());
    let router_policies = RouterPolicies {
        access_log: config.access_log.clone(),
        sensitive_headers: Setting::default_to(SensitiveHeadersLayer::new()),
    };
    let context = RouteContext {
        verifiers: Arc::new(Verifiers::new()),
        cache: Cache::new(),
        cache_debug_headers: false,
        partitions: Vec::new(),
        prefix: String::new(),
    };
    let events = Events::default();
    let state = Arc::new(RouteState::new("/{what}", events.clone()));
    // The path decides what the handler does.
    let endpoint = Endpoint::new(|request: Request| {
        let path = request.uri().path().to_owned();
        EndpointFuture::new(async move {
            match &*path {
                "/hang" => pending().await,
                "/panic" => panic!("as the test wants"),
                _ => Ok("done".into_response()),
            }
        })
    });
    let place = (Method::Get, "/{what}");
    let methods = add_route(MethodRouter::new(), &policies, &context, place, &state, (endpoint, None));
    let router = Router::new().route("/{what}", methods);
    TestRoute { router, events, breaker, concurrency, policies, router_policies }
}

impl TestRoute {
    async fn request(&self, path: &str, body: &'static str, identity: Option<Identity>) -> StatusCode {
        let mut request = Request::get(path).body(Body::from(body)).unwrap();
        if let Some(identity) = identity {
            request.extensions_mut().insert(identity);
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert!(response.headers().contains_key("deprecation"), "deprecation acts on every response");
        response.status()
    }
}

/// Every policy has a reason to act on one request. The outermost acts; without its reason, the next one does.
#[tokio::test(start_paused = true)]
async fn policies_of_a_route_act_in_the_order_that_explain_shows() {
    let subject = test_route();
    let identity = || Some(Identity::new("ann"));
    assert_eq!(subject.request("/stored", "", identity()).await, StatusCode::OK);
    assert_eq!(subject.events.take(), []);

    let permit = subject.concurrency.admit().unwrap();
    subject.breaker.force_open();
    let mut acted = Vec::new();
    let mut expect = |policy: &'static str, status: StatusCode, expected: StatusCode, event: Event| {
        assert_eq!(status, expected, "{policy}");
        assert_eq!(subject.events.take(), [event], "{policy}");
        acted.push(policy);
    };

    let status = subject.request("/stored", "too large", None).await;
    expect("body_limit", status, StatusCode::PAYLOAD_TOO_LARGE, Event::BodyTooLarge);
    let status = subject.request("/stored", "", None).await;
    expect("auth", status, StatusCode::UNAUTHORIZED, Event::Unauthenticated);
    let status = subject.request("/stored", "", identity()).await;
    expect("cache", status, StatusCode::OK, Event::CacheHit);
    let status = subject.request("/hang", "", identity()).await;
    expect("concurrency", status, StatusCode::SERVICE_UNAVAILABLE, Event::ConcurrencyExceeded);
    drop(permit);
    let status = subject.request("/hang", "", identity()).await;
    expect("breaker", status, StatusCode::SERVICE_UNAVAILABLE, Event::BreakerOpen);
    subject.breaker.reset();
    let status = subject.request("/hang", "", identity()).await;
    expect("timeout", status, StatusCode::GATEWAY_TIMEOUT, Event::TimedOut);
    let status = subject.request("/panic", "", identity()).await;
    expect("catch_panic", status, StatusCode::INTERNAL_SERVER_ERROR, Event::Panicked);
    assert_eq!(subject.breaker.snapshot().failure_count, 2, "the breaker learned of the timeout and of the panic");

    let steps = steps(&subject.policies, &subject.router_policies);
    let shown = steps.iter().filter(|step| !step.around_router && step.setting != "invalidates");
    let shown: Vec<&str> = shown.map(|step| step.policy).collect();
    // Asserted on every response, and part of the endpoint.
    let unobserved = |policy: &&str| !matches!(*policy, "deprecation" | "layer");
    assert_eq!(shown.first(), Some(&"deprecation"));
    assert_eq!(shown.last(), Some(&"layer"));
    assert_eq!(shown.into_iter().filter(unobserved).collect::<Vec<_>>(), acted);
}

/// The type of what stands around the router is its order.
#[test]
fn policies_around_the_router_stand_in_the_order_that_explain_shows() {
    use tower_layer::Layer;

    let subject = test_route();
    let unmatched = Arc::new(RouteState::unmatched(()));
    let layers = super::wiring::around_router(SensitiveHeadersLayer::new(), unmatched, crate::Clock::default());
    let service = std::any::type_name_of_val(&layers.layer(()));
    let order: Vec<&str> =
        service.split('<').filter_map(|part| part.trim_end_matches('>').rsplit("::").next()).collect();
    assert_eq!(order, ["SensitiveHeaders", "Watch", "Correlation", "CatchPanic", "()"]);
    let mut shown: Vec<&str> = steps(&subject.policies, &subject.router_policies)
        .iter()
        .filter(|s| s.around_router)
        .map(|s| s.policy)
        .collect();
    shown.dedup();
    assert_eq!(shown, ["sensitive_headers", "watch", "correlation", "catch_panic"]);
}
