//! The process that the app runs in: its variables, its directory, and whether Kubernetes manages it.

use std::{env, fs, io::ErrorKind};

use crate::{
    base::setup_problem::{Error, SetupProblem},
    config::{self, Config, PREFIX},
};

/// The variable that names a configuration file other than `routekit.toml`.
const FILE_VARIABLE: &str = "ROUTEKIT_CONFIG";
const FILE: &str = "routekit.toml";

impl Config {
    /// Reads `routekit.toml` in the working directory (or the file that `ROUTEKIT_CONFIG` names) and the `ROUTEKIT_…`
    /// variables of the process.
    ///
    /// # Errors
    /// Every problem of the file and the variables.
    pub fn load() -> Result<Self, Error> {
        let mut builder = Self::builder();
        let mut problems = Vec::new();
        for (name, value) in env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            match value.into_string() {
                Ok(value) => builder = builder.variable(name, value),
                // The value may be the token, so the message does not repeat it.
                Err(_) => problems.push(SetupProblem::invalid_setting(name, "…", "not UTF-8")),
            }
        }
        // An empty variable counts as unset.
        let chosen = env::var_os(FILE_VARIABLE).filter(|name| !name.is_empty());
        let path = chosen.clone().unwrap_or_else(|| FILE.into());
        match fs::read_to_string(&path) {
            Ok(text) => builder = builder.toml(path.to_string_lossy(), text),
            Err(error) if error.kind() == ErrorKind::NotFound && chosen.is_none() => {}
            Err(error) => {
                let named = if chosen.is_some() { format!(" (named by {FILE_VARIABLE})") } else { String::new() };
                let file = format!("`{}`{named}", path.to_string_lossy());
                problems.push(config::invalid_file(&file, &error.to_string()));
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
