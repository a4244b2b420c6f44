//! Reads a file and variables into a [`Config`], or a list of all their problems.

use std::{collections::BTreeMap, fmt};

use toml::{Table, Value};

use super::{
    keys::{self, ConfigKey},
    route::{self, RouteConfig},
    service_links,
    setting_problems::{PREFIX, invalid_file, not_one_value, place, unknown_setting, wrong_table},
    settings::Config,
};
use crate::base::{
    setting::Origin,
    setup_problem::{Error, SetupProblem},
};

/// The table of routes in the file.
const ROUTES: &str = "route";
/// The table of the cache's settings in the file.
const CACHE: &str = "cache";
/// Variables that other code reads: the name of the file, and the format of the logs, which are set up before the app.
const ELSEWHERE: [&str; 2] = ["config", "log_format"];

/// Builds a [`Config`] from texts. Created by [`Config::builder`].
#[derive(Clone, Default)]
#[must_use]
pub struct ConfigBuilder {
    files: Vec<(String, String)>,
    variables: BTreeMap<String, String>,
}

impl Config {
    /// Starts a configuration from texts, in place of the file and the variables of the process.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }
}

impl ConfigBuilder {
    /// Adds the text of a TOML file. `name` appears in messages. A later file overrides an earlier one.
    pub fn toml(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push((name.into(), text.into()));
        self
    }

    /// Adds an environment variable, which overrides files. Names that do not begin with `ROUTEKIT_` are ignored, and
    /// so are empty variables and those that Kubernetes sets for a Service named `routekit`.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Builds the configuration.
    ///
    /// # Errors
    /// Every unknown key and every value that cannot be read, each with its source.
    pub fn build(self) -> Result<Config, Error> {
        let mut reader = Reader { config: Config::default(), problems: Vec::new(), service_links: Vec::new() };
        for (name, text) in &self.files {
            match text.parse::<Table>() {
                Ok(values) => reader.file(values, &Origin::File(name.clone())),
                Err(error) => reader.problems.push(invalid_file(name, &without_excerpt(&error.to_string()))),
            }
        }
        for (name, value) in self.variables {
            // Deployments cannot always remove a variable, so an empty one counts as unset.
            if name.starts_with(PREFIX) && !value.is_empty() {
                reader.variable(name, value);
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
        if problems.is_empty() { Ok(config) } else { Err(Error::new(problems)) }
    }
}

impl fmt::Debug for ConfigBuilder {
    /// Omits values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<&String> = self.files.iter().map(|(name, _)| name).collect();
        let variables: Vec<&String> = self.variables.keys().collect();
        f.debug_struct("ConfigBuilder").field("files", &files).field("variables", &variables).finish()
    }
}

/// The message of a TOML error and its line, without the excerpt, which may contain the token.
fn without_excerpt(error: &str) -> String {
    let lines = error.lines().map(str::trim_end);
    let said =
        lines.filter(|line| !line.is_empty() && !line.trim_start().starts_with(|c: char| c == '|' || c.is_numeric()));
    said.collect::<Vec<_>>().join(": ")
}

/// The configuration read so far, and its problems.
struct Reader {
    config: Config,
    problems: Vec<SetupProblem>,
    /// The names of variables that describe a Service.
    service_links: Vec<String>,
}

impl Reader {
    fn file(&mut self, values: Table, origin: &Origin) {
        for (name, value) in values {
            match (name.as_str(), value) {
                (ROUTES, value) => self.routes(value, origin),
                (CACHE, Value::Table(values)) => {
                    for (name, value) in values {
                        self.setting(&format!("{CACHE}.{name}"), value, origin);
                    }
                }
                (CACHE, value) => {
                    let reason = "the settings of the cache are a table, such as `[cache]`";
                    let value = text(value, true).unwrap_or_default();
                    self.problems.push(SetupProblem::invalid_setting(place(CACHE, origin), &value, reason));
                }
                // A quoted key with a dot is not a table.
                (dotted, _) if dotted.contains('.') => self.unknown(dotted, origin),
                (name, value) => self.setting(name, value, origin),
            }
        }
    }

    fn variable(&mut self, variable: String, value: String) {
        let name = variable[PREFIX.len()..].to_lowercase();
        // Case matters, so that no two variables mean the same setting.
        let is_upper_case = variable == variable.to_uppercase();
        let origin = Origin::Variable(variable);
        let key = keys::KEYS.iter().find(|key| is_upper_case && key.variable() == name);
        match key {
            Some(key) => self.read(key, &value, &origin),
            None if is_upper_case && ELSEWHERE.contains(&name.as_str()) => {}
            None if is_upper_case && service_links::is_link(&name, &value) => {
                self.service_links.push(format!("{PREFIX}{}", name.to_uppercase()));
            }
            None if is_upper_case && name == ROUTES => self.routes(Value::String(value), &origin),
            None => {
                let known: Vec<String> =
                    keys::KEYS.iter().map(ConfigKey::variable).chain(ELSEWHERE.map(str::to_owned)).collect();
                self.problems.push(unknown_setting(&name, &name, &origin, &known));
            }
        }
    }

