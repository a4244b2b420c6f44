//! Names and descriptions of the metrics.

use metrics::{Level, Metadata, Recorder, Unit};

/// The bucket boundaries that OpenTelemetry recommends for HTTP durations, in seconds.
pub const DURATION_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

pub(crate) const DURATION: &str = "http_server_request_duration_seconds";
pub(crate) const REQUEST_SIZE: &str = "http_server_request_body_size_bytes";
pub(crate) const RESPONSE_SIZE: &str = "http_server_response_body_size_bytes";
pub(crate) const ACTIVE: &str = "http_server_active_requests";
pub(crate) const CANCELLED: &str = "http_server_requests_cancelled_total";
pub(crate) const SLOW: &str = "http_server_slow_requests_total";
pub(crate) const POLICY_ANSWERS: &str = "routekit_policy_answers_total";

#[cfg(feature = "alloc-stats")]
pub(crate) const ALLOCATED_BYTES: &str = "routekit_handler_allocated_bytes_total";
#[cfg(feature = "alloc-stats")]
pub(crate) const ALLOCATIONS: &str = "routekit_handler_allocations_total";

pub(crate) const CACHE_REQUESTS: &str = "routekit_cache_requests_total";
pub(crate) const CACHE_SETS: &str = "routekit_cache_sets_total";
pub(crate) const CACHE_REFRESHES: &str = "routekit_cache_refreshes_total";
pub(crate) const CACHE_INVALIDATIONS: &str = "routekit_cache_invalidations_total";
pub(crate) const CACHE_EVICTIONS: &str = "routekit_cache_evictions_total";
pub(crate) const CACHE_FLUSHES: &str = "routekit_cache_flushes_total";
pub(crate) const CACHE_ENTRIES: &str = "routekit_cache_entries";
pub(crate) const CACHE_BYTES: &str = "routekit_cache_bytes";
pub(crate) const CACHE_MEMORY_LIVE: &str = "routekit_cache_memory_live";
pub(crate) const CACHE_MEMORY_ENTRIES: &str = "routekit_cache_memory_entries";
pub(crate) const CACHE_MEMORY_BYTES: &str = "routekit_cache_memory_bytes";
pub(crate) const CACHE_LOST_WRITES: &str = "routekit_cache_lost_writes_total";
pub(crate) const CACHE_UP: &str = "routekit_cache_up";

pub(crate) const BREAKER_STATE: &str = "routekit_breaker_state";
pub(crate) const BREAKER_TRANSITIONS: &str = "routekit_breaker_transitions_total";
pub(crate) const BREAKER_CALLS: &str = "routekit_breaker_calls_total";
pub(crate) const BREAKER_SLOW_CALLS: &str = "routekit_breaker_slow_calls_total";
pub(crate) const BREAKER_REJECTED: &str = "routekit_breaker_rejected_total";

pub(crate) const CONCURRENCY_IN_FLIGHT: &str = "routekit_concurrency_in_flight";
pub(crate) const CONCURRENCY_LIMIT: &str = "routekit_concurrency_limit";
pub(crate) const CONCURRENCY_REJECTED: &str = "routekit_concurrency_rejected_total";

pub(crate) const RATE_LIMIT_REQUESTS: &str = "routekit_rate_limit_requests_total";
pub(crate) const RATE_LIMIT_OVERFLOWS: &str = "routekit_rate_limit_overflows_total";
pub(crate) const RATE_LIMIT_FALLBACKS: &str = "routekit_rate_limit_fallbacks_total";
pub(crate) const RATE_LIMIT_KEYS: &str = "routekit_rate_limit_keys";

pub(crate) const HEALTH_STATUS: &str = "routekit_health_status";

pub(crate) const ALERTS_ACTIVE: &str = "routekit_alerts_active";
pub(crate) const ALERTS_RAISED: &str = "routekit_alerts_raised_total";
pub(crate) const ALERT_NOTIFICATIONS: &str = "routekit_alert_notifications_total";

pub(crate) const PROCESS_CPU: &str = "process_cpu_seconds_total";
pub(crate) const PROCESS_RESIDENT: &str = "process_resident_memory_bytes";
pub(crate) const PROCESS_VIRTUAL: &str = "process_virtual_memory_bytes";
pub(crate) const PROCESS_HEAP: &str = "process_heap_bytes";
pub(crate) const PROCESS_OPEN_FDS: &str = "process_open_fds";
pub(crate) const PROCESS_MAX_FDS: &str = "process_max_fds";
pub(crate) const PROCESS_THREADS: &str = "process_threads";
pub(crate) const PROCESS_START: &str = "process_start_time_seconds";

