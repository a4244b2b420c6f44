//! The admin surface: endpoints for operators and their tools, in one router.
//!
//! 1. It is served on its own listener (`admin_addr`, by default on loopback), or beside the routes with
//!    `admin_addr = "main"`. A route of the app under one of its paths is then a start-up error.
//! 2. Anyone who reaches the listener may read. Beside the routes of an app that [requires
//!    authentication](crate::App::require_auth), reading requires an operator too, and `admin_token` or `admin_role`
//!    must be configured. Beside the routes of other apps, [`explain_requests`](crate::config) is a start-up error.
//! 3. Changing state requires an operator: the configured `admin_token` as a bearer token (RFC 6750), compared in
//!    constant time, or an identity with the configured `admin_role`, as the app's verifiers determine it (see
//!    [`auth`](crate::auth)). If neither is configured, the endpoints that change state do not exist. On its own
//!    listener, the admin surface is not wrapped by the app's layers, so an identity that only a layer sets counts only
//!    beside the routes.
//! 4. Every call of an endpoint that changes state is one event of the target `routekit::audit`, refused calls
//!    included: the caller (`actor` is `token`, `identity` with its `sub` and `issuer`, or `anonymous`), its address,
//!    the request, the status, and the change. It never includes a token.
//! 5. After ten wrong tokens, each request with a token waits for a second before the token is compared, the right one
//!    included; one wrong token is forgotten each second. Wrong tokens that waited, and those of reading requests, are
//!    logged as one `WARN` event of the target `routekit::audit` a second, with their number.
//! 6. A listener on loopback answers only requests whose host is `localhost` or an IP address, and refuses others with
//!    421: a web page that points its own host name at 127.0.0.1 (DNS rebinding) reads nothing.
//! 7. A listener of its own refuses requests that a browser sends for a page of another site (`Sec-Fetch-Site`) with
//!    403, except links.
//! 8. In JSON, names are in camelCase and points in time are RFC 3339. Durations are in milliseconds, sizes in bytes,
//!    rates and shares from 0 to 1, and usages in percent, unless the name has another unit. The documentation of each
//!    type has the unit of each number.
//!
//! | endpoint | |
//! | --- | --- |
//! | `GET /` | a page that shows routes, cache, breakers, alerts, health and system while it is open; only on its own listener |
//! | `GET /events` | the figures of the page as server-sent events, one every two seconds; only on its own listener |
//! | `GET /metrics` | metrics as Prometheus text, or as OpenMetrics if the client prefers that |
//! | `GET /metrics` with `Accept: application/json` | [all figures](crate::performance::MetricsDocument) as JSON; `?route=GET:/users:default` or `?route=GET%20/users` leaves only this one in `routes`. It is the only form if the program's own recorder keeps the metrics, and without the feature `prometheus` |
//! | `GET /metrics/performance` | [the report](crate::performance::PerformanceReport) about the last 24 hours, or about `?from=2026-12-31T00:00:00Z&to=…` (RFC 3339; one alone is enough) |
//! | `GET /openapi.json`, `/openapi/{version}` | the [OpenAPI document](crate::openapi) of all routes, or of those of one version, unless `openapi.serve` is `main` or `off` |
//! | `GET /docs` | a page with the documentation of all routes, made from this document |
//! | `GET /routes` | every route with its policies, their settings at start-up, and the origin of each setting |
//! | `GET /readiness` | whether the app is ready, the reasons why not, and the results of its health checks |
//! | `GET /health`, `/health/ready`, `/health/startup`, `/health/live` | [health](crate::health) with the results of the checks; only on its own listener |
//! | `GET /requests` | the last requests that failed, were slow or cancelled, or were answered with a 4xx, newest first, `?limit=20` of them; 404 unless [`explain_requests`](crate::config) is set |
//! | `GET /requests/{correlation-id}` | the newest 20 with this correlation id: what each policy decided and how long it took, with masked headers |
//! | `GET /access-log` | the mode: which requests are logged |
//! | `PUT /access-log` | sets the mode until the next start: `all`, `errors` or `off`; operators only |
//! | `GET /alerts` | the active [alerts](crate::alerts), those that were resolved, and when the figures were evaluated last |
//! | `PUT /alerts/{id}?for=1h` | stops the reminders of an active alert for this long; `for=off` ends that; the id may be percent-encoded; operators only |
//! | `GET /log` | the filter of the log that [`telemetry::init`](crate::telemetry) set up, that of the start, and the changes with the time until which they are in force |
//! | `PUT /log` | changes the filter: `shop=debug,hyper=warn` for `?for=10m`, or else until the next start; operators only |
//! | `DELETE /log` | removes all changes of the filter; operators only |
//! | `GET /cache/stats` | [statistics of the cache](crate::cache::CacheStats), and the state of its store |
//! | `DELETE /cache/tag/{tag}` | invalidates everything with this tag; operators only |
//! | `DELETE /cache/{pattern}` | invalidates responses of matching paths: `/cache/%2Fusers%2F*`, `/cache//users/*`; operators only |
//! | `DELETE /cache` | clears the cache; operators only |
//! | `GET /breakers` | [the state of every circuit breaker](crate::breaker::BreakerSnapshot) |
//! | `GET /breakers/{name}` | the state of one, whose name may be percent-encoded: `/breakers/GET%20%2Fusers` |
//! | `PUT /breakers/{name}` | `force_open`, `force_closed`, `disabled` or `metrics_only`, until the next start or `reset`; with [`redis.breaker_commands`](crate::guide::redis#commands-to-circuit-breakers) on all processes; operators only |
//!
//! Tags and patterns are percent-decoded once. They refer to the default partition of the app's cache, or to another
//! one with `?partition=acme`; so does `DELETE /cache`. The response has a `message`. The status is 503 if the store
//! cannot be reached.
//!
//! A directive of `PUT /log` replaces the one of the same target, span and fields, and keeps all others. The filter
//! belongs to the process. If the program has a subscriber of its own, these endpoints answer 404; without the feature
//! `telemetry` they are absent.

