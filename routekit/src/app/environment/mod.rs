//! The process that the app runs in: its variables, its directory, and what started it.

use std::{env, fs, io::ErrorKind};

use crate::{
    base::setup_problem::Error,
    config::{self, Config, ConfigBuilder},
};

mod supervisor;

pub(super) use self::supervisor::{
    ListenVariables, PassedSockets, expects_notifications, listen_variables, notify_alive, notify_ready,
    notify_stopping, watchdog,
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
        Self::builder().process().build()
    }
}

impl ConfigBuilder {
    /// Adds the file and the variables of the process, as [`Config::load`] reads them.
    pub fn process(mut self) -> Self {
        for (name, value) in env::vars_os() {
            if let Ok(name) = name.into_string() {
                self = self.process_variable(name, value.into_string().ok());
            }
        }
        // An empty variable counts as unset.
        let chosen = env::var_os(FILE_VARIABLE).filter(|name| !name.is_empty());
        let path = chosen.clone().unwrap_or_else(|| FILE.into());
        match fs::read_to_string(&path) {
            Ok(text) => self.toml(path.to_string_lossy(), text),
            Err(error) if error.kind() == ErrorKind::NotFound && chosen.is_none() => self,
            Err(error) => {
                let named = if chosen.is_some() { format!(" (named by {FILE_VARIABLE})") } else { String::new() };
                let file = format!("`{}`{named}", path.to_string_lossy());
                self.problem(config::invalid_file(&file, &error.to_string()))
            }
        }
    }
}

/// The name of the crate of this program: that of its file, which a build of tests ends with a hash.
pub(super) fn program_name() -> Option<String> {
    let path = env::current_exe().ok()?;
    let name = path.file_stem()?.to_str()?;
    let is_hash = |end: &str| end.len() == 16 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = name.rsplit_once('-').filter(|(_, end)| is_hash(end)).map_or(name, |(name, _)| name);
    Some(name.replace('-', "_"))
}

/// Whether Kubernetes started this process.
pub(super) fn is_kubernetes() -> bool {
    env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}