pub(crate) const TOKIO_WORKERS: &str = "tokio_workers";
pub(crate) const TOKIO_TASKS: &str = "tokio_alive_tasks";
pub(crate) const TOKIO_QUEUE: &str = "tokio_global_queue_depth";
pub(crate) const TOKIO_BUSY: &str = "tokio_busy_ratio";
pub(crate) const TOKIO_DELAY: &str = "tokio_scheduling_delay_seconds";
pub(crate) const TOKIO_MAX_DELAY: &str = "tokio_scheduling_delay_max_seconds";

#[cfg(feature = "otlp")]
pub(crate) const OTLP_DROPPED: &str = "routekit_otlp_dropped_spans_total";
#[cfg(feature = "tls")]
pub(crate) const CERTIFICATE_RELOADS: &str = "routekit_tls_certificate_reloads_total";
#[cfg(feature = "prometheus")]
pub(crate) const METRICS_REFUSED: &str = "routekit_metrics_refused_total";

pub(super) const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// Describes the metric of the exporter itself.
#[cfg(feature = "prometheus")]
pub(super) fn describe_exporter(recorder: &dyn Recorder) {
    let text = "Uses of metrics that would break the output, whose samples are dropped; the log names them.";
    recorder.describe_counter(METRICS_REFUSED.into(), None, text.into());
}

/// Describes the metrics of requests. Called once per recorder.
pub(super) fn describe(recorder: &dyn Recorder) {
    let histograms = [
        (DURATION, Unit::Seconds, "Time from the request head to the response head, or to the end of a streamed body."),
        (REQUEST_SIZE, Unit::Bytes, "Size of request bodies."),
        (RESPONSE_SIZE, Unit::Bytes, "Size of response bodies."),
    ];
    for (name, unit, text) in histograms {
        recorder.describe_histogram(name.into(), Some(unit), text.into());
    }
    recorder.describe_gauge(ACTIVE.into(), None, "Requests whose response is not completely sent.".into());
    let counters = [
        (CANCELLED, "Requests whose client disconnected before the end."),
        (SLOW, "Requests that took longer than their route's threshold."),
        (POLICY_ANSWERS, "Requests answered by a policy instead of the handler."),
        #[cfg(feature = "alloc-stats")]
        (ALLOCATED_BYTES, "Memory that handlers have allocated, in bytes."),
        #[cfg(feature = "alloc-stats")]
        (ALLOCATIONS, "Allocations of handlers."),
    ];
    for (name, text) in counters {
        recorder.describe_counter(name.into(), None, text.into());
    }
}

/// Describes the metrics of a cache.
pub(super) fn describe_cache(recorder: &dyn Recorder) {
    let counters = [
        (CACHE_REQUESTS, "Requests to cached routes, by result."),
        (CACHE_SETS, "Entries stored in the cache."),
        (CACHE_REFRESHES, "Entries refreshed in the background."),
        (CACHE_INVALIDATIONS, "Invalidations of the cache."),
        (CACHE_EVICTIONS, "Entries evicted to make room."),
        (CACHE_LOST_WRITES, "Entries that were not written to the store behind the memory."),
        (CACHE_FLUSHES, "Times that all older entries became invalid because an invalidation was forgotten."),
    ];
    for (name, text) in counters {
        recorder.describe_counter(name.into(), None, text.into());
    }
    recorder.describe_gauge(CACHE_ENTRIES.into(), None, "Approximate number of entries in the cache.".into());
    recorder.describe_gauge(CACHE_BYTES.into(), Some(Unit::Bytes), "Approximate size of the cache's entries.".into());
    let memory = [
        (CACHE_MEMORY_LIVE, None, "1 while hits are answered from the memory in front of the store, otherwise 0."),
        (CACHE_MEMORY_ENTRIES, None, "Approximate number of entries in the memory in front of the store."),
        (CACHE_MEMORY_BYTES, Some(Unit::Bytes), "Approximate size of the entries in the memory in front of the store."),
    ];
    for (name, unit, text) in memory {
        recorder.describe_gauge(name.into(), unit, text.into());
    }
    recorder.describe_gauge(CACHE_UP.into(), None, "1 if the store of the cache can be reached, otherwise 0.".into());
}

/// Describes the metrics of circuit breakers.
pub(super) fn describe_breakers(recorder: &dyn Recorder) {
    recorder.describe_gauge(BREAKER_STATE.into(), None, "1 for the current state of a circuit breaker.".into());
    let counters = [
        (BREAKER_TRANSITIONS, "Transitions of a circuit breaker, by the new state."),
        (BREAKER_CALLS, "Calls admitted by a circuit breaker, by outcome."),
        (BREAKER_SLOW_CALLS, "Calls that reached the slow-call threshold of a circuit breaker."),
        (BREAKER_REJECTED, "Calls refused by a circuit breaker."),
    ];
    for (name, text) in counters {
        recorder.describe_counter(name.into(), None, text.into());
    }
}

