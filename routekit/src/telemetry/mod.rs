//! Logging for programs without a `tracing` subscriber.
//!
//! [`init`] writes every event to standard output, together with its spans, so that every line of a request has its
//! correlation id. The app never calls it.
//!
//! | variable | default | |
//! | --- | --- | --- |
//! | `RUST_LOG` | `info` | log filter, such as `debug` or `warn,shop=debug`; see `tracing_subscriber::EnvFilter` |
//! | `ROUTEKIT_LOG_FORMAT` | `text` | `text` or `json` |
//!
//! [`Logs`] sets other defaults: the variables override them.
//!
//! With the feature `otlp` and `OTEL_EXPORTER_OTLP_ENDPOINT`, it also exports the spans of requests and of the program
//! to a collector: see the [guide](crate::guide::operation). `OTEL_…` variables configure the export.
//!
//! Operators change the filter while the program runs: `PUT /log` of the [admin surface](crate::admin).
//!
//! ```no_run
//! # use routekit::prelude::*;
//! #[tokio::main]
//! async fn main() -> Result<(), routekit::Error> {
//!     routekit::telemetry::init()?;
//!     App::discover().serve().await
//! }
//! ```

mod directives;
mod init;
mod log_filter;
#[cfg(feature = "otlp")]
mod otlp;

pub use self::init::{LogFormat, Logs, init};
#[cfg(feature = "otlp")]
pub(crate) use self::otlp::SpanExport;
#[cfg(feature = "otlp")]
pub use self::otlp::inject_trace_context;
pub(crate) use self::{
    directives::LogDirective,
    log_filter::{ChangeEnd, FilterTransition, LogFilter, LogFilterReport},
};
