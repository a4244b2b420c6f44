//! Builds and installs the subscriber.

use std::{env, fmt::Display, io::IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{
    Layer, fmt, layer::SubscriberExt as _, registry, registry::LookupSpan, util::SubscriberInitExt as _,
};

#[cfg(feature = "otlp")]
use super::otlp::SpanExport;
use super::{directives::LogDirective, log_filter::LogFilter};
use crate::base::setup_problem::{Error, SetupProblem};

const FORMAT: &str = "ROUTEKIT_LOG_FORMAT";
const FILTER: &str = "RUST_LOG";

/// Installs the subscriber. See the [module docs](crate::telemetry).
///
/// # Errors
/// If a subscriber is already installed, or if a variable has an invalid value.
pub fn init() -> Result<(), Error> {
    let filter = variable(FILTER)?.unwrap_or_else(|| "info".to_owned());
    let directives = LogDirective::list(&filter).map_err(|error| invalid(FILTER, &filter, &error))?;
    let (filter_layer, filter) = LogFilter::new(directives);
    let format = format()?;
    #[cfg(feature = "otlp")]
    if let Some(export) = SpanExport::from_env()? {
        // The filter of the log is for the log only: `warn` must not stop traces.
        let log = format.layer().with_filter(filter_layer);
        registry().with(log).with(export.layer()).try_init().map_err(|error| exists(&error))?;
        filter.install();
        export.install();
        return Ok(());
    }
    registry().with(filter_layer).with(format.layer()).try_init().map_err(|error| exists(&error))?;
    filter.install();
    Ok(())
}

/// The format of the log.
enum LogFormat {
    Text { colours: bool },
    Json,
}

impl LogFormat {
    fn layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        match self {
            Self::Text { colours } => fmt::layer().with_ansi(*colours).boxed(),
            Self::Json => fmt::layer().json().flatten_event(true).with_span_list(false).boxed(),
        }
    }
}

fn format() -> Result<LogFormat, Error> {
    match variable(FORMAT)?.as_deref() {
        None | Some("text") => {
            let colours = std::io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
            Ok(LogFormat::Text { colours })
        }
        Some("json") => Ok(LogFormat::Json),
        Some(other) => Err(invalid(FORMAT, other, &"expected `text` or `json`")),
    }
}

fn exists(error: &dyn Display) -> Error {
    let message = "`telemetry::init` found a `tracing` subscriber that is already set; call it first, or not at all";
    SetupProblem::new("subscriber-exists", format!("{message}: {error}")).into()
}

fn variable(name: &'static str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(value)) => Err(invalid(name, &value.to_string_lossy(), &"not UTF-8")),
    }
}

fn invalid(name: &str, value: &str, reason: &dyn Display) -> Error {
    SetupProblem::invalid_setting(name, value, &reason.to_string()).into()
}
