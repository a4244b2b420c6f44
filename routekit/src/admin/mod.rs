//! The admin surface: what operators and their tools ask, in one router.
//!
//! 1. It is served on a listener of its own (`admin_addr`, by default on loopback), or beside the routes with
//!    `admin_addr = "main"`.
//! 2. Reading is open to whoever reaches the listener. Beside the routes of an app that
//!    [requires authentication](crate::App::require_auth), it takes an operator too, and there must be a way to be one.
//! 3. Changing state takes the configured `admin_token` as a bearer token (RFC 6750), compared in constant time, or an identity
//!    with the configured `admin_role`, which the app's verifiers find out (see [`auth`](crate::auth)). Where neither is
//!    configured, those endpoints do not exist.
//!    On a listener of its own, the layers of the app are not around it: an identity that only a layer finds out is one only
//!    beside the routes.
//! 4. Every call of such an endpoint, also one that is refused, is one event of the target `routekit::audit`: who (`actor` is
//!    `token`, `identity` with its `sub` and `issuer`, or `nobody`), from where, what, with which status, and what changed. Never
//!    with a token.
//!
//! | endpoint | |
//! | --- | --- |
//! | `GET /metrics` | Prometheus text; absent where the program's own recorder keeps the metrics |
//! | `GET /routes` | every route with its policies, their settings as the app started, and where each came from |
//! | `GET /readiness` | what `/health/ready` says, and why |
//! | `GET /access-log` | which requests are logged |
//! | `PUT /access-log` | changes that until the next start: `all`, `errors` or `off`; wants an operator |
//! | `GET /cache/stats` | [what the cache did](crate::cache::CacheStats), and how its store is |
//! | `DELETE /cache/tag/{tag}` | makes what has this tag invalid; wants an operator |
//! | `DELETE /cache/{pattern}` | the same for what was answered for such paths, `/cache/%2Fusers%2F*` or `/cache//users/*`; wants an operator |
//! | `DELETE /cache` | forgets everything; wants an operator |
//! | `GET /breakers` | [how every circuit breaker is](crate::breaker::BreakerSnapshot) |
//! | `GET /breakers/{name}` | how that one is; its name percent-encoded or not: `/breakers/GET%20%2Fusers` |
//! | `PUT /breakers/{name}` | `force_open`, `force_closed`, `disabled` or `metrics_only`, until the next start or until `reset`; wants an operator |
//!
//! Tags and patterns are percent-decoded once. They are about the partition of the cache that the app was given, or with `?partition=acme` about that
//! one, and so is `DELETE /cache` then. What was done is said in `message`; 503 where the store cannot be reached.

mod access_log;
mod authorize;
mod breakers;
mod cache;
mod metrics;
mod readiness;
mod routes;

use std::time::Duration;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{delete, get, put},
};

pub(crate) use self::authorize::Operators;
use crate::{
    access_log::AccessLog, breaker::Breakers, cache::Cache, health::Readiness, metrics::Exporter, policy::Explanation,
    route::Reserved, timeout::TimeoutLayer,
};

/// What the admin surface reads and changes.
#[derive(Debug)]
pub(crate) struct Admin {
    /// `None` where the program's own recorder keeps the metrics.
    pub(crate) exporter: Option<Exporter>,
    pub(crate) routes: Vec<Explanation>,
    pub(crate) readiness: Readiness,
    pub(crate) access_log: AccessLog,
    pub(crate) cache: Cache,
    pub(crate) breakers: Breakers,
    pub(crate) operators: Operators,
    /// Whether reading takes an operator.
    pub(crate) closed: bool,
}

/// How long a call that changes state may take.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// The paths, for the app to keep free where they are served beside its routes.
pub(crate) const PATHS: [Reserved; 7] = [
    Reserved { path: "/access-log", what: "its access log" },
    Reserved { path: "/breakers", what: "its circuit breakers" },
    Reserved { path: "/cache", what: "what clears its cache" },
    Reserved { path: "/cache/stats", what: "its cache's statistics" },
    Reserved { path: "/metrics", what: "its metrics" },
    Reserved { path: "/readiness", what: "its readiness" },
    Reserved { path: "/routes", what: "its routes" },
];

impl Admin {
    /// The endpoints.
    pub(crate) fn router(self) -> Router {
        let mut router = Router::new()
            .route("/routes", get(routes::list).with_state(routes::render(&self.routes)))
            .route("/readiness", get(readiness::show).with_state(self.readiness))
            .route("/access-log", get(access_log::show).with_state(self.access_log.clone()))
            .route("/breakers", get(breakers::list))
            .route("/breakers/{*name}", get(breakers::show))
            .with_state(self.breakers.clone())
            .route("/cache/stats", get(cache::stats).with_state(self.cache.clone()));
        if let Some(exporter) = self.exporter {
            router = router.route("/metrics", get(metrics::render).with_state(exporter));
        }
        if self.closed {
            router = router.route_layer(from_fn_with_state(self.operators.clone(), authorize::operators_only));
        }
        if self.operators.exist() {
            let changing = Router::new()
                .route("/access-log", put(access_log::change).with_state(self.access_log))
                .route("/cache", delete(cache::clear))
                // Not one segment alone, or what has a slash that nobody has escaped would be taken for a pattern.
                .route("/cache/tag/{*tag}", delete(cache::tag))
                .route("/cache/{*pattern}", delete(cache::pattern))
                .with_state(self.cache)
                .route("/breakers/{*name}", put(breakers::change).with_state(self.breakers))
                // An operator that never ends its body must not be able to hide what it tries.
                .route_layer(TimeoutLayer::new(CHANGE_TIMEOUT))
                .route_layer(from_fn_with_state(self.operators, authorize::audited));
            router = router.merge(changing);
        }
        router
    }
}
