//! Reads a file and variables into a [`Config`], or a list of all their problems.

use std::{collections::BTreeMap, fmt};

use serde::de::DeserializeOwned;
use toml::Table;

use super::{
    app_settings::{AppSettings, DEFAULT_PREFIX},
    keys::is_setting,
    reader::Reader,
    setting_problems::{INVALID_FILE, PREFIX, invalid_file},
    settings::Config,
};
use crate::base::{
    setting::Origin,
    setup_problem::{Error, SetupProblem},
};

/// The variable with the URL of Redis that many platforms set. Everything else overrides it.
const REDIS_URL: &str = "REDIS_URL";

/// Builds a [`Config`]. Created by [`Config::builder`].
#[derive(Clone)]
#[must_use]
pub struct ConfigBuilder {
    files: Vec<(String, String)>,
    /// `None` is a value that is not UTF-8.
    variables: BTreeMap<String, Option<String>>,
    app_prefix: String,
    /// Files that cannot be read.
    problems: Vec<SetupProblem>,
}

impl Config {
    /// Starts a configuration without the file and the variables of the process. [`ConfigBuilder::process`] adds them.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder {
            files: Vec::new(),
            variables: BTreeMap::new(),
            app_prefix: DEFAULT_PREFIX.to_owned(),
            problems: Vec::new(),
        }
    }
}

impl ConfigBuilder {
    /// Adds the text of a TOML file. `name` appears in messages. A later file overrides an earlier one.
    pub fn toml(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push((name.into(), text.into()));
        self
    }

    /// Adds an environment variable, which overrides files. Names that begin with neither `ROUTEKIT_` nor the
    /// [prefix of the app](Self::app_prefix) are ignored, except `REDIS_URL` with the feature `redis`, and so are empty
    /// variables and those that Kubernetes sets for a Service named `routekit`.
    pub fn variable(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.process_variable(name.into(), Some(value.into()))
    }

    /// Adds a variable. `None` is a value that is not UTF-8.
    pub(crate) fn process_variable(mut self, name: String, value: Option<String>) -> Self {
        self.variables.insert(name, value);
        self
    }

    /// Adds the problem of a file that cannot be read.
    pub(crate) fn problem(mut self, problem: SetupProblem) -> Self {
        self.problems.push(problem);
        self
    }

    /// Sets the prefix of the variables of your program, such as `SHOP_`. Defaults to `ROUTEKIT_APP_`.
    ///
    /// ```
    /// # use routekit::config::Config;
    /// # #[derive(serde::Deserialize)] struct Settings {}
    /// # fn main() -> Result<(), routekit::Error> {
    /// let (config, settings) = Config::builder().app_prefix("SHOP_").process().build_with::<Settings>()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn app_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.app_prefix = prefix.into();
        self
    }

    /// Builds the configuration.
    ///
    /// # Errors
    /// Every unknown key and every value that cannot be read, each with its source.
    pub fn build(self) -> Result<Config, Error> {
        let (config, problems) = self.read();
        if problems.is_empty() { Ok(config) } else { Err(Error::new(problems)) }
    }

    /// Builds the configuration and reads the [settings of your program](Config::app), and reports the problems of both
    /// at once.
    ///
    /// # Errors
    /// Those of [`build`](Self::build) and of [`Config::app`].
    pub fn build_with<T: DeserializeOwned>(self) -> Result<(Config, T), Error> {
        let (config, mut problems) = self.read();
        // The settings in a file that cannot be read are not missing.
        if problems.iter().any(|problem| problem.code() == INVALID_FILE) {
            return Err(Error::new(problems));
        }
        match config.app.read(is_setting) {
            Ok(settings) if problems.is_empty() => Ok((config, settings)),
            read => {
                problems.extend(read.err().into_iter().flatten());
                Err(Error::new(problems))
            }
        }
    }

    /// Reads what can be read, and returns all problems.
    pub(crate) fn read(self) -> (Config, Vec<SetupProblem>) {
        let Self { files, variables, app_prefix, problems } = self;
        let mut reader = Reader { config: Config::default(), problems, service_links: Vec::new() };
        let app_prefix = reader.checked_prefix(app_prefix);
        reader.config.app = AppSettings::new(&app_prefix);
        if let Some(Some(url)) = variables.get(REDIS_URL).filter(|_| cfg!(feature = "redis")) {
            reader.redis_url(REDIS_URL, url);
        }
        for (name, text) in &files {
            match text.parse::<Table>() {
                Ok(values) => {
                    reader.file(values, &Origin::File(name.clone()));
                    reader.config.app.add_file(name, text);
                }
                Err(error) => reader.problems.push(invalid_file(name, &without_excerpt(&error.to_string()))),
            }
        }
        for (name, value) in variables {
            // Deployments cannot always remove a variable, so an empty one counts as unset.
            if value.as_ref().is_some_and(String::is_empty) {
                continue;
            }
            let path = name.strip_prefix(&app_prefix).map(str::to_owned);
            match (path, value) {
                (Some(path), Some(value)) => reader.app_variable(&name, &path, &value),
                (None, Some(value)) if name.starts_with(PREFIX) => reader.variable(name, value),
                // The value may be the token, so the message does not repeat it.
                (path, None) if path.is_some() || name.starts_with(PREFIX) => {
                    reader.problems.push(SetupProblem::invalid_setting(name, "…", "not UTF-8"));
                }
                (None, _) | (Some(_), None) => {}
            }
        }
        let Reader { config, problems, service_links } = reader;
        if !service_links.is_empty() {
            tracing::warn!(
                target: "routekit::config",
                variables = service_links.join(", "),
                "ignored variables of a Kubernetes Service; `enableServiceLinks: false` in the pod removes them"
            );
        }
        (config, problems)
    }
}

impl Default for ConfigBuilder {
    fn default() -> Self {
        Config::builder()
    }
}

impl fmt::Debug for ConfigBuilder {
    /// Omits values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<&String> = self.files.iter().map(|(name, _)| name).collect();
        let is_read = |name: &&String| name.starts_with(PREFIX) || name.starts_with(&self.app_prefix);
        let variables: Vec<&String> = self.variables.keys().filter(is_read).collect();
        f.debug_struct("ConfigBuilder").field("files", &files).field("variables", &variables).finish()
    }
}

/// The message of a TOML error and its line, without the excerpt, which may contain the token.
fn without_excerpt(error: &str) -> String {
    let lines = error.lines().map(str::trim_end);
    let said =
        lines.filter(|line| !line.is_empty() && !line.trim_start().starts_with(|c: char| c == '|' || c.is_numeric()));
    // This message repeats the number.
    let said =
        said.map(|line| if line.starts_with("invalid type: integer") { "the number is too large" } else { line });
    said.collect::<Vec<_>>().join(": ")
}
