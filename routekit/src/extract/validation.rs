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
    note = "a value of the path needs neither: name the argument like its placeholder, `id: Uuid`",
    note = "where nothing is to be validated, take axum's own `routekit::axum::Json<T>` or `routekit::axum::extract::Query<T>`"
)]
pub trait Validated: DeserializeOwned + Validate {}

impl<T: DeserializeOwned + Validate> Validated for T {}

/// How places are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Places {
    /// JSON pointers (RFC 6901).
    Pointers,
    /// Names of fields or parameters, joined by dots; without places in lists.
    Names,
}

impl Places {
    pub(super) fn write(self, steps: &[String]) -> String {
        match self {
            // RFC 6901 §3
            Self::Pointers => {
                steps.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
            }
            // The second value of a repeated name has no name of its own.
            Self::Names => {
                let named = steps.iter().filter(|step| !step.bytes().all(|b| b.is_ascii_digit()));
                named.map(String::as_str).collect::<Vec<_>>().join(".")
            }
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
    let Err(errors) = within_budget(value) else { return Ok(()) };
    let input = input();
    let names = input.as_ref().map(|input| explain::names::<T>(input, places.scalars())).unwrap_or_default();
    let mut found = Vec::new();
    let mut way = Way::default();
    collect(&errors, input.as_ref(), &names, &mut way, &mut |way, error| {
        if found.len() < MAX_ERRORS {
            found.push(field_error(places, &way.steps, error));
        }
    });
    found.sort_by(|a, b| (&a.pointer, &a.code).cmp(&(&b.pointer, &b.code)));
    Err(Rejection::Invalid(found))
}

/// The way from the root to an error.
#[derive(Default)]
struct Way {
    steps: Vec<String>,
    /// The same without the places in lists, whose items are all of one type.
    keys: Vec<String>,
}

/// Calls `found` for every error below `errors`, which are about `input`.
fn collect(
    errors: &ValidationErrors,
    input: Option<&Value>,
    names: &Names,
    way: &mut Way,
    found: &mut dyn FnMut(&Way, &ValidationError),
) {
    let known = names.get(&way.keys).copied().unwrap_or_default();
    for (field, kind) in errors.errors() {
        let field = field.as_ref();
        if field == WHOLE {
            if let ValidationErrorsKind::Field(errors) = kind {
                errors.iter().for_each(|error| found(way, error));
            }
            continue;
        }
        // A list at the root has no field to stand in.
        let named = field != LIST;
        let mut input = input;
        if named {
            let name = serde_name(field, known);
            input = input.and_then(|input| input.get(name));
            way.steps.push(name.to_owned());
            way.keys.push(name.to_owned());
        }
        match kind {
            ValidationErrorsKind::Field(errors) => errors.iter().for_each(|error| found(way, error)),
            ValidationErrorsKind::Struct(errors) => collect(errors, input, names, way, found),
            // `validator` counts the values of a map in the order it happens to have them, which is no place.
            ValidationErrorsKind::List(values) if input.is_some_and(Value::is_object) => {
                let mut at_the_map = |_: &Way, error: &ValidationError| found(way, error);
                let errors = values.values();
                errors.for_each(|errors| collect(errors, None, names, &mut Way::default(), &mut at_the_map));
            }
            ValidationErrorsKind::List(items) => {
                for (index, errors) in items {
                    way.steps.push(index.to_string());
                    collect(errors, input.and_then(|input| input.get(index)), names, way, found);
                    way.steps.pop();
                }
            }
        }
        if named {
            way.steps.pop();
            way.keys.pop();
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
    // What holds the errors of others stays, so that those are found.
    let innermost = by_rust.values().all(|kind| matches!(kind, ValidationErrorsKind::Field(_)));
    if innermost && !budget::spend(by_rust.len()) {
        return Ok(());
    }
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

/// Validates, and keeps no more errors than are told.
fn within_budget<T: Validate>(value: &T) -> Result<(), ValidationErrors> {
    let _refilled_afterwards = budget::limit(MAX_ERRORS);
    value.validate()
}

/// How many errors are worth keeping while an extractor validates.
///
/// `validator` keeps a kilobyte for each, so a megabyte of `[{},{},…]` would take half a gigabyte. Beyond the first
/// thousand the input is refused anyway. Its rules run to their end without a word to us, and on one thread: hence a
/// thread's variable.
mod budget {
    use std::cell::Cell;

    thread_local! {
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    }

    /// Ends the limit.
    pub(super) struct Limited(());

    impl Drop for Limited {
        fn drop(&mut self) {
            LEFT.set(None);
        }
    }

    /// Until the guard is dropped, this many errors.
    pub(super) fn limit(errors: usize) -> Limited {
        LEFT.set(Some(errors));
        Limited(())
    }

    /// Whether these errors are worth keeping; always where nobody set a limit.
    pub(super) fn spend(errors: usize) -> bool {
        let left = LEFT.get();
        LEFT.set(left.map(|left| left.saturating_sub(errors)));
        left != Some(0)
    }
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

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, routekit_macros::Validate)]
    struct Order {
        #[validate(nested)]
        lines: Vec<Line>,
    }

    #[derive(Deserialize, routekit_macros::Validate)]
    struct Line {
        #[validate(range(min = 1))]
        amount: u32,
    }

    fn kept(errors: &ValidationErrors) -> usize {
        let mut kept = 0;
        collect(errors, None, &Names::new(), &mut Way::default(), &mut |_, _| kept += 1);
        kept
    }

    #[test]
    fn errors_that_nobody_is_told_take_no_memory() {
        let order = Order { lines: (0..5000).map(|_| Line { amount: 0 }).collect() };
        assert_eq!(kept(&within_budget(&order).unwrap_err()), MAX_ERRORS);
        assert_eq!(kept(&order.validate().unwrap_err()), 5000, "only extractors are so brief");
    }
}
