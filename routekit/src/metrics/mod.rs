//! Metrics of requests, caches, circuit breakers, concurrency limits, rate limits, health checks, the process and its
//! runtime, for Prometheus and other recorders.
//!
//! An app collects them by itself and serves them at `/metrics` of its [admin service](crate::admin):
//!
//! | metric | kind | labels in addition to `http_request_method`, `http_route` |
//! | --- | --- | --- |
//! | `http_server_request_duration_seconds` | histogram | `http_response_status_code`, `error_type` |
//! | `http_server_request_body_size_bytes` | histogram | the same |
//! | `http_server_response_body_size_bytes` | histogram | the same |
//! | `http_server_active_requests` | gauge | |
//! | `http_server_requests_cancelled_total` | counter | |
//! | `http_server_slow_requests_total` | counter | |
//! | `routekit_handler_allocated_bytes_total`, `routekit_handler_allocations_total` | counters | |
//! | `routekit_policy_answers_total` | counter | `policy` |
//! | `routekit_cache_requests_total` | counter | `result`: `hit`, `miss`, `stale` or `bypass` |
//! | `routekit_cache_sets_total`, `routekit_cache_refreshes_total`, `routekit_cache_invalidations_total` | counters | |
//! | `routekit_cache_evictions_total` | counter | no labels |
//! | `routekit_cache_flushes_total` | counter | no labels |
//! | `routekit_cache_entries`, `routekit_cache_bytes`, `routekit_cache_up` | gauges | no labels |
//! | `routekit_cache_memory_entries`, `routekit_cache_memory_bytes`, `routekit_cache_memory_live` | gauges | no labels |
//! | `routekit_cache_lost_writes_total` | counter | no labels |
//! | `routekit_breaker_state` | gauge, 1 for the current state | only `breaker` and `state`: `closed`, `half_open` or `open` |
//! | `routekit_breaker_transitions_total` | counter | only `breaker` and `to`, the new state |
//! | `routekit_breaker_calls_total` | counter | only `breaker` and `outcome`: `success`, `failure`, `neutral` or `late` (ended after a transition) |
//! | `routekit_breaker_slow_calls_total`, `routekit_breaker_rejected_total` | counters | only `breaker` |
//! | `routekit_concurrency_in_flight`, `routekit_concurrency_limit` | gauges | |
//! | `routekit_concurrency_rejected_total` | counter | |
//! | `routekit_rate_limit_requests_total` | counter | `limit`, and `outcome`: `allowed`, `refused` or `observed` (beyond a limit that only observes) |
//! | `routekit_rate_limit_overflows_total` | counter | `limit`: requests of new keys while the limit held its maximum of keys |
//! | `routekit_rate_limit_keys` | gauge | `limit` |
//! | `routekit_metrics_refused_total` | counter | no labels |
//! | `routekit_otlp_dropped_spans_total` | counter | no labels; only with exported traces |
//! | `routekit_health_status` | gauge, 1 for the last result | only `check` and `status`: `healthy`, `degraded` or `unhealthy` |
//! | `routekit_alerts_active` | gauge | only `type` and `severity` of the [alerts](crate::alerts): `high` or `critical` |
//! | `routekit_alerts_raised_total` | counter | only `type` |
//! | `routekit_alert_notifications_total` | counter | only `sink`: `hook` or `webhook`, and `result`: `delivered`, `retried`, `failed` or `dropped` |
//! | `process_cpu_seconds_total` | counter | no labels |
//! | `process_resident_memory_bytes`, `process_virtual_memory_bytes`, `process_heap_bytes`, `process_open_fds`, `process_max_fds`, `process_threads`, `process_start_time_seconds` | gauges | no labels |
//! | `tokio_workers`, `tokio_alive_tasks`, `tokio_global_queue_depth`, `tokio_busy_ratio` | gauges | no labels |
//! | `tokio_scheduling_delay_seconds`, `tokio_scheduling_delay_max_seconds` | gauges | no labels |
//! | `routekit_tls_certificate_reloads_total` | counter | only `result`: `ok` or `error` |
//!
//! 1. Names, units and labels of requests follow the OpenTelemetry HTTP conventions, in Prometheus spelling.
//! 2. `http_request_method` is one of nine methods or `_OTHER`. `http_route` is the template, never the URL, and is
//!    missing if no route matched. So clients cannot create time series.
//! 3. `error_type` is present on failures only: the status of a 5xx, `timeout`, `panic`, `body` (the response body
//!    ended with an error), `service` (the service returned an error instead of a response), `breaker_open`,
//!    `concurrency`, `shutdown` (cut off) or `cancelled`. A cancelled request has a status only if the client
//!    disconnected during the response body. The 504 of an `only-if-cached` request that misses has no `error_type`: it
//!    is the choice of the client. Neither has the 503 of a health endpoint. So a rate of failures selects
//!    `error_type!=""`, and not the status.
//! 4. A request counts in `http_server_active_requests` until the last byte of its response is sent or given up, so
//!    that clients that do not read show there. A WebSocket counts until it is accepted. With a server other than
//!    routekit's, a request counts until its response ends. Requests without a route never count there.
//! 5. Heads that the server rejects before there is a request (400, 408, 414, 431) count as requests without a route
//!    that took no time, with the method `_OTHER` if it is not known.
//! 6. Handles are created with the route, or with the first response of a new status, and then kept. No request looks
//!    up a metric or builds a label.
//! 7. All metrics use the `Recorder` of the `metrics` crate. An app has a recorder of its own ([`Exporter`]), so that
//!    each of several apps in one process shows its own metrics, unless the program has installed a recorder. Then the
//!    metrics of a second app have the label `app="2"`, and so on. Metrics that handlers record with `counter!` and the
//!    like belong to the process: they appear at the app that was served first.
//!    Its histograms, those of the program included, count in place: they take the same memory however many samples
//!    they get, and lose none. Metrics of the program that would break or falsify the output are refused.
//! 8. Caches, breakers, concurrency limits, rate limits and health checks keep their own numbers. These are copied when
//!    the [`Exporter`] renders, or once per second if the program has installed a recorder. Cache metrics that do not
//!    belong to a route have `source` instead of method and route: `layers` (all layers that the program created) or
//!    `program` (values, and the program's own invalidations). Rate limits that are defaults of the app have `app`, and
//!    those of a [group](macro@crate::group) have `group` with its module. All
//!    three series of a health check are 0 until its first run has ended.
//! 9. `process_*` are the figures that the Prometheus client libraries report. They belong to the process: each app
//!    shows the same, and on the program's own recorder they have no label `app`. They come from `/proc`; a figure that
//!    the system does not have is no series. `process_cpu_seconds_total` counts whole seconds. `process_heap_bytes`
//!    needs the feature `alloc-stats` or `jemalloc`, and `routekit_handler_*` need `alloc-stats`, both with such an
//!    allocator. `tokio_*` are those of the runtime that the app is served on, and
//!    [`TokioMetrics`](crate::system::TokioMetrics) describes them; the ratio and the delays are of the last seconds.
//!
//! [`HttpMetrics`] is an [observer](crate::observe). See [`watch`](crate::watch) for its use on a plain axum router.

