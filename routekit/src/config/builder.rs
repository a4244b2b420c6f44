//! A file and variables become a [`Config`], or a list of everything that is wrong with them.

use std::fmt;

use config::{Environment, File, FileFormat, Map, Source as _, Value, ValueKind};

use super::{Config, RouteConfig, keys, route};
use crate::{
    setting::Origin,
    setup::{self, Error, SetupProblem},
};

/// What variables begin with.
pub(crate) const PREFIX: &str = "ROUTEKIT_";
/// The table of routes in the file.
const ROUTES: &str = "route";
/// Variables that are read elsewhere: where the file is, and by `telemetry::init`, before there is an app.
const ELSEWHERE: [&str; 2] = ["config", "log_format"];

/// What a [`Config`] is made from. Made by [`Config::builder`].
#[derive(Clone, Default)]
#[must_use]
pub struct ConfigBuilder {
    files: Vec<(String, String)>,
    variables: Map<String, String>,
}

impl ConfigBuilder {
    /// The text of a TOML file, and what to call it in messages. A later one wins.
    pub fn toml(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push((name.into(), text.into()));
        self
    }

    /// An environment variable. Those that do not begin with `ROUTEKIT_` are no concern of ours.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The settings.
    ///
    /// # Errors
    /// Every unknown key and every value that cannot be read, each with its source.
    pub fn build(self) -> Result<Config, Error> {
        let mut config = Config::default();
        let mut problems = Vec::new();
        for (name, text) in &self.files {
            // Not through a `config::Config`, which would read keys as paths into tables.
            match File::from_str(text, FileFormat::Toml).collect() {
                Ok(values) => read(&mut config, values, &|_| Origin::File(name.clone()), &mut problems),
                Err(error) => {
                    problems.push(invalid_file(name, &without_excerpt(&error.to_string())));
                }
            }
        }
        let prefix = PREFIX.trim_end_matches('_');
        let ours = |name: &String| name.starts_with(PREFIX);
        let (spelt, misspelt): (Map<_, _>, Map<_, _>) = self
            .variables
            .into_iter()
            .filter(|(name, _)| ours(name))
            .partition(|(name, _)| *name == name.to_uppercase());
        let mut misspelt: Vec<String> = misspelt.into_keys().collect();
        misspelt.sort();
        problems.extend(misspelt.into_iter().map(|name| {
            let key = name[PREFIX.len()..].to_lowercase();
            unknown(&key, &key, &Origin::Variable(name), keys::KEYS.iter().map(|key| key.name))
        }));
        match Environment::with_prefix(prefix).source(Some(spelt)).collect() {
            Ok(values) => {
                let variable = |key: &str| Origin::Variable(format!("{PREFIX}{}", key.to_uppercase()));
                let values = values.into_iter().filter(|(key, _)| !ELSEWHERE.contains(&key.as_str())).collect();
                read(&mut config, values, &variable, &mut problems);
            }
            Err(error) => problems.push(invalid_file("the environment", &error.to_string())),
        }
        if problems.is_empty() { Ok(config) } else { Err(Error::new(problems)) }
    }
}

impl fmt::Debug for ConfigBuilder {
    /// Without values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<&String> = self.files.iter().map(|(name, _)| name).collect();
        let variables: Vec<&String> = self.variables.keys().collect();
        f.debug_struct("ConfigBuilder").field("files", &files).field("variables", &variables).finish()
    }
}

/// What is wrong with a file and where, without the line itself, which may be the one with the token.
fn without_excerpt(error: &str) -> String {
    let lines = error.lines().map(str::trim_end);
    let said =
        lines.filter(|line| !line.is_empty() && !line.trim_start().starts_with(|c: char| c == '|' || c.is_numeric()));
    said.collect::<Vec<_>>().join(": ")
}

/// Reads the values of one source.
fn read(
    config: &mut Config,
    values: Map<String, Value>,
    origin: &dyn Fn(&str) -> Origin,
    problems: &mut Vec<SetupProblem>,
) {
    let mut values: Vec<(String, Value)> = values.into_iter().collect();
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, value) in values {
        let origin = origin(&name);
        if name == ROUTES {
            read_routes(config, value, &origin, problems);
            continue;
        }
        let Some(key) = keys::KEYS.iter().find(|key| key.name == name) else {
            let known = keys::KEYS.iter().map(|key| key.name);
            let more: &[&str] = if matches!(origin, Origin::Variable(_)) { &ELSEWHERE } else { &[ROUTES] };
            problems.push(unknown(&name, &name, &origin, known.chain(more.iter().copied())));
            continue;
        };
        let text = text(value, key.list);
        let read = text.clone().and_then(|text| (key.read)(config, &text, origin.clone()));
        if let Err(reason) = read {
            let value = if key.secret { "(secret)".to_owned() } else { text.unwrap_or_default() };
            problems.push(SetupProblem::invalid_setting(place(&name, &origin), &value, &reason));
        }
    }
}

