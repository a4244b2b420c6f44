//! From `validator`'s errors, keyed by field and nested, to a flat list of places.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
};

use serde::de::DeserializeOwned;
use serde_json::Value;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{
    Rejection,
    explain::{self, Names, Scalars},
    messages,
    rejection::MAX_ERRORS,
};
use crate::problem::FieldError;

/// What our extractors take: a type that can be parsed and checked.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from a request: it must derive `Deserialize` and `Validate`",
    label = "not both `Deserialize` and `Validate`",
    note = "add `#[derive(serde::Deserialize, routekit::Validate)]` to `{Self}`",
    note = "where nothing is to be validated, take axum's own `axum::Json<T>`, `axum::extract::Query<T>` or `axum::extract::Path<T>`"
)]
pub trait Validated: DeserializeOwned + Validate {}

impl<T: DeserializeOwned + Validate> Validated for T {}

/// How places are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Places {
    /// JSON pointers (RFC 6901).
    Pointers,
    /// Names of fields or parameters, joined by dots.
    Names,
}

impl Places {
    pub(super) fn write(self, steps: &[String]) -> String {
        match self {
            // RFC 6901 §3
            Self::Pointers => {
                steps.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
            }
            Self::Names => steps.join("."),
        }
    }

    /// Bodies in JSON have types; everything else is text.
    fn scalars(self) -> Scalars {
        match self {
            Self::Pointers => Scalars::Typed,
            Self::Names => Scalars::Text,
        }
    }
}

/// Checks the rules of `value`. `input` is what it was parsed from; it is only asked for if a rule is broken.
pub(super) fn validate<T: Validated>(
    value: &T,
    places: Places,
    input: impl FnOnce() -> Option<Value>,
) -> Result<(), Rejection> {
    let Err(errors) = value.validate() else { return Ok(()) };
    let names = input().map(|input| explain::names::<T>(&input, places.scalars())).unwrap_or_default();
    let mut found = Vec::new();
    collect(&errors, &names, &mut Vec::new(), &mut |steps, error| found.push(field_error(places, steps, error)));
    found.sort_by(|a, b| (&a.pointer, &a.code).cmp(&(&b.pointer, &b.code)));
    found.truncate(MAX_ERRORS);
    Err(Rejection::Invalid(found))
}

fn collect(
    errors: &ValidationErrors,
    names: &Names,
    steps: &mut Vec<String>,
    found: &mut impl FnMut(&[String], &ValidationError),
) {
    let known = names.get(steps).copied().unwrap_or_default();
    for (field, kind) in errors.errors() {
        let field = field.as_ref();
        if field == WHOLE {
            if let ValidationErrorsKind::Field(errors) = kind {
                errors.iter().for_each(|error| found(steps, error));
            }
            continue;
        }
        // A list at the root has no field to stand in.
        let named = field != LIST;
        if named {
            steps.push(serde_name(field, known).to_owned());
        }
        match kind {
            ValidationErrorsKind::Field(errors) => errors.iter().for_each(|error| found(steps, error)),
            ValidationErrorsKind::Struct(errors) => collect(errors, names, steps, found),
            ValidationErrorsKind::List(items) => {
                for (index, errors) in items {
                    steps.push(index.to_string());
                    collect(errors, names, steps, found);
                    steps.pop();
                }
            }
        }
        if named {
            steps.pop();
        }
    }
}

/// The key of rules about a whole struct.
const WHOLE: &str = "__all__";
/// The key of errors of a list that is no field.
const LIST: &str = "_tmp_validator";

/// The name that serde uses for a field.
///
/// Our `#[derive(Validate)]` reports serde's names, and they are found as they stand. `validator`'s own derive reports
/// Rust's; those are found under any `rename_all`, whose rules only change case and separators. (A `rename` is then out
/// of reach: nothing at run time connects the two names.)
fn serde_name<'a>(field: &'a str, known: &[&'static str]) -> &'a str {
    if known.contains(&field) {
        return field;
    }
    let letters = |name: &str| -> String {
        name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
    };
    let bare = field.strip_prefix("r#").unwrap_or(field);
    let mut alike = known.iter().filter(|name| letters(name) == letters(bare));
    match (alike.next(), alike.next()) {
        (Some(name), None) => name,
        _ => bare,
    }
}

fn field_error(places: Places, steps: &[String], error: &ValidationError) -> FieldError {
    let message = match &error.message {
        Some(message) => message.clone().into_owned(),
        None => messages::message(error),
    };
    let mut field = FieldError::new(places.write(steps), error.code.clone(), message);
    for (name, value) in &error.params {
        // `value` is what was rejected, and `other` (of `must_match`) what it was compared with: perhaps a password.
        if !matches!(name.as_ref(), "value" | "other") {
            field = field.param(name.clone(), value.clone());
        }
    }
    field
}

/// Rewrites the keys of one struct's errors from Rust's names to serde's; an empty name is a flattened field, whose
/// errors belong to the struct around it.
///
/// What `#[derive(Validate)]` generates calls this.
pub fn with_serde_names(
    result: Result<(), ValidationErrors>,
    renames: &'static [(&'static str, &'static str)],
) -> Result<(), ValidationErrors> {
    let Err(ValidationErrors(mut by_rust)) = result else { return Ok(()) };
    // All are taken out before any is put back: one field may be renamed to what another was called.
    let moved: Vec<_> =
        renames.iter().filter_map(|(rust, serde)| Some((*rust, *serde, by_rust.remove(*rust)?))).collect();
    let mut by_serde = by_rust;
    for (rust, serde, kind) in moved {
        match kind {
            ValidationErrorsKind::Struct(flattened) if serde.is_empty() => {
                flattened.0.into_iter().for_each(|(name, kind)| insert(&mut by_serde, name, kind));
            }
            kind => insert(&mut by_serde, Cow::Borrowed(if serde.is_empty() { rust } else { serde }), kind),
        }
    }
    Err(ValidationErrors(by_serde))
}

/// Adds errors of a field; rules about the whole struct come together with those of a flattened one.
fn insert(
    errors: &mut HashMap<Cow<'static, str>, ValidationErrorsKind>,
    name: Cow<'static, str>,
    kind: ValidationErrorsKind,
) {
    match (errors.entry(name), kind) {
        (Entry::Occupied(mut entry), ValidationErrorsKind::Field(more)) => match entry.get_mut() {
            ValidationErrorsKind::Field(errors) => errors.extend(more),
            other => *other = ValidationErrorsKind::Field(more),
        },
        (entry, kind) => drop(entry.insert_entry(kind)),
    }
}