#[cfg(feature = "prometheus")]
mod accept;
mod access_log;
mod alerts;
mod authorize;
mod breakers;
mod cache;
mod cross_site;
mod live;
mod local_host;
#[cfg(feature = "telemetry")]
mod log;
mod metrics;
mod readiness;
mod requests;
mod routes;
mod wrong_tokens;

use std::time::Duration;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{delete, get, put},
};

use self::live::LivePage;
#[cfg(feature = "telemetry")]
pub(crate) use self::log::LogAdmin;
pub(crate) use self::{
    authorize::Operators, cross_site::without_cross_site, live::LiveSource, local_host::local_hosts_only,
    routes::RouteList, wrong_tokens::WrongTokens,
};
#[cfg(feature = "prometheus")]
use crate::metrics::Exporter;
use crate::{
    access_log::AccessLog, alerts::Alerts, breaker::BreakerCommands, cache::Cache, explained::ExplainedRequests,
    health::HealthMonitor, performance::Metrics, route::Reserved, timeout::TimeoutLayer,
};

/// The parts of the app that the admin surface reads and changes.
#[derive(Debug)]
pub(crate) struct Admin {
    /// `None` if the program's own recorder keeps the metrics.
    #[cfg(feature = "prometheus")]
    pub(crate) exporter: Option<Exporter>,
    pub(crate) metrics: Metrics,
    pub(crate) routes: RouteList,
    pub(crate) health: HealthMonitor,
    /// `None` if the app explains no requests.
    pub(crate) explained: Option<ExplainedRequests>,
    pub(crate) access_log: AccessLog,
    pub(crate) alerts: Alerts,
    #[cfg(feature = "telemetry")]
    pub(crate) log: LogAdmin,
    pub(crate) cache: Cache,
    pub(crate) breakers: BreakerCommands,
    pub(crate) operators: Operators,
    /// For the live page. `None` beside the routes, where `/` belongs to the app.
    pub(crate) live: Option<LiveSource>,
    /// The OpenAPI document and the page with the documentation, if they are served here.
    pub(crate) documentation: Option<Router>,
    /// Whether reading requires an operator.
    pub(crate) closed: bool,
}

