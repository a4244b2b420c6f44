//! Errors of the deserialiser. None contains a value.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use super::{
    node::{AppNode, AppPlace, PlaceSource},
    sources::SEPARATOR,
};
use crate::base::setup_problem::{SetupProblem, did_you_mean, nearest};

/// Why a setting cannot be read.
#[derive(Debug)]
pub(super) struct UnreadableSetting {
    pub(super) kind: UnreadableKind,
    /// `None` until the error has left the value.
    pub(super) place: Option<AppPlace>,
}

#[derive(Debug)]
pub(super) enum UnreadableKind {
    /// A field without a default is not set.
    Missing(&'static str),
    /// There is no such field, among these.
    Unknown(&'static [&'static str]),
    /// The value is not what the type expects.
    Unexpected { found: Option<&'static str>, expected: String },
    /// The message of the type.
    Message(String),
}

impl UnreadableSetting {
    pub(super) fn new(kind: UnreadableKind) -> Self {
        Self { kind, place: None }
    }

    /// An error about this node, unless it is about a part of it.
    pub(super) fn at(mut self, node: &AppNode) -> Self {
        if self.place.is_none() {
            self.place = Some(node.place.clone());
            if let UnreadableKind::Message(message) = &mut self.kind {
                let mut texts = Vec::new();
                node.texts(&mut texts);
                *message = without(message, &texts);
            }
        }
        self
    }

    /// An error of the substitute for the setting of this name.
    pub(super) fn again(mut self, key: &str) -> Self {
        self.kind = UnreadableKind::Message("its substitute cannot be read".to_owned());
        self.place = Some(AppPlace { key: key.to_owned(), source: PlaceSource::Implied });
        self
    }

    /// The name of the setting, to recognise the error when it comes again.
    pub(super) fn key(&self) -> String {
        let key = self.place.as_ref().map_or("", |place| &place.key);
        match self.kind {
            UnreadableKind::Missing(field) => format!("{key}.{field}"),
            _ => key.to_owned(),
        }
    }

