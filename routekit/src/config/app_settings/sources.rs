//! Builds the settings of the program from files and variables.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use toml::{
    Spanned,
    de::{DeInteger, DeTable, DeValue},
};

use super::node::{AppNode, AppPlace, AppValue, PlaceSource, merge_into};

/// The table of the program's settings in the file.
pub(in crate::config) const APP: &str = "app";
/// The prefix of their variables.
pub(in crate::config) const DEFAULT_PREFIX: &str = "ROUTEKIT_APP_";
/// Separates the parts of a variable's name: `ROUTEKIT_APP_DATABASE__URL` is `url` in `[app.database]`.
pub(super) const SEPARATOR: &str = "__";

/// The settings of the program, before they have a type.
#[derive(Clone)]
pub(in crate::config) struct AppSettings {
    pub(super) root: AppNode,
    /// The prefix of variables.
    pub(super) prefix: String,
    /// Whether the program has read them. Clones share it.
    was_read: Arc<AtomicBool>,
}

impl AppSettings {
    /// No settings, whose variables begin with `prefix`.
    pub(in crate::config) fn new(prefix: &str) -> Self {
        Self { root: AppNode::implied(APP.to_owned()), prefix: prefix.to_owned(), was_read: Arc::default() }
    }

    /// Adds the table `[app]` of a file, which is valid TOML.
    pub(in crate::config) fn add_file(&mut self, name: &str, text: &str) {
        let Ok(document) = DeTable::parse(text) else { return };
        let Some((key, value)) = document.get_ref().iter().find(|(key, _)| key.get_ref() == APP) else { return };
        let file = FileText { name, text };
        self.root.merge(file.node(APP.to_owned(), key.span().start, value));
    }

    /// Adds a variable. `path` is its name without the prefix. `false` if that is no path of keys in upper case.
    pub(in crate::config) fn add_variable(&mut self, path: &str, value: &str) -> bool {
        let keys: Vec<&str> = path.split(SEPARATOR).collect();
        if path != path.to_uppercase() || keys.iter().any(|key| key.is_empty()) {
            return false;
        }
        let AppValue::Table(mut table) = std::mem::replace(&mut self.root.value, AppValue::Boolean(false)) else {
            return false;
        };
        // From the inside to the outside.
        let name = format!("{}{path}", self.prefix);
        let full = |depth: usize| format!("{APP}.{}", keys[..=depth].join(".").to_lowercase());
        let last = keys.len() - 1;
        let place = AppPlace { key: full(last), source: PlaceSource::Variable(name) };
        let mut node = AppNode { place, value: AppValue::Text(value.to_owned()) };
        for depth in (0..last).rev() {
            let inner = std::mem::replace(&mut node, AppNode::implied(full(depth)));
            if let AppValue::Table(table) = &mut node.value {
                table.insert(keys[depth + 1].to_lowercase(), inner);
            }
        }
        merge_into(&mut table, keys[0].to_lowercase(), node);
        self.root.value = AppValue::Table(table);
        true
    }

    /// The places of all settings that the program has not read.
    pub(in crate::config) fn unread(&self) -> Vec<String> {
        let mut all = Vec::new();
        if !self.was_read.load(Ordering::Relaxed) {
            self.root.places(&mut |place| all.push(place.to_string()));
        }
        all
    }

    pub(super) fn mark_as_read(&self) {
        self.was_read.store(true, Ordering::Relaxed);
    }
}

impl Default for AppSettings {
    fn default() -> Self {
        Self::new(DEFAULT_PREFIX)
    }
}

/// Omits the values, which may be secret.
impl fmt::Debug for AppSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        self.root.places(&mut |place| {
            list.entry(place);
        });
        list.finish()
    }
}

/// Lists the settings and their sources, without the values.
impl fmt::Display for AppSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.root.places(&mut |AppPlace { key, source }| {
            let source = match source {
                PlaceSource::File { name, .. } | PlaceSource::Variable(name) => name,
                PlaceSource::Implied => return,
            };
            result = result.and_then(|()| writeln!(f, "{key} ({source})"));
        });
        result
    }
}

struct FileText<'a> {
    name: &'a str,
    text: &'a str,
}

impl FileText<'_> {
    /// `start` is the offset of the key in the text.
    fn node(&self, key: String, start: usize, value: &Spanned<DeValue<'_>>) -> AppNode {
        let value = match value.get_ref() {
            DeValue::Table(table) => {
                let inner = table.iter().map(|(name, value)| {
                    let start = name.span().start;
                    let name = name.get_ref().to_string();
                    let full = format!("{key}.{name}");
                    (name, self.node(full, start, value))
                });
                AppValue::Table(inner.collect())
            }
            DeValue::Array(items) => {
                let item = |(index, item): (usize, &Spanned<DeValue<'_>>)| {
                    self.node(format!("{key}[{index}]"), item.span().start, item)
                };
                AppValue::List(items.iter().enumerate().map(item).collect())
            }
            DeValue::String(text) => AppValue::String(text.to_string()),
            DeValue::Integer(number) => integer(number),
            DeValue::Float(number) => AppValue::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(on) => AppValue::Boolean(*on),
            DeValue::Datetime(time) => AppValue::String(time.to_string()),
        };
        let line = self.text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
        AppNode { place: AppPlace { key, source: PlaceSource::File { name: self.name.to_owned(), line } }, value }
    }
}

/// A number that is too large for every integer type is kept as text, so that the message names the range.
fn integer(number: &DeInteger<'_>) -> AppValue {
    match i128::from_str_radix(number.as_str(), number.radix()) {
        Ok(number) => AppValue::Integer(number),
        Err(_) => AppValue::String(number.to_string()),
    }
}
