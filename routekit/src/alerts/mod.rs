//! Alerts: conditions of an app that operators should know of, found on a tick.
//!
//! ```
//! use routekit::{alerts::AlertEvent, prelude::*};
//!
//! #[get("/prices", slow = "500ms", alert(error_rate = 0.01, p99 = "300ms"))]
//! async fn prices() -> &'static str {
//!     "cheap"
//! }
//!
//! let app = App::with_routes(routes![prices]).on_alert(async |change| {
//!     if change.event == AlertEvent::Raised {
//!         println!("{}: {}", change.alert.id, change.alert.message);
//!     }
//! });
//! # let _ = app;
//! ```
//!
//! | `type` | id | value | critical above |
//! | --- | --- | --- | --- |
//! | `slow_route` | `route-{key}-slow` | mean response time, above `alert(mean = …)`, or else `slow`: 1,000 ms | twice the threshold |
//! | `slow_route` | `route-{key}-p99` | 99th percentile of response times, above `alert(p99 = …)`; off by default | twice the threshold |
//! | `high_error_rate` | `route-{key}-errors` | share of requests with a 5xx, a timeout or a panic, above `alert(error_rate = …)`, or else `alerts.error_rate`: 0.05 | twice the threshold, or halfway to 1 |
//! | `memory_leak` | `system-memory` | memory in use, in percent of what the process may use, above `alerts.memory_percent`: 80 | halfway to 100 |
//! | `memory_leak` | `system-memory-growth` | bytes gained by sustained growth, above `alerts.memory_growth`: 100 MiB | never |
//! | `high_cpu` | `system-cpu` | CPU time in percent, above `alerts.cpu_percent`: 80 | halfway to 100 |
//! | `event_loop_lag` | `system-eventloop` | delay of tasks of the runtime, above `alerts.event_loop_lag`: 100 ms | twice the threshold |
//! | `breaker_open` | `breaker-{name}` | 1 while a [circuit breaker](crate::breaker) is open | never |
//! | `cache_store_down` | `cache-store` | 1 while the store of the [cache](crate::cache) cannot be reached | never |
//!
//! 1. While the app serves, its figures are evaluated every `alerts.interval`: 30 seconds. The figures of routes are
//!    those of the last `alerts.window`: 5 minutes.
//! 2. An alert is *raised* at the second tick in a row with a value above the threshold; `breaker_open` at the first. A
//!    route needs `alerts.min_samples` requests in the window: 20. The severity is `high`, or `critical`.
//! 3. It stays active while the value is above 80 % of the threshold, so that a value that hovers raises one alert. It
//!    is *resolved* at the fourth tick in a row at which the value is lower, or at which the route had no requests. A
//!    half-open breaker hovers.
//! 4. An active alert is *escalated* at the second critical tick in a row, once. Its severity does not fall again.
//! 5. Operators are *reminded* of an active alert after `alerts.remind_after`: an hour, and again. A snooze puts that
//!    off: `PUT /alerts/{id}?for=1h` on the [admin surface](crate::admin), or [`Alerts::snooze`]. An alert that
//!    escalates is reported at once, and so is one that is resolved.
//! 6. Each of these changes is a line of the log (target `routekit::alerts`: `WARN`, `ERROR` if critical, `INFO` when
//!    resolved), a call of each [`App::on_alert`](crate::App::on_alert) hook, and a request to `alerts.webhook`.
//!    `/alerts` on the admin surface lists active and resolved alerts.
//! 7. Memory grows *sustainedly* if its floor does: the lowest reading of each ten ticks. A growth lasts while no floor
//!    falls below the highest by more than a quarter of the gain, and while there is a new highest floor every six
//!    floors. It counts after six floors, half an hour. Filling a cache ends; a leak does not, however slow it is.
//!
//! Client errors are not failures here: a route that answers 404 to everything is not broken.

mod alert;
mod engine;
mod figures;
mod growth;
mod handle;
mod log;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

pub use self::{
    alert::{Alert, AlertChange, AlertEvent, AlertKind, Severity},
    handle::Alerts,
};
pub(crate) use self::{
    figures::{AlertFigures, BreakerReading, BreakerReadingState, RouteReading, RouteThresholds, SystemReading},
    handle::{AlertsReport, MAX_SNOOZE},
    log::log_change,
    settings::AlertSettings,
};