mod alerts;
mod cache;
#[cfg(feature = "tls")]
mod certificate;
#[cfg(feature = "prometheus")]
mod exporter;
mod guards;
mod health;
mod labelled;
pub(crate) mod names;
#[cfg(not(feature = "prometheus"))]
mod no_exporter;
mod recorder;
mod requests;
mod source;
#[cfg(feature = "otlp")]
mod spans;
mod system;

#[cfg(feature = "tls")]
pub(crate) use self::certificate::CertificateMetrics;
#[cfg(feature = "prometheus")]
pub use self::exporter::Exporter;
#[cfg(not(feature = "prometheus"))]
pub(crate) use self::no_exporter::Exporter;
#[cfg(feature = "otlp")]
pub(crate) use self::spans::dropped_spans;
pub(crate) use self::{
    alerts::{AlertMetrics, NotificationSeries},
    cache::{CacheMemoryMetrics, CacheMetrics, CacheRequests, CacheStoreMetrics, CacheUser, Total},
    guards::{BreakerSeries, ConcurrencySeries, GuardMetrics, RateLimitOwner, RateLimitSeries},
    health::{HealthMetrics, HealthSeries},
    labelled::LabelledRecorder,
    source::MetricSource,
    system::{ProcessSeries, TokioSeries},
};
pub use self::{
    names::DURATION_BUCKETS,
    recorder::{InstalledRecorder, SharedRecorder},
    requests::{HttpMetrics, RouteMetrics},
};
