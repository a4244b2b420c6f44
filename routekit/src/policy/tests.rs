//! The order of policies, observed with requests through a whole route.

use std::{
    convert::Infallible,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use http::StatusCode;
use http_body_util::BodyExt as _;
use tower::{ServiceExt, service_fn};
use tower_layer::Layer as _;

use super::{
    effective::EffectivePolicies,
    security_headers::EffectiveSecurityHeaders,
    stack::{AroundRouterLayer, Edge, RouterPolicies, steps},
    wiring::{RouteContext, add_route},
};
use crate::{
    auth::Verifiers,
    base::{clock::ManualClock, setting::Setting},
    breaker::{CircuitBreaker, Fallbacks},
    cache::Cache,
    client_address::TrustedProxies,
    concurrency::ConcurrencyLayer,
    config::Config,
    edge::CrossSiteCheck,
    identity::Identity,
    observe::{Event, Exchange, Failure, Finished, Observer, RouteState},
    rate_limit::{Limiter, RateLimitSetup},
    route::{
        Access, Audience, BreakerPolicy, CachePolicy, DeclaredPolicies, Deprecation, Endpoint, EndpointFuture,
        GroupsOfRoute, Method, Policies, RateLimitKey, RateLimitPolicy,
    },
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
    /// The clocks of the limit by address and of the limit by user.
    limits: [ManualClock; 2],
    policies: EffectivePolicies,
    router_policies: RouterPolicies,
}

/// One request an hour, by address and by user.
const LIMITS: &[RateLimitPolicy] = &[
    RateLimitPolicy::new("ip", 1, 3_600_000),
    RateLimitPolicy::new("user", 1, 3_600_000).with_key(RateLimitKey::User),
];

fn test_route() -> TestRoute {
    let config = Config::default();
    let declared = Policies::new()
        .with_timeout(Duration::from_secs(5))
        .with_body_limit(4)
        .with_deprecation(Deprecation::new("@1767225600", None))
        .with_rate_limits(LIMITS)
        .with_cache(CachePolicy::new().with_ttl(Duration::from_secs(60)).with_audience(Audience::Everyone))
        .with_concurrency(1)
        .with_breaker(BreakerPolicy::new());
    let declared = DeclaredPolicies { own: declared, groups: &GroupsOfRoute::default() };
    let mut policies = EffectivePolicies::new(declared, None, &config, &Setting::default_to(Access::identified()));
    let breaker = CircuitBreaker::builder("subject").build().unwrap();
    let concurrency = ConcurrencyLayer::new(1);
    policies.guards.breaker = Some(breaker.clone());
    policies.guards.concurrency = Some(concurrency.clone());
    let limits = [ManualClock::new(), ManualClock::new()];
    let limiters = policies.rate_limits.iter().zip(&limits);
    policies.guards.rate_limits =
        limiters.map(|(limit, clock)| Arc::new(Limiter::new(limit.clone(), clock.clock(), 10))).collect();
    let router_policies = RouterPolicies {
        trusted_proxies: Setting::default_to(TrustedProxies::new()),
        cors_credentials: Setting::default_to(false),
        csrf_origins: Setting::default_to(Vec::new()),
        access_log: config.access_log.clone(),
        sensitive_headers: Setting::default_to(SensitiveHeadersLayer::new()),
        cors: Setting::default_to(None),
        csrf: Setting::default_to(true),
        compression: Setting::default_to(false),
        decompression: Setting::default_to(true),
    };
    let context = RouteContext {
        verifiers: Arc::new(Verifiers::new()),
        cache: Cache::new(),
        clock: crate::base::clock::Clock::system(),
        cache_debug_headers: false,
        rate_limits: RateLimitSetup::default(),
        partitions: Vec::new(),
        prefix: String::new(),
        idempotency_lease: Duration::from_secs(60),
        explains: false,
        csrf: Some(CrossSiteCheck::new([], false)),
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
    let methods = add_route(
        (MethodRouter::new(), place.0.served(false)),
        &policies,
        &context,
        place,
        &state,
        (endpoint, Fallbacks::default()),
    );
    let router = Router::new().route("/{what}", methods);
    TestRoute { router, events, breaker, concurrency, limits, policies, router_policies }
}

impl TestRoute {
    /// Makes the next request pass the first limits.
    fn pass_limits(&self, limits: usize) {
        self.limits[..limits].iter().for_each(|clock| clock.advance(Duration::from_secs(3600)));
    }

    async fn request(&self, path: &str, body: &'static str, identity: Option<Identity>) -> StatusCode {
        self.send(Request::get(path).body(Body::from(body)).unwrap(), identity).await
    }

    async fn send(&self, mut request: Request, identity: Option<Identity>) -> StatusCode {
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
    expect("rate_limit", status, StatusCode::TOO_MANY_REQUESTS, Event::RateLimited);
    subject.pass_limits(1);
    let status = subject.request("/stored", "", None).await;
    expect("auth", status, StatusCode::UNAUTHORIZED, Event::Unauthenticated);
    subject.pass_limits(1);
    let cross_site = [("cookie", "session=1"), ("origin", "https://evil.example"), ("upgrade", "websocket")];
    let cross_site =
        cross_site.iter().fold(Request::get("/stored"), |request, (name, value)| request.header(*name, *value));
    let status = subject.send(cross_site.body(Body::empty()).unwrap(), identity()).await;
    expect("csrf", status, StatusCode::FORBIDDEN, Event::CrossSite);
    subject.pass_limits(1);
    let status = subject.request("/stored", "", identity()).await;
    expect("rate_limit", status, StatusCode::TOO_MANY_REQUESTS, Event::RateLimited);
    subject.pass_limits(2);
    let status = subject.request("/stored", "", identity()).await;
    expect("cache", status, StatusCode::OK, Event::CacheHit);
    subject.pass_limits(2);
    let status = subject.request("/hang", "", identity()).await;
    expect("concurrency", status, StatusCode::SERVICE_UNAVAILABLE, Event::ConcurrencyExceeded);
    drop(permit);
    subject.pass_limits(2);
    let status = subject.request("/hang", "", identity()).await;
    expect("breaker", status, StatusCode::SERVICE_UNAVAILABLE, Event::BreakerOpen);
    subject.breaker.reset();
    subject.pass_limits(2);
    let status = subject.request("/hang", "", identity()).await;
    expect("timeout", status, StatusCode::GATEWAY_TIMEOUT, Event::TimedOut);
    subject.pass_limits(2);
    let status = subject.request("/panic", "", identity()).await;
    expect("catch_panic", status, StatusCode::INTERNAL_SERVER_ERROR, Event::Panicked);
    assert_eq!(subject.breaker.snapshot().failure_count, 2, "the breaker learned of the timeout and of the panic");

    let steps = steps(&subject.policies, &subject.router_policies);
    let shown = steps.iter().filter(|step| !step.around_router && step.setting != "invalidates");
    let mut shown: Vec<&str> = shown.map(|step| step.policy).collect();
    // Some policies have several settings.
    shown.dedup();
    // Asserted on every response, part of the endpoint, and in the place of the cache on other routes.
    let unobserved = |policy: &&str| !matches!(*policy, "deprecation" | "layer" | "idempotency");
    assert_eq!(shown.first(), Some(&"deprecation"));
    assert_eq!(shown.last(), Some(&"layer"));
    assert_eq!(shown.into_iter().filter(unobserved).collect::<Vec<_>>(), acted);
}

/// How a request ended, as its observer was told.
#[derive(Debug, PartialEq)]
struct End {
    status: Option<StatusCode>,
    failure: Option<Failure>,
    correlation_id: Option<String>,
    response_bytes: usize,
}

#[derive(Clone, Default)]
struct Ends(Arc<Mutex<Vec<End>>>);

impl Observer for Ends {
    fn finished(&self, request: &Finished<'_>) {
        self.0.lock().unwrap().push(End {
            status: request.status,
            failure: request.failure,
            correlation_id: request.correlation_id(),
            response_bytes: usize::try_from(request.response_bytes).unwrap(),
        });
    }
}

/// Each policy sees what those further in did to the response: the problem of `catch_panic` has the id of
/// `correlation`, and `watch` reports the size that the problem has with it. `sensitive_headers` does nothing that
/// these could see.
#[tokio::test]
async fn policies_around_the_router_act_in_the_order_that_explain_shows() {
    let ends = Ends::default();
    let unmatched = Arc::new(RouteState::unmatched(ends.clone()));
    let layer = AroundRouterLayer::app(
        SensitiveHeadersLayer::new(),
        unmatched,
        crate::Clock::default(),
        None,
        (crate::shutdown::Shutdown::new(), false),
        Edge::headers_only(EffectiveSecurityHeaders::of_app(&Config::default())),
    );
    let service = layer.layer(service_fn(async |request: Request| -> Result<Response, Infallible> {
        assert!(request.headers()["cookie"].is_sensitive());
        assert!(request.extensions().get::<Exchange>().unwrap().correlation_id().is_some());
        panic!("as the test wants");
    }));
    let request = Request::get("/").header("cookie", "secret").header("x-request-id", "r-1").body(Body::empty());
    let response = service.oneshot(request.unwrap()).await.unwrap();
    assert_eq!(response.headers()["x-correlation-id"], "r-1");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff", "also if layers panic");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains(r#""correlationId":"r-1""#), "{body:?}");
    let end = End {
        status: Some(StatusCode::INTERNAL_SERVER_ERROR),
        failure: Some(Failure::Panic),
        correlation_id: Some("r-1".to_owned()),
        response_bytes: body.len(),
    };
    assert_eq!(*ends.0.lock().unwrap(), [end]);

    let subject = test_route();
    let mut shown: Vec<&str> = steps(&subject.policies, &subject.router_policies)
        .iter()
        .filter(|s| s.around_router)
        .map(|s| s.policy)
        .collect();
    shown.dedup();
    assert_eq!(
        shown,
        [
            "sensitive_headers",
            "client_address",
            "watch",
            "security_headers",
            "cors",
            "compression",
            "correlation",
            "catch_panic",
            "decompression"
        ]
    );
}
