//! Limits how many requests a client may send in a time: further ones are answered with 429.
//!
//! ```
//! use routekit::{ManualClock, prelude::*, test::TestApp};
//! use std::time::Duration;
//!
//! #[get("/search", rate_limit("10/s", burst = 20), rate_limit("1000/day", per = "user", name = "daily"))]
//! async fn search() {}
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let clock = ManualClock::new();
//! let app = TestApp::builder(App::with_routes(routes![search])).clock(clock.clock()).build();
//! for _ in 0..20 {
//!     assert_eq!(app.get("/search").send().await.status(), 200);
//! }
//! let refused = app.get("/search").send().await;
//! assert_eq!(refused.status(), 429);
//! assert_eq!(refused.headers()["retry-after"], "1");
//! clock.advance(Duration::from_secs(1));
//! let response = app.get("/search").send().await;
//! assert_eq!(response.status(), 200);
//! assert_eq!(response.headers()["ratelimit"], r#""ip";r=9;t=1, "daily";r=979;t=86"#);
//! # }
//! ```
//!
//! The [guide](crate::guide::rate_limits) has the rules: what a limit counts by, its place in the order, defaults of
//! the app, limits that all processes share, configuration, headers and memory. [`RateLimitLayer`] applies the policy
//! to any axum router.
//!
//! It differs from [`concurrency`](crate::concurrency), which limits how many requests of all clients a handler runs at
//! a time.

mod client_key;
mod gcra;
mod headers;
mod key_table;
mod layer;
mod limit;
mod limiter;
mod quota_states;
mod rate_limits;
#[cfg(feature = "redis")]
mod shared_layer;
mod shared_limit;
#[cfg(test)]
mod tests;
mod with_quota;

pub use routekit_grammar::rate::Rate;

#[cfg(feature = "redis")]
pub use self::shared_layer::{SharedRateLimit, SharedRateLimitFuture, SharedRateLimitLayer};
pub(crate) use self::{
    client_key::LimitedHead,
    limit::mistake,
    limiter::{DEFAULT_MAX_KEYS, Limiter},
    quota_states::QuotaStates,
    rate_limits::{LimitAdmission, RateLimitSetup, RateLimits, ViolatedLimits},
};
pub use self::{
    headers::RateLimitHeaders,
    layer::{RateLimit, RateLimitFuture, RateLimitLayer},
    limit::{Limit, LimitBy, LimitError, LimitMode},
};
#[cfg(feature = "redis")]
pub use crate::shared_quotas::SharedQuotas;