    fn setting(&mut self, name: &str, value: Value, origin: &Origin) {
        let in_table = name.rsplit_once('.').map(|(_, key)| key);
        match keys::KEYS.iter().find(|key| key.name == name) {
            Some(key) => match text(value, key.list) {
                Ok(text) => self.read(key, &text, origin),
                Err(shape) => {
                    self.problems.push(not_one_value(name, in_table.unwrap_or(name), shape, origin));
                }
            },
            None => match in_table.filter(|key| is_key(key)) {
                Some(key) => {
                    let right = format!("`{key}` is a setting of the app: write it above the first table");
                    self.problems.push(wrong_table(name, &right, origin));
                }
                None => self.unknown_table(name, &value, origin),
            },
        }
    }

    /// Reports an unknown key, and the settings that are meant if its value is a table such as `[admin]`.
    fn unknown_table(&mut self, name: &str, value: &Value, origin: &Origin) {
        let keys = value.as_table().into_iter().flat_map(Table::keys).map(|key| format!("{name}_{key}"));
        let meant: Vec<String> = keys.filter(|key| is_key(key)).map(|key| format!("`{key} = …`")).collect();
        if meant.is_empty() {
            self.unknown(name, origin);
        } else {
            let right = format!("it is no table: write {} above the first table", meant.join(" and "));
            self.problems.push(wrong_table(name, &right, origin));
        }
    }

    fn unknown(&mut self, name: &str, origin: &Origin) {
        let known: Vec<String> = keys::KEYS.iter().map(|key| key.name.to_owned()).chain([ROUTES.to_owned()]).collect();
        self.problems.push(unknown_setting(name, name, origin, &known));
    }

    fn read(&mut self, key: &ConfigKey, text: &str, origin: &Origin) {
        if let Err(reason) = (key.read)(&mut self.config, text, origin.clone()) {
            let value = if key.secret { "(secret)" } else { text };
            self.problems.push(SetupProblem::invalid_setting(place(key.name, origin), value, &reason));
        }
    }

    /// Reads tables such as `[route."GET /v2/users"]`.
    fn routes(&mut self, value: Value, origin: &Origin) {
        let not_a_table = |name: &str, value: Value| {
            let reason = "a route is set by a table in the file, such as `[route.\"GET /v2/users\"]`";
            SetupProblem::invalid_setting(place(name, origin), &text(value, true).unwrap_or_default(), reason)
        };
        let Value::Table(routes) = value else {
            self.problems.push(not_a_table(ROUTES, value));
            return;
        };
        for (route, value) in routes {
            let Value::Table(values) = value else {
                self.problems.push(not_a_table(&format!("{ROUTES}.\"{route}\""), value));
                continue;
            };
            let config = self.config.routes.entry(route.clone()).or_insert_with(|| RouteConfig::new(origin.clone()));
            for (name, value) in values {
                self.problems.extend(read_route(config, &route, &name, value, origin).err());
            }
        }
    }
}

fn read_route(
    config: &mut RouteConfig,
    route: &str,
    name: &str,
    value: Value,
    origin: &Origin,
) -> Result<(), SetupProblem> {
    let full = format!("{ROUTES}.\"{route}\".{name}");
    let Some(key) = route::KEYS.iter().find(|key| key.name == name) else {
        if is_key(name) {
            let right = format!("`{name}` is a setting of the app: write it above the first table");
            return Err(wrong_table(&full, &right, origin));
        }
        let known: Vec<String> = route::KEYS.iter().map(|key| key.name.to_owned()).collect();
        return Err(unknown_setting(name, &full, origin, &known));
    };
    let text = text(value, false).map_err(|shape| not_one_value(&full, name, shape, origin))?;
    (key.read)(config, &text, origin.clone())
        .map_err(|reason| SetupProblem::invalid_setting(place(&full, origin), &text, &reason))
}

/// Whether this is a key of the app outside of all tables.
fn is_key(name: &str) -> bool {
    keys::KEYS.iter().any(|key| key.name == name)
}

/// A value as the text of a variable. `Err` is its shape, if that is not one value.
fn text(value: Value, list: bool) -> Result<String, &'static str> {
    match value {
        Value::Table(_) => Err("a table"),
        Value::Array(items) if list => {
            items.into_iter().map(|item| text(item, false)).collect::<Result<Vec<_>, _>>().map(|all| all.join(","))
        }
        Value::Array(_) => Err("a list"),
        Value::String(text) => Ok(text),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(on) => Ok(on.to_string()),
        Value::Datetime(time) => Ok(time.to_string()),
    }
}
