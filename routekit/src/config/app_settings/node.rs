//! The values of the program's settings, each with its place.

use std::{collections::BTreeMap, fmt};

/// A table. The keys of variables are in lower case.
pub(super) type AppTable = BTreeMap<String, AppNode>;

/// A value, and its place.
#[derive(Clone)]
pub(super) struct AppNode {
    pub(super) place: AppPlace,
    pub(super) value: AppValue,
}

#[derive(Clone)]
pub(super) enum AppValue {
    Table(AppTable),
    List(Vec<AppNode>),
    /// A string or a date of a file.
    String(String),
    Integer(i128),
    Float(f64),
    Boolean(bool),
    /// The text of a variable, which has no type yet.
    Text(String),
}

/// The place of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AppPlace {
    /// The name of the setting: `app.database.url`.
    pub(super) key: String,
    pub(super) source: PlaceSource,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PlaceSource {
    File {
        name: String,
        line: usize,
    },
    Variable(String),
    /// A table that variables alone have created, or that is not there.
    Implied,
}

impl AppNode {
    /// The empty table at this key.
    pub(super) fn implied(key: String) -> Self {
        Self { place: AppPlace { key, source: PlaceSource::Implied }, value: AppValue::Table(AppTable::new()) }
    }

    /// Takes over the values of `later`. Tables are merged.
    pub(super) fn merge(&mut self, later: Self) {
        match (&mut self.value, later.value) {
            (AppValue::Table(old), AppValue::Table(new)) => {
                if later.place.source != PlaceSource::Implied {
                    self.place = later.place;
                }
                new.into_iter().for_each(|(key, node)| merge_into(old, key, node));
            }
            (old, new) => {
                *old = new;
                self.place = later.place;
            }
        }
    }

    /// Adds all texts in this value, which messages must not repeat.
    pub(super) fn texts<'a>(&'a self, all: &mut Vec<&'a str>) {
        match &self.value {
            AppValue::Table(table) => table.values().for_each(|node| node.texts(all)),
            AppValue::List(items) => items.iter().for_each(|node| node.texts(all)),
            AppValue::String(text) | AppValue::Text(text) => all.push(text),
            AppValue::Integer(_) | AppValue::Float(_) | AppValue::Boolean(_) => {}
        }
    }

    /// Calls `see` with the place of each value that is not a table.
    pub(super) fn places<'a>(&'a self, see: &mut dyn FnMut(&'a AppPlace)) {
        match &self.value {
            AppValue::Table(table) => table.values().for_each(|node| node.places(see)),
            _ => see(&self.place),
        }
    }
}

/// Adds a value to a table, or merges it with the one that is there.
pub(super) fn merge_into(table: &mut AppTable, key: String, node: AppNode) {
    match table.get_mut(&key) {
        Some(old) => old.merge(node),
        None => drop(table.insert(key, node)),
    }
}

impl AppValue {
    /// The kind of value, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::List(_) => "a list",
            Self::String(_) | Self::Text(_) => "a text",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a number with a fraction",
            Self::Boolean(_) => "a switch",
        }
    }
}

/// Names the setting and its source: `ROUTEKIT_APP_PORT`, or `app.port` in the file with its line.
impl fmt::Display for AppPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            PlaceSource::File { name, line } => write!(f, "`{}` in {name}, line {line}", self.key),
            PlaceSource::Variable(name) => f.write_str(name),
            PlaceSource::Implied => write!(f, "`{}`", self.key),
        }
    }
}
