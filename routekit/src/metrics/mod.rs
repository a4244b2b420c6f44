//! How many requests each route answers, how long they take, how large they are, and how many are under way.
//!
//! 1. Names, units and labels are those of the OpenTelemetry HTTP conventions, as Prometheus spells them:
//!
//!    | metric | kind | labels beside `http_request_method`, `http_route` |
//!    | --- | --- | --- |
//!    | `http_server_request_duration_seconds` | histogram | `http_response_status_code`, `error_type` |
//!    | `http_server_request_body_size_bytes` | histogram | the same |
//!    | `http_server_response_body_size_bytes` | histogram | the same |
//!    | `http_server_active_requests` | gauge | |
//!    | `http_server_requests_cancelled_total` | counter | |
//!    | `http_server_slow_requests_total` | counter | |
//!    | `routekit_policy_answers_total` | counter | `policy` |
//!    | `routekit_cache_requests_total` | counter | `result`: `hit`, `miss`, `stale` or `bypass` |
//!    | `routekit_cache_sets_total`, `routekit_cache_refreshes_total`, `routekit_cache_invalidations_total` | counters | |
//!    | `routekit_cache_evictions_total` | counter | none at all |
//!    | `routekit_cache_entries`, `routekit_cache_bytes`, `routekit_cache_up` | gauges | none at all |
//!    | `routekit_breaker_state` | gauge: 1 for the state that it is in | `breaker` and `state` alone: `closed`, `half_open`, `open` |
//!    | `routekit_breaker_transitions_total` | counter | `breaker` and `to` alone: what it became |
//!    | `routekit_breaker_calls_total` | counter | `breaker` and `outcome` alone: `success`, `failure`, `neutral`, or `late` (of a time that is over) |
//!    | `routekit_breaker_slow_calls_total`, `routekit_breaker_rejected_total` | counters | `breaker` alone |
//!    | `routekit_concurrency_in_flight`, `routekit_concurrency_limit` | gauges | |
//!    | `routekit_concurrency_rejected_total` | counter | |
//!
//! 2. `http_request_method` is one of nine, else `_OTHER`; `http_route` is the template and never the URL, and absent where
//!    no route matched. So no client can make up new time series.
//! 3. `error_type` is there for failures only: the status of a 5xx, `timeout`, `panic`, `body` (it ended with an error), `service` (there was no
//!    response, but an error), `breaker_open`, `concurrency`, or
//!    `cancelled`, which has a status only if the client left while the body was sent.
//! 4. Handles are made with the route, or at the first answer with a new status, and then kept: no request looks a metric
//!    up or builds a label.
//! 5. Everything goes through the `metrics` facade's `Recorder`. An app has its own ([`Exporter`]), so that tests in one
//!    process share nothing, unless the program has installed one.
//!
//! 6. A cache counts by itself, and so do breakers and `concurrency = …`. What they have counted is brought over when the [`Exporter`] is rendered, and once a second to a recorder of the
//!    program's. Of the cache, what is no route's has `source` in place of method and route: `layers` (all that were made by hand) or `program`
//!    (values, and its own invalidations).
//!
//! [`HttpMetrics`] is an [observer](crate::observe); see [`watch`](crate::watch) for an example on a plain axum router.

mod cache;
mod exporter;
mod guards;
mod http;
mod names;
mod outcome;
mod recorder;
mod route;
mod source;

pub(crate) use self::{
    cache::{CacheMetrics, CacheRequests, CacheStoreMetrics, CacheUser, Total},
    guards::{BreakerSeries, ConcurrencySeries, GuardMetrics},
    source::Source,
};
pub use self::{
    exporter::{DURATION_BUCKETS, Exporter},
    http::HttpMetrics,
    recorder::{InstalledRecorder, SharedRecorder},
    route::RouteMetrics,
};
