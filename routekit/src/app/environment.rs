//! The process that the app runs in: its variables, its directory, what manages it.

use std::{env, fs, io::ErrorKind};

use crate::{
    config::{Config, PREFIX},
    setup::{Error, SetupProblem},
};

/// Names another file.
const FILE_VARIABLE: &str = "ROUTEKIT_CONFIG";
const FILE: &str = "routekit.toml";

impl Config {
    /// What this process is told: `routekit.toml` in its directory (or the file that `ROUTEKIT_CONFIG` names), and its
    /// `ROUTEKIT_…` variables.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn load() -> Result<Self, Error> {
        let mut builder = Self::builder();
        let mut problems = Vec::new();
        for (name, value) in env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            match value.into_string() {
                Ok(value) => builder = builder.variable(name, value),
                // Without the value: it may be the token.
                Err(_) => problems.push(SetupProblem::InvalidSetting {
                    setting: name.to_owned(),
                    value: "…".to_owned(),
                    reason: "not UTF-8".to_owned(),
                }),
            }
        }
        let chosen = env::var_os(FILE_VARIABLE);
        let path = chosen.clone().unwrap_or_else(|| FILE.into());
        match fs::read_to_string(&path) {
            Ok(text) => builder = builder.toml(path.to_string_lossy(), text),
            Err(error) if error.kind() == ErrorKind::NotFound && chosen.is_none() => {}
            Err(error) => {
                let named = if chosen.is_some() { format!(" (named by {FILE_VARIABLE})") } else { String::new() };
                let file = format!("`{}`{named}", path.to_string_lossy());
                problems.push(SetupProblem::InvalidFile { file, reason: error.to_string() });
            }
        }
        match builder.build() {
            Ok(config) if problems.is_empty() => Ok(config),
            built => {
                problems.extend(built.err().into_iter().flat_map(Error::into_problems));
                Err(Error::new(problems))
            }
        }
    }
}

/// Whether Kubernetes started this process.
pub(super) fn is_kubernetes() -> bool {
    env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}