/// The timeout of calls that change state.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// The paths that routes of the app must not use if the admin surface is served beside them.
pub(crate) const PATHS: &[Reserved] = &[
    Reserved { path: "/access-log", what: "its access log" },
    Reserved { path: "/alerts", what: "its alerts" },
    Reserved { path: "/alerts/{*id}", what: "the snooze of an alert" },
    Reserved { path: "/breakers", what: "its circuit breakers" },
    Reserved { path: "/breakers/{*name}", what: "the state of a circuit breaker" },
    Reserved { path: "/cache", what: "the clearing of its cache" },
    Reserved { path: "/cache/stats", what: "its cache's statistics" },
    Reserved { path: "/cache/{*pattern}", what: "the invalidation of its cache" },
    Reserved { path: "/log", what: "the filter of its log" },
    Reserved { path: "/metrics", what: "its metrics" },
    Reserved { path: "/metrics/performance", what: "its performance report" },
    Reserved { path: "/readiness", what: "its readiness" },
    Reserved { path: "/requests", what: "its explained requests" },
    Reserved { path: "/requests/{id}", what: "an explained request" },
    Reserved { path: "/routes", what: "its routes" },
];

impl Admin {
    /// Builds the router of all endpoints.
    pub(crate) fn router(self) -> Router {
        let shown = metrics::ShownMetrics {
            #[cfg(feature = "prometheus")]
            exporter: self.exporter,
            metrics: self.metrics.clone(),
        };
        let mut router = Router::new()
            .route("/routes", get(routes::list).with_state(self.routes))
            .route("/readiness", get(readiness::show).with_state(self.health))
            .route("/requests", get(requests::list).with_state(self.explained.clone()))
            .route("/requests/{id}", get(requests::show).with_state(self.explained))
            .route("/access-log", get(access_log::show).with_state(self.access_log.clone()))
            .route("/alerts", get(alerts::list).with_state(self.alerts.clone()))
            .route("/breakers", get(breakers::list))
            .route("/breakers/{*name}", get(breakers::show))
            .with_state(self.breakers.clone())
            .route("/cache/stats", get(cache::stats).with_state(self.cache.clone()))
            .route("/metrics/performance", get(metrics::report).with_state(self.metrics))
            .route("/metrics", get(metrics::show).with_state(shown));
        #[cfg(feature = "telemetry")]
        {
            router = router.route("/log", get(log::show));
        }
        if let Some(live) = self.live {
            let events = get(live::events).with_state(LivePage::new(live));
            router = router.route("/", get(live::page)).route("/events", events);
        }
        if let Some(documentation) = self.documentation {
            router = router.merge(documentation);
        }
        if self.closed {
            router = router.route_layer(from_fn_with_state(self.operators.clone(), authorize::operators_only));
        }
        if self.operators.exist() {
            let changing = Router::new();
            #[cfg(feature = "telemetry")]
            let changing = changing.route("/log", put(log::change).delete(log::reset)).with_state(self.log);
            let changing = changing
                .route("/access-log", put(access_log::change).with_state(self.access_log))
                .route("/alerts/{*id}", put(alerts::snooze).with_state(self.alerts))
                .route("/cache", delete(cache::clear))
                // A catch-all: with a single segment, a tag with an unescaped slash would match the pattern route.
                .route("/cache/tag/{*tag}", delete(cache::tag))
                .route("/cache/{*pattern}", delete(cache::pattern))
                .with_state(self.cache)
                .route("/breakers/{*name}", put(breakers::change).with_state(self.breakers))
                // Inside the audit: a client that never ends its body must still be logged.
                .route_layer(TimeoutLayer::new(CHANGE_TIMEOUT))
                .route_layer(from_fn_with_state(self.operators, authorize::audited));
            router = router.merge(changing);
        }
        router
    }
}
