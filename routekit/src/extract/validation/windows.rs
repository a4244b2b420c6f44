//! Bounds the errors of types that cannot stop by themselves.
//!
//! `validator`'s own derive keeps the errors of all items of a list, about a kilobyte for each, and cannot be
//! interrupted. So an input with many list items or map entries is read again in windows, and validated as a whole only
//! once it is known to have few errors:
//!
//! 1. An input with at most [`WINDOW`] elements is validated as a whole, and so is one of types with our derive only,
//!    which stop by themselves.
//! 2. The first window is the beginning of the input. If the elements in it have as many errors as are reported, these
//!    are the answer.
//! 3. Otherwise all windows are validated. If they have more than [`WINDOW`] errors, the answer says that there are too
//!    many to list. Else the whole input is validated, since rules about a list need all of its items.
//! 4. An input with more than [`MAX_WINDOWS`] windows is rejected, as is one that cannot be read in windows.

use std::{ops::Range, rc::Rc};

use serde::de::DeserializeOwned;
use validator::{ValidationErrors, ValidationErrorsKind};

use super::{
    budget, rules,
    validated::{RuleErrors, Validated},
};
use crate::extract::{
    rejection::MAX_ERRORS,
    text::pairs::read_form,
    tracked::{self, Elements},
};

/// The number of elements that are validated at once.
const WINDOW: usize = 8_000;
/// The maximum number of windows.
const MAX_WINDOWS: usize = 64;

/// An input whose elements can be read in windows.
pub(in crate::extract) trait InputElements: Copy {
    /// An upper bound of the number of elements.
    fn most(self) -> usize;

    /// Reads some elements of the input.
    fn read<T: DeserializeOwned>(self, elements: &Rc<Elements>) -> Option<T>;
}

/// A valid JSON text.
#[derive(Clone, Copy)]
pub(in crate::extract) struct JsonText<'a>(pub(in crate::extract) &'a [u8]);

impl InputElements for JsonText<'_> {
    fn most(self) -> usize {
        self.0.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count()
    }

    fn read<T: DeserializeOwned>(self, elements: &Rc<Elements>) -> Option<T> {
        tracked::read(&mut serde_json::Deserializer::from_slice(self.0), elements).ok()
    }
}

/// A query or a form.
#[derive(Clone, Copy)]
pub(in crate::extract) struct FormText<'a>(pub(in crate::extract) &'a str);

impl InputElements for FormText<'_> {
    fn most(self) -> usize {
        self.0.bytes().filter(|byte| *byte == b'&').count() + 1
    }

    fn read<T: DeserializeOwned>(self, elements: &Rc<Elements>) -> Option<T> {
        read_form(self.0, elements).ok()
    }
}

/// An input without lists and maps.
#[derive(Clone, Copy)]
pub(in crate::extract) struct NoElements;

impl InputElements for NoElements {
    fn most(self) -> usize {
        0
    }

    fn read<T: DeserializeOwned>(self, _: &Rc<Elements>) -> Option<T> {
        None
    }
}

/// What is known about an input before it is validated as a whole.
pub(super) enum Outlook {
    /// It has few errors, or types that stop by themselves.
    Bounded,
    /// It has these errors, and may have more.
    Errors(ValidationErrors),
    /// It has more errors than can be listed.
    TooManyErrors,
    /// It has more elements than can be validated.
    TooManyElements,
}

/// Finds out whether a `T` that was read from `input` can be validated as a whole.
pub(super) fn check<T: Validated>(input: impl InputElements) -> Outlook {
    if input.most() <= WINDOW || is_ours::<T>(input) {
        return Outlook::Bounded;
    }
    if let Some(errors) = window::<T>(input, &Rc::new(Elements::first(WINDOW))).map(complete)
        && rules::count(&errors) >= MAX_ERRORS
    {
        return Outlook::Errors(errors);
    }
    let elements = Rc::new(Elements::count());
    if input.read::<T>(&elements).is_none() {
        return Outlook::TooManyElements;
    }
    let elements = Rc::new(elements.counted());
    if elements.len() <= WINDOW {
        return Outlook::Bounded;
    }
    if elements.len() > MAX_WINDOWS * WINDOW {
        return Outlook::TooManyElements;
    }
    let mut found = 0;
    for window in windows(elements.len()) {
        elements.set_window(window);
        let Some(value) = input.read::<T>(&elements).filter(|_| elements.outside() <= WINDOW) else {
            return Outlook::TooManyElements;
        };
        found += rules::count(&errors(&value));
        if found > WINDOW {
            return Outlook::TooManyErrors;
        }
    }
    Outlook::Bounded
}

