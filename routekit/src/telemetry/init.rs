use std::{env, fmt::Display, io::IsTerminal};

use tracing_subscriber::{fmt::Layer, layer::SubscriberExt, registry, util::SubscriberInitExt};

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
    let (layer, filter) = LogFilter::new(directives);
    let registry = registry().with(layer);
    let installed = match variable(FORMAT)?.as_deref() {
        None | Some("text") => {
            let colours = std::io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
            registry.with(Layer::new().with_ansi(colours)).try_init()
        }
        Some("json") => registry.with(Layer::new().json().flatten_event(true).with_span_list(false)).try_init(),
        Some(other) => return Err(invalid(FORMAT, other, &"expected `text` or `json`")),
    };
    installed.map_err(|error| {
        let message =
            "`telemetry::init` found a `tracing` subscriber that is already set; call it first, or not at all";
        Error::from(SetupProblem::new("subscriber-exists", format!("{message}: {error}")))
    })?;
    filter.install();
    Ok(())
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
