//! Flattens `validator`'s nested errors into a list of located errors.

use serde::de::Deserializer;
use serde_json::Value;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

pub use self::validated::Validated;
use self::{
    rules::{LIST, WHOLE},
    validated::RuleErrors,
    windows::{InputElements, Outlook},
};
use super::{
    place::{PlaceStep, PointerStyle},
    rejection::{MAX_ERRORS, Rejection},
    tracked::{self, FieldNames},
};
use crate::problem::FieldError;

mod budget;
mod excerpt;
mod messages;
mod names;
pub(crate) mod rules;
pub(crate) mod unchecked;
mod validated;
pub(super) mod windows;

/// Checks the rules of `value`, which was read from `elements`. `input` is read again if a rule is broken.
pub(super) fn validate<'de, T: Validated, D: Deserializer<'de>>(
    value: &T,
    places: PointerStyle,
    elements: impl InputElements,
    input: impl FnOnce() -> D,
) -> Result<(), Rejection> {
    let errors = match windows::check::<T>(elements) {
        Outlook::Bounded => within_budget(value).err(),
        Outlook::Errors(errors) => Some(errors),
        Outlook::TooManyErrors => {
            let error = FieldError::new("", "too_many", "breaks rules in too many places to list them");
            return Err(Rejection::Invalid(vec![error]));
        }
        Outlook::TooManyElements => return Err(Rejection::TooManyElements),
    };
    let Some(errors) = errors else { return Ok(()) };
    let input = excerpt::excerpt(input(), &errors);
    let names = input.as_ref().map(|input| tracked::names::<T, _>(input)).unwrap_or_default();
    let mut found = Vec::new();
    let mut path = ErrorPath::default();
    collect(&errors, input.as_ref(), &names, &mut path, &mut |path, error| {
        if found.len() < MAX_ERRORS {
            found.push(field_error(places, &path.steps, error));
        }
    });
    found.sort_by(|a, b| (&a.pointer, &a.code).cmp(&(&b.pointer, &b.code)));
    Err(Rejection::Invalid(found))
}

/// A path from the root to an error.
#[derive(Default)]
struct ErrorPath {
    steps: Vec<PlaceStep>,
    /// The path without indices, because all items of a list have one type.
    keys: Vec<String>,
}

/// Calls `found` for each error in `errors`, which belong to `input`, an excerpt.
fn collect(
    errors: &ValidationErrors,
    input: Option<&Value>,
    names: &FieldNames,
    path: &mut ErrorPath,
    found: &mut dyn FnMut(&ErrorPath, &ValidationError),
) {
    let known = names.get(&path.keys).copied().unwrap_or_default();
    for (field, kind) in errors.errors() {
        let field = field.as_ref();
        if field == WHOLE {
            if let ValidationErrorsKind::Field(errors) = kind {
                errors.iter().for_each(|error| found(path, error));
            }
            continue;
        }
        // A list at the root has no field name.
        let named = field != LIST;
        let mut input = input;
        if named {
            let name = names::serde_name(names::name_in(input, field), known);
            input = input.and_then(|input| input.get(name));
            path.steps.push(PlaceStep::Field(name.to_owned()));
            path.keys.push(name.to_owned());
        }
        match kind {
            ValidationErrorsKind::Field(errors) => errors.iter().for_each(|error| found(path, error)),
            ValidationErrorsKind::Struct(errors) => collect(errors, input, names, path, found),
            // `validator` numbers the values of a map in iteration order, which does not identify them.
            ValidationErrorsKind::List(values) if input.is_some_and(Value::is_object) => {
                let mut at_the_map = |_: &ErrorPath, error: &ValidationError| found(path, error);
                let errors = values.values();
                errors.for_each(|errors| collect(errors, None, names, &mut ErrorPath::default(), &mut at_the_map));
            }
            ValidationErrorsKind::List(items) => {
                for (kept, (index, errors)) in items.iter().enumerate() {
                    path.steps.push(PlaceStep::Item(*index));
                    collect(errors, input.and_then(|input| input.get(kept)), names, path, found);
                    path.steps.pop();
                }
            }
        }
        if named {
            path.steps.pop();
            path.keys.pop();
        }
    }
}

fn field_error(places: PointerStyle, steps: &[PlaceStep], error: &ValidationError) -> FieldError {
    let message = match &error.message {
        Some(message) => message.clone().into_owned(),
        None => messages::message(error),
    };
    let mut field = FieldError::new(places.write(steps), error.code.clone(), message);
    for (name, value) in &error.params {
        // `value` is the rejected value and `other` (of `must_match`) the value that it was compared with. Either may
        // be a password.
        if !matches!(name.as_ref(), "value" | "other") {
            field = field.with_param(name.clone(), value.clone());
        }
    }
    field
}

/// Validates, and keeps only the errors that are reported.
fn within_budget<T: Validated>(value: &T) -> Result<(), ValidationErrors> {
    let _guard = budget::limit(MAX_ERRORS);
    value.check_rules().map_err(|RuleErrors(errors)| errors)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use validator::Validate;

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
        collect(errors, None, &FieldNames::new(), &mut ErrorPath::default(), &mut |_, _| kept += 1);
        kept
    }

    #[test]
    fn errors_beyond_the_limit_are_not_kept() {
        let order = Order { lines: (0..5000).map(|_| Line { amount: 0 }).collect() };
        assert_eq!(kept(&within_budget(&order).unwrap_err()), MAX_ERRORS);
        assert_eq!(kept(&order.validate().unwrap_err()), 5000, "only extractors limit them");
    }
}
