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

/// Installs the subscriber with the defaults of [`Logs`]. See the [module docs](crate::telemetry).
///
/// # Errors
/// If a subscriber is already installed, or if a variable has an invalid value.
pub fn init() -> Result<(), Error> {
    Logs::new().init()
}

/// The log of a program. `RUST_LOG` and `ROUTEKIT_LOG_FORMAT` override its defaults.
///
/// ```no_run
/// # use routekit::telemetry::{LogFormat, Logs};
/// Logs::new().default_filter("info,shop=debug").default_format(LogFormat::Json).init()?;
/// # Ok::<(), routekit::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is logged before `init`"]
pub struct Logs {
    filter: String,
    format: LogFormat,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFormat {
    /// Lines for people, in colours on a terminal unless `NO_COLOR` is set.
    Text,
    /// One JSON object per line.
    Json,
}

impl Default for Logs {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text }
    }
}

impl Logs {
    /// The log that [`init`] sets up: as text, from the level `info`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the filter if `RUST_LOG` is not set. Defaults to `info`.
    pub fn default_filter(mut self, filter: impl Into<String>) -> Self {
        self.filter = filter.into();
        self
    }

    /// Sets the format if `ROUTEKIT_LOG_FORMAT` is not set. Defaults to [`LogFormat::Text`].
    pub fn default_format(mut self, format: LogFormat) -> Self {
        self.format = format;
        self
    }

    /// Installs the subscriber.
    ///
    /// # Errors
    /// If a subscriber is already installed, or if a variable or the filter has an invalid value.
    pub fn init(self) -> Result<(), Error> {
        let filter = match variable(FILTER)? {
            Some(filter) => LogDirective::list(&filter).map_err(|error| invalid(FILTER, &filter, &error))?,
            None => {
                LogDirective::list(&self.filter).map_err(|error| invalid("default_filter", &self.filter, &error))?
            }
        };
        let (filter_layer, filter) = LogFilter::new(filter);
        let format = format()?.unwrap_or(self.format);
        #[cfg(feature = "otlp")]
        if let Some(export) = SpanExport::from_env()? {
            // The filter of the log is for the log only: `warn` must not stop traces.
            let log = format.layer().with_filter(filter_layer);
            registry().with(log).with(export.layer()).try_init().map_err(|error| subscriber_exists(&error))?;
            filter.install();
            export.install();
            return Ok(());
        }
        registry().with(filter_layer).with(format.layer()).try_init().map_err(|error| subscriber_exists(&error))?;
        filter.install();
        Ok(())
    }
}

impl LogFormat {
    fn layer<S>(self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        match self {
            Self::Text => {
                let no_colour = env::var_os("NO_COLOR").is_some_and(|no| !no.is_empty());
                fmt::layer().with_ansi(std::io::stdout().is_terminal() && !no_colour).boxed()
            }
            Self::Json => fmt::layer().json().flatten_event(true).with_span_list(false).boxed(),
        }
    }
}

/// The format that the variable names.
fn format() -> Result<Option<LogFormat>, Error> {
    match variable(FORMAT)?.as_deref() {
        None => Ok(None),
        Some("text") => Ok(Some(LogFormat::Text)),
        Some("json") => Ok(Some(LogFormat::Json)),
        Some(other) => Err(invalid(FORMAT, other, &"expected `text` or `json`")),
    }
}

fn subscriber_exists(error: &dyn Display) -> Error {
    let message = "`telemetry` found a `tracing` subscriber that is already set; set up the log first, or not at all";
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