    /// The problem to report. `prefix` is that of variables.
    pub(super) fn problem(&self, prefix: &str) -> SetupProblem {
        let Some(place) = &self.place else {
            return SetupProblem::new("invalid-setting", "the settings of the app cannot be read");
        };
        let invalid = |message: String| SetupProblem::new("invalid-setting", message).at(place.to_string());
        match &self.kind {
            UnreadableKind::Missing(field) => missing(place, field, prefix),
            UnreadableKind::Unknown(known) => unknown(place, known, prefix, false),
            UnreadableKind::Unexpected { found, expected } => {
                let found = found.map_or_else(String::new, |found| format!(", found {found}"));
                let hint = match &place.source {
                    PlaceSource::Variable(name) if expected == "a table" => {
                        format!("; its keys have variables of their own: {name}{SEPARATOR}…")
                    }
                    _ => String::new(),
                };
                invalid(format!("{place}: expected {expected}{found}{hint}"))
            }
            UnreadableKind::Message(message) => invalid(format!("{place}: {message}")),
        }
    }
}

fn missing(table: &AppPlace, field: &str, prefix: &str) -> SetupProblem {
    let key = format!("{}.{field}", table.key);
    let variable = variable_of(&key, prefix).map_or_else(String::new, |name| format!(", or set {name}"));
    let message = format!("`{key}` is not set; write `{field} = …` in `[{}]`{variable}", table.key);
    SetupProblem::new("missing-setting", message).at(key)
}

/// A key that the type does not have. `is_ours` is whether routekit has a setting of this name.
pub(super) fn unknown(place: &AppPlace, known: &[&str], prefix: &str, is_ours: bool) -> SetupProblem {
    let (table, name) = place.key.rsplit_once('.').unwrap_or(("", &place.key));
    let shown = |field: &str| match &place.source {
        PlaceSource::Variable(_) => {
            variable_of(&format!("{table}.{field}"), prefix).unwrap_or_else(|| field.to_owned())
        }
        _ => field.to_owned(),
    };
    let in_table = known.iter().find(|field| name.strip_prefix(**field).is_some_and(|rest| rest.starts_with('_')));
    let hint = match (&place.source, in_table) {
        _ if is_ours => format!("; `{name}` is a setting of routekit: write it above the first table"),
        (PlaceSource::Variable(_), Some(field)) => {
            let rest = &name[field.len() + 1..];
            let nested = variable_of(&format!("{table}.{field}.{rest}"), prefix).unwrap_or_default();
            format!("; a key of the table `{field}` is {nested}")
        }
        _ => {
            // The rest of a variable in a table: `__URL`.
            let rest = match (&place.source, variable_of(&place.key, prefix)) {
                (PlaceSource::Variable(name), Some(start)) => name.strip_prefix(&start).unwrap_or_default(),
                _ => "",
            };
            let near = nearest(name, known.iter().copied()).map(|field| format!("{}{rest}", shown(field)));
            did_you_mean(near.as_deref())
        }
    };
    let known: Vec<String> = known.iter().map(|field| shown(field)).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let message = format!("{place}: there is no such setting{hint}\n  known settings: {known}");
    SetupProblem::new("unknown-setting", message).at(place.to_string())
}

/// The variable of a setting; `None` for items of lists, which have none.
fn variable_of(key: &str, prefix: &str) -> Option<String> {
    let (_, path) = key.split_once('.')?;
    let has_variable = !path.contains(['[', '"']);
    // `databaseUrl` and `database-url` are `DATABASE_URL`.
    let mut words = String::new();
    for character in path.chars() {
        match character {
            '.' => words.push_str(SEPARATOR),
            '-' => words.push('_'),
            upper if upper.is_uppercase() && words.chars().last().is_some_and(char::is_alphanumeric) => {
                words.push('_');
                words.push(upper);
            }
            other => words.extend(other.to_uppercase()),
        }
    }
    has_variable.then(|| format!("{prefix}{words}"))
}

/// The message without words of these texts, because any setting may be secret.
fn without(message: &str, texts: &[&str]) -> String {
    let mut message = message.to_owned();
    for text in texts.iter().filter(|text| !text.trim().is_empty()) {
        message = message.replace(text, "…").replace(&text.escape_debug().to_string(), "…");
    }
    // Parts of a value, such as the password of a URL.
    let is_edge = |c: char| !c.is_alphanumeric();
    let is_part = |word: &str| word.chars().count() >= 3 && texts.iter().any(|text| text.contains(word));
    let words = message.split(' ').map(|word| if is_part(word.trim_matches(is_edge)) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

impl de::Error for UnreadableSetting {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(UnreadableKind::Message(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => Some("a switch"),
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => Some("an integer"),
            Unexpected::Float(_) => Some("a number with a fraction"),
            Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => Some("a text"),
            Unexpected::Seq => Some("a list"),
            Unexpected::Map => Some("a table"),
            _ => None,
        };
        Self::new(UnreadableKind::Unexpected { found, expected: expectation(&expected.to_string()) })
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(UnreadableKind::Unexpected { found: None, expected: expectation(&expected.to_string()) })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let hint = did_you_mean(nearest(variant, expected.iter().copied()));
        let expected = format!("{}{hint}", one_of(expected));
        Self::new(UnreadableKind::Unexpected { found: None, expected })
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(UnreadableKind::Unknown(expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(UnreadableKind::Missing(field))
    }
}

/// The names as a choice: ``one of `a`, `b` ``.
pub(super) fn one_of(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("one of {}", names.join(", "))
}

/// What `serde` expects, in the words of a configuration file.
pub(super) fn expectation(expected: &str) -> String {
    macro_rules! range {
        ($number:ident) => {
            format!("an integer from {} to {}", $number::MIN, $number::MAX)
        };
    }
    match expected {
        "u8" => range!(u8),
        "u16" => range!(u16),
        "u32" => range!(u32),
        "u64" => range!(u64),
        "u128" => range!(u128),
        "usize" => range!(usize),
        "i8" => range!(i8),
        "i16" => range!(i16),
        "i32" => range!(i32),
        "i64" => range!(i64),
        "i128" => range!(i128),
        "isize" => range!(isize),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a string" => "a text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

impl Display for UnreadableSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting cannot be read")
    }
}

impl std::error::Error for UnreadableSetting {}
