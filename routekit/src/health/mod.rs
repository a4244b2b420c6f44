//! Health checks, liveness and readiness: whether the process runs, and whether it can take requests.
//!
//! ```
//! use routekit::{health::{HealthCheck, HealthCheckResult}, prelude::*, test::TestApp};
//!
//! #[get("/users")]
//! async fn users() {}
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let queue = HealthCheck::new("queue", async || HealthCheckResult::degraded("the queue is long"));
//! let ledger = HealthCheck::new("ledger", async || Err::<(), _>("no route to host")).critical(true);
//!
//! let app = TestApp::new(App::with_routes(routes![users]).health(queue).health(ledger));
//! let answer = app.get("/health/ready").send().await;
//! assert_eq!((answer.status().as_u16(), answer.text()), (503, r#"{"status":"not ready"}"#));
//! let health: serde_json::Value = app.admin().get("/health").send().await.json();
//! assert_eq!(health["status"], "unhealthy");
//! assert_eq!(health["checks"]["ledger"]["message"], "no route to host");
//! assert_eq!(health["summary"]["degraded"], 1);
//! # }
//! ```
//!
//! 1. A check returns [healthy, degraded or unhealthy](HealthStatus). The app is unhealthy while a
//!    [critical](HealthCheck::critical) check is, and degraded while any other result is not healthy.
//! 2. `/health/live` answers 200 while the process responds. It runs no check, so that an unavailable database never
//!    causes a restart.
//! 3. `/health/ready` answers 503 while a critical check is unhealthy or [`Readiness`] is held red: during warm-up, at
//!    shutdown, and by the program. It runs the critical checks only.
//! 4. `/health/startup` answers 503 until the app is ready for the first time, and 200 from then on.
//! 5. `/health` runs all checks. It answers 200 if the app is healthy or degraded, else 503.
//! 6. Checks run at the same time, each on a task of its own with a [timeout](HealthCheck::timeout). A panic and a
//!    timeout are unhealthy results. Requests that arrive during a run wait for its result, which is then used for two
//!    seconds ([`max_age`](HealthCheck::max_age)), a failure too. So any number of probes runs each check once in that
//!    time.
//! 7. An app that is served also runs all checks every 30 seconds. If no such refresh ends for a minute and the longest
//!    timeout, readiness turns red.
//! 8. On the main listener, the endpoints show a status only. On the [admin surface](crate::admin) with its own
//!    listener, they have the results of the checks, with messages, durations in milliseconds, and details. With
//!    `admin_addr = "main"`, these are part of `/readiness`.
//! 9. All send `no-store`. No policy of routes applies to them: they need no credentials, and are neither cached nor
//!    limited.
//!
//! A circuit breaker rejects calls to a failing server at once; a check only reports. Make a check critical only if the
//! app can answer nothing without that part, and another instance could: if every instance shares the database, all of
//! them leave the load balancer together.
//!
//! In deployment, a probe must wait longer than the critical checks take: Kubernetes gives up after one second by
//! default (`timeoutSeconds`). Give the critical checks a shorter timeout than the probe.

mod attempt;
mod check;
mod checks;
mod endpoints;
mod monitor;
mod readiness;
mod report;
mod result;
mod runner;
mod setup;

pub use self::{
    check::HealthCheck,
    readiness::{Hold, Readiness},
    result::{HealthCheckResult, HealthStatus},
};
pub(crate) use self::{
    endpoints::{LIVE_PATH, OVERALL_PATH, READY_PATH, STARTUP_PATH, for_clients, for_operators},
    monitor::{HealthMonitor, WeakMonitor},
    report::OverallHealth,
    setup::problems,
};