fn windows(elements: usize) -> impl Iterator<Item = Range<usize>> {
    (0..elements).step_by(WINDOW).map(|start| start..start + WINDOW)
}

fn window<T: Validated>(input: impl InputElements, elements: &Rc<Elements>) -> Option<ValidationErrors> {
    let value = input.read::<T>(elements).filter(|_| elements.outside() <= WINDOW)?;
    Some(errors(&value))
}

fn errors<T: Validated>(value: &T) -> ValidationErrors {
    // More than are reported, since those of the last element do not count.
    let _guard = budget::limit(2 * MAX_ERRORS);
    value.check_rules().map_or_else(|RuleErrors(errors)| errors, |()| ValidationErrors::new())
}

/// The errors that the beginning of an input shares with the whole: those of all elements but the last, which may be
/// incomplete like the lists around it.
fn complete(ValidationErrors(errors): ValidationErrors) -> ValidationErrors {
    let kept = errors.into_iter().filter_map(|(field, kind)| {
        let kind = match kind {
            ValidationErrorsKind::Field(_) => return None,
            ValidationErrorsKind::Struct(errors) => ValidationErrorsKind::Struct(Box::new(complete(*errors))),
            ValidationErrorsKind::List(mut items) => {
                let last = items.pop_last().map(|(index, errors)| (index, Box::new(complete(*errors))));
                items.extend(last);
                ValidationErrorsKind::List(items)
            }
        };
        Some((field, kind))
    });
    ValidationErrors(kept.collect())
}

/// Whether all types with rules in a `T` have our derive.
fn is_ours<T: Validated>(input: impl InputElements) -> bool {
    // Another derive cannot be interrupted, so a value with few elements is asked.
    let Some(small) = input.read::<T>(&Rc::new(Elements::first(1))) else { return false };
    let _guard = budget::probe();
    small.check_rules().is_err_and(|RuleErrors(errors)| rules::is_answer(&errors))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read<T: DeserializeOwned>(json: &str, elements: Elements) -> (T, usize) {
        let elements = Rc::new(elements);
        let value = JsonText(json.as_bytes()).read(&elements).expect("a window is a valid input");
        let elements = elements.counted();
        (value, elements.len())
    }

    #[test]
    fn windows_have_each_element_once() {
        let json = "[[1,2,3],[],[4,[5]],[6]]".replace("[5]", "5");
        let (all, count) = read::<Vec<Vec<u8>>>(&json, Elements::count());
        let counting = Rc::new(Elements::count());
        let _: Option<Vec<Vec<u8>>> = JsonText(json.as_bytes()).read(&counting);
        let elements = Rc::new(counting.counted());
        assert_eq!(elements.len(), count);
        let mut found = Vec::new();
        for start in 0..count {
            elements.set_window(start..start + 1);
            let part: Vec<Vec<u8>> = JsonText(json.as_bytes()).read(&elements).unwrap();
            assert!(part.len() <= 1);
            found.extend(part.concat());
        }
        assert_eq!(found, all.concat());
        elements.set_window(0..count);
        assert_eq!(JsonText(json.as_bytes()).read::<Vec<Vec<u8>>>(&elements), Some(all));
    }

    #[test]
    fn first_window_is_the_beginning() {
        let read = |count| {
            read::<(Vec<Vec<u8>>, BTreeMap<String, u8>)>(r#"[[[1,2],[3,4]],{"a":5}]"#, Elements::first(count)).0
        };
        let fields = BTreeMap::from([("a".to_owned(), 5)]);
        assert_eq!(read(1), (vec![vec![]], fields.clone()));
        assert_eq!(read(3), (vec![vec![1, 2]], fields.clone()));
        assert_eq!(read(99), (vec![vec![1, 2], vec![3, 4]], fields));
    }
}