/// Reads `[route."GET /v2/users"]` and its like.
fn read_routes(config: &mut Config, value: Value, origin: &Origin, problems: &mut Vec<SetupProblem>) {
    let not_a_table = |name: &str, value: String| {
        let reason = "a route is set by a table in the file, such as `[route.\"GET /v2/users\"]`";
        SetupProblem::invalid_setting(place(name, origin), &value, reason)
    };
    let ValueKind::Table(routes) = value.kind else {
        problems.push(not_a_table(ROUTES, value.to_string()));
        return;
    };
    let mut routes: Vec<(String, Value)> = routes.into_iter().collect();
    routes.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (route, value) in routes {
        let ValueKind::Table(values) = value.kind else {
            problems.push(not_a_table(&format!("{ROUTES}.\"{route}\""), value.to_string()));
            continue;
        };
        let config = config.routes.entry(route.clone()).or_insert_with(|| RouteConfig::new(origin.clone()));
        let mut values: Vec<(String, Value)> = values.into_iter().collect();
        values.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (name, value) in values {
            read_route(config, &route, &name, value, origin, problems);
        }
    }
}

fn read_route(
    config: &mut RouteConfig,
    route: &str,
    name: &str,
    value: Value,
    origin: &Origin,
    problems: &mut Vec<SetupProblem>,
) {
    let full = format!("{ROUTES}.\"{route}\".{name}");
    let Some(key) = route::KEYS.iter().find(|key| key.name == name) else {
        problems.push(unknown(name, &full, origin, route::KEYS.iter().map(|key| key.name)));
        return;
    };
    let text = text(value, false);
    if let Err(reason) = text.clone().and_then(|text| (key.read)(config, &text, origin.clone())) {
        let value = text.unwrap_or_default();
        problems.push(SetupProblem::invalid_setting(place(&full, origin), &value, &reason));
    }
}

/// A value as a variable would have it.
fn text(value: Value, list: bool) -> Result<String, String> {
    match value.kind {
        ValueKind::Table(_) => Err("a table, where one value belongs".to_owned()),
        ValueKind::Array(items) if list => {
            items.into_iter().map(|item| text(item, false)).collect::<Result<Vec<_>, _>>().map(|all| all.join(","))
        }
        ValueKind::Array(_) => Err("a list, where one value belongs".to_owned()),
        ValueKind::String(text) => Ok(text),
        kind => Ok(kind.to_string()),
    }
}

/// `name` is not one of `known`; `full` is where it stands.
fn unknown(name: &str, full: &str, origin: &Origin, known: impl Iterator<Item = &'static str>) -> SetupProblem {
    let known: Vec<&'static str> = known.collect();
    let nearest = setup::nearest(name, known.iter().copied()).map(|nearest| match origin {
        Origin::Variable(_) => format!("{PREFIX}{}", nearest.to_uppercase()),
        _ => nearest.to_owned(),
    });
    let setting = place(full, origin);
    let hint = if nearest.is_some() { setup::did_you_mean(nearest.as_deref()) } else { ".".to_owned() };
    let message = format!("{setting}: there is no such setting{hint}\n  there are {}", known.join(", "));
    SetupProblem::new("unknown-setting", message).at(setting)
}

/// A file, or the environment, that cannot be read.
pub(crate) fn invalid_file(file: &str, reason: &str) -> SetupProblem {
    SetupProblem::new("invalid-file", format!("{file} cannot be read: {reason}")).at(file)
}

/// How a person finds a setting again: `ROUTEKIT_ADDR`, or `addr` in the file.
pub(crate) fn place(name: &str, origin: &Origin) -> String {
    match origin {
        Origin::Variable(variable) => variable.clone(),
        Origin::File(file) => format!("`{name}` in {file}"),
        Origin::Default | Origin::Attribute | Origin::Code => format!("`{name}` ({origin})"),
    }
}