/// Describes the metrics of rate limits.
pub(super) fn describe_rate_limits(recorder: &dyn Recorder) {
    let counters = [
        (RATE_LIMIT_REQUESTS, "Requests that a rate limit has counted, by outcome."),
        (
            RATE_LIMIT_OVERFLOWS,
            "Requests of new keys that shared one quota, because the limit held its maximum of keys.",
        ),
        (
            RATE_LIMIT_FALLBACKS,
            "Requests of a shared limit that this process counted on its own, because Redis could not be used.",
        ),
    ];
    for (name, text) in counters {
        recorder.describe_counter(name.into(), None, text.into());
    }
    recorder.describe_gauge(RATE_LIMIT_KEYS.into(), None, "Keys whose use a rate limit keeps.".into());
}

/// Describes the metrics of concurrency limits.
pub(super) fn describe_concurrency(recorder: &dyn Recorder) {
    recorder.describe_gauge(CONCURRENCY_IN_FLIGHT.into(), None, "Requests that the handler is processing.".into());
    recorder.describe_gauge(CONCURRENCY_LIMIT.into(), None, "Maximum number of concurrent requests.".into());
    recorder.describe_counter(CONCURRENCY_REJECTED.into(), None, "Requests refused by a concurrency limit.".into());
}

/// Describes the metrics of health checks.
pub(super) fn describe_health(recorder: &dyn Recorder) {
    recorder.describe_gauge(HEALTH_STATUS.into(), None, "1 for the last result of a health check.".into());
}

/// Describes the metrics of alerts.
pub(super) fn describe_alerts(recorder: &dyn Recorder) {
    recorder.describe_gauge(ALERTS_ACTIVE.into(), None, "Active alerts, by type and severity.".into());
    recorder.describe_counter(ALERTS_RAISED.into(), None, "Alerts raised, by type.".into());
    let text = "Changes of alerts for hooks and the webhook, by result.";
    recorder.describe_counter(ALERT_NOTIFICATIONS.into(), None, text.into());
}

/// Describes the metrics of the process.
pub(super) fn describe_process(recorder: &dyn Recorder) {
    let text = "Total user and system CPU time spent in seconds.";
    recorder.describe_counter(PROCESS_CPU.into(), Some(Unit::Seconds), text.into());
    let gauges = [
        (PROCESS_RESIDENT, Some(Unit::Bytes), "Resident memory size in bytes."),
        (PROCESS_VIRTUAL, Some(Unit::Bytes), "Virtual memory size in bytes."),
        (PROCESS_HEAP, Some(Unit::Bytes), "Process heap size in bytes."),
        (PROCESS_OPEN_FDS, None, "Number of open file descriptors."),
        (PROCESS_MAX_FDS, None, "Maximum number of open file descriptors."),
        (PROCESS_THREADS, None, "Number of OS threads in the process."),
        (PROCESS_START, Some(Unit::Seconds), "Start time of the process since unix epoch in seconds."),
    ];
    for (name, unit, text) in gauges {
        recorder.describe_gauge(name.into(), unit, text.into());
    }
}

/// Describes the metrics of a tokio runtime.
pub(super) fn describe_tokio(recorder: &dyn Recorder) {
    let gauges = [
        (TOKIO_WORKERS, None, "Worker threads of the tokio runtime."),
        (TOKIO_TASKS, None, "Tasks that have not ended."),
        (TOKIO_QUEUE, None, "Tasks that wait in the global queue of the tokio runtime."),
        (TOKIO_BUSY, None, "Share of the last seconds in which the workers were busy, from 0 to 1."),
        (
            TOKIO_DELAY,
            Some(Unit::Seconds),
            "Mean time in the last seconds from when a task is ready until it is polled.",
        ),
        (TOKIO_MAX_DELAY, Some(Unit::Seconds), "Longest of these times in the last seconds."),
    ];
    for (name, unit, text) in gauges {
        recorder.describe_gauge(name.into(), unit, text.into());
    }
}

/// Describes the metrics of the exporter of spans.
#[cfg(feature = "otlp")]
pub(super) fn describe_otlp(recorder: &dyn Recorder) {
    let text = "Spans that did not reach the collector.";
    recorder.describe_counter(OTLP_DROPPED.into(), None, text.into());
}

/// Describes the metrics of the certificate that an app serves with.
#[cfg(feature = "tls")]
pub(super) fn describe_certificate(recorder: &dyn Recorder) {
    recorder.describe_counter(CERTIFICATE_RELOADS.into(), None, "Changed TLS certificates, by result.".into());
}
