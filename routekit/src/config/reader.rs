//! Reads files and variables, and collects their problems.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{
    app_settings::{APP, DEFAULT_PREFIX},
    keys::{self, ConfigKey, is_setting},
    route::{self, RouteConfig},
    secret::Secret,
    service_links,
    setting_problems::{PREFIX, not_one_value, place, unknown_setting, wrong_table},
    settings::Config,
};
use crate::base::{
    setting::{Origin, Setting},
    setup_problem::{self, SetupProblem},
};

/// The table of routes in the file.
const ROUTES: &str = "route";
/// Variables that other code reads: the name of the file, and the format of the logs, which are set up before the app.
const ELSEWHERE: [&str; 2] = ["config", "log_format"];

/// The configuration read so far, and its problems.
pub(super) struct Reader {
    pub(super) config: Config,
    pub(super) problems: Vec<SetupProblem>,
    /// The names of variables that describe a Service.
    pub(super) service_links: Vec<String>,
}

impl Reader {
    pub(super) fn file(&mut self, values: Table, origin: &Origin) {
        for (name, value) in values {
            match (name.as_str(), value) {
                (ROUTES, value) => self.routes(value, origin),
                (APP, Value::Table(_)) => {}
                (APP, value) => {
                    let reason = "the settings of the program are a table, `[app]`";
                    let value = text(value, true).unwrap_or_default();
                    self.problems.push(SetupProblem::invalid_setting(place(APP, origin), &value, reason));
                }
                (table, Value::Table(values)) if is_table(table) => {
                    for (name, value) in values {
                        self.setting(&format!("{table}.{name}"), value, origin);
                    }
                }
                (table, value) if is_table(table) => {
                    let reason = format!("the settings of the {table} are a table, `[{table}]`");
                    let value = text(value, true).unwrap_or_default();
                    self.problems.push(SetupProblem::invalid_setting(place(table, origin), &value, &reason));
                }
                // A quoted key with a dot is not a table.
                (dotted, _) if dotted.contains('.') => self.unknown_quoted(dotted, origin),
                (name, value) => self.setting(name, value, origin),
            }
        }
    }

    /// The prefix of the program's variables, or else the default.
    pub(super) fn checked_prefix(&mut self, prefix: String) -> String {
        let is_default = prefix == DEFAULT_PREFIX;
        if is_default || prefix.ends_with('_') && !PREFIX.starts_with(&prefix) && !prefix.starts_with(PREFIX) {
            return prefix;
        }
        let message = format!("the prefix `{prefix}` of the program's variables must end with `_`, as in `SHOP_`");
        let message = format!("{message}, and not begin with `{PREFIX}`, which is for routekit's own");
        self.problems.push(SetupProblem::new("invalid-setting", message).at("app_prefix"));
        DEFAULT_PREFIX.to_owned()
    }

    /// Reads a variable of the program. `path` is its name without the prefix.
    pub(super) fn app_variable(&mut self, name: &str, path: &str, value: &str) {
        if service_links::is_link(&path.to_lowercase(), value) {
            self.service_links.push(name.to_owned());
        } else if !self.config.app.add_variable(path, value) {
            let message = format!(
                "{name}: there is no such setting; variables are in upper case, and `__` follows the name of a table"
            );
            self.problems.push(SetupProblem::new("unknown-setting", message).at(name));
        }
    }

    pub(super) fn variable(&mut self, variable: String, value: String) {
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

    /// Takes `redis.url` from a variable of another name. An empty one counts as unset.
    pub(super) fn redis_url(&mut self, variable: &str, url: &str) {
        if !url.is_empty() {
            self.config.redis_url = Setting::new(Some(Secret::new(url)), Origin::Variable(variable.to_owned()));
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
            None => match in_table.filter(|key| is_setting(key)) {
                Some(key) => {
                    let right = format!("`{key}` is a setting of the app: write it above the first table");
                    self.problems.push(wrong_table(name, &right, origin));
                }
                None => self.unknown_table(name, &value, origin),
            },
        }
    }

    /// Reports an unknown key, and the settings that are meant: in another table, or by a table such as `[admin]`.
    fn unknown_table(&mut self, name: &str, value: &Value, origin: &Origin) {
        let keys = value.as_table().into_iter().flat_map(Table::keys).map(|key| format!("{name}_{key}"));
        let meant: Vec<String> = keys.filter(|key| is_setting(key)).map(|key| format!("`{key} = …`")).collect();
        let right = if !meant.is_empty() {
            format!("it is no table: write {} above the first table", meant.join(" and "))
        } else if value.is_table()
            && let Some(near) = setup_problem::nearest(name, tables().chain([ROUTES, APP]))
        {
            format!("did you mean `[{near}]`?")
        } else if let Some(table) = tables().find(|table| is_setting(&format!("{table}.{name}"))) {
            format!("`{name}` is a setting of the {table}: write it in `[{table}]`")
        } else if route::KEYS.iter().any(|key| key.name == name) {
            format!("`{name}` is a setting of one route: write it in a table such as `[route.\"GET /users\"]`")
        } else {
            return self.unknown(name, origin);
        };
        self.problems.push(wrong_table(name, &right, origin));
    }

    /// Reports a quoted key with a dot, such as `"cache.max_bytes"`.
    fn unknown_quoted(&mut self, name: &str, origin: &Origin) {
        match name.split_once('.').filter(|(table, _)| is_setting(name) || *table == APP) {
            Some((table, key)) => {
                let right = format!("without the quotes it is `{key}` in `[{table}]`");
                self.problems.push(wrong_table(&format!("\"{name}\""), &right, origin));
            }
            None => self.unknown(name, origin),
        }
    }

    fn unknown(&mut self, name: &str, origin: &Origin) {
        let keys = keys::KEYS.iter().map(|key| key.name.to_owned());
        let known: Vec<String> = keys.chain([ROUTES, APP].map(str::to_owned)).collect();
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

/// The tables of settings in the file.
fn tables() -> impl Iterator<Item = &'static str> {
    let tables: BTreeSet<&str> = keys::KEYS.iter().filter_map(|key| Some(key.name.split_once('.')?.0)).collect();
    tables.into_iter()
}

fn is_table(name: &str) -> bool {
    tables().any(|table| table == name)
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
        if is_setting(name) {
            let right = format!("`{name}` is a setting of the app: write it above the first table");
            return Err(wrong_table(&full, &right, origin));
        }
        let known: Vec<String> = route::KEYS.iter().map(|key| key.name.to_owned()).collect();
        return Err(unknown_setting(name, &full, origin, &known));
    };
    let text = text(value, key.list).map_err(|shape| not_one_value(&full, name, shape, origin))?;
    (key.read)(config, &text, origin.clone())
        .map_err(|reason| SetupProblem::invalid_setting(place(&full, origin), &text, &reason))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read_from_its_table_in_a_file() {
        for key in keys::KEYS {
            let line = match key.name.split_once('.') {
                Some((table, name)) => format!("[{table}]\n{name} = '1'"),
                None => format!("{} = '1'", key.name),
            };
            let mut reader = Reader { config: Config::default(), problems: Vec::new(), service_links: Vec::new() };
            reader.file(line.parse().unwrap(), &Origin::Default);
            // The value may be invalid, and the key may not.
            let unknown = reader.problems.iter().find(|problem| problem.code() != "invalid-setting");
            assert!(unknown.is_none(), "{line}: {unknown:?}");
        }
    }
}
