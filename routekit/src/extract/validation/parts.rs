//! Validates a long list at the root of an input in parts.
//!
//! `validator`'s `Validate` of a list keeps the errors of all items, and cannot be interrupted: `Json<Vec<T>>` with its
//! derive would keep a kilobyte for each `{}` of `[{},{},…]`. So the items of a long list are read a second time, a few
//! at once, until enough errors are found. Lists of types with our derive, which stop by themselves, are exempt.

use std::collections::{BTreeMap, HashMap};

use serde::de::DeserializeOwned;
use validator::{ValidationErrors, ValidationErrorsKind};

use super::{budget, rules, validated::Validated};
use crate::extract::rejection::MAX_ERRORS;

/// How many items are validated at once.
const ITEMS: usize = 100;
/// The size of an input whose items are not worth counting, in bytes.
const SMALL: usize = 4096;

/// Divides an input at the root, and reads its parts.
pub(in crate::extract) trait Divisible: Copy {
    /// The size in bytes.
    fn size(self) -> usize;

    /// The parts with this many items, and a last one with the rest.
    fn divide(self, items: usize) -> impl Iterator<Item = Self>;

    /// Reads a part.
    fn read<T: DeserializeOwned>(self) -> Option<T>;
}

/// An input that holds no list.
#[derive(Clone, Copy)]
pub(in crate::extract) struct Indivisible;

impl Divisible for Indivisible {
    fn size(self) -> usize {
        0
    }

    fn divide(self, _: usize) -> impl Iterator<Item = Self> {
        std::iter::empty()
    }

    fn read<T: DeserializeOwned>(self) -> Option<T> {
        None
    }
}

/// The items of a JSON array, without its brackets.
#[derive(Clone, Copy)]
pub(in crate::extract) struct JsonItems<'a>(&'a [u8]);

impl<'a> JsonItems<'a> {
    /// The items of the array, which is valid JSON. No items if it is no array.
    pub(in crate::extract) fn of(json: &'a [u8]) -> Self {
        let items = json.trim_ascii().strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
        Self(items.unwrap_or_default())
    }

    /// The lengths of the texts that end before a comma between items.
    fn ends(self) -> impl Iterator<Item = usize> {
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        let ends = self.0.iter().enumerate().filter(move |(_, byte)| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = quoted,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                b',' => return depth == 0,
                _ => {}
            }
            false
        });
        ends.map(|(end, _)| end)
    }
}

impl Divisible for JsonItems<'_> {
    fn size(self) -> usize {
        self.0.len()
    }

    fn divide(self, items: usize) -> impl Iterator<Item = Self> {
        divide(self.0, self.ends(), items).map(Self)
    }

    fn read<T: DeserializeOwned>(self) -> Option<T> {
        serde_json::from_slice(&[b"[", self.0, b"]"].concat()).ok()
    }
}

/// The pairs of a query or a form.
#[derive(Clone, Copy)]
pub(in crate::extract) struct Pairs<'a>(pub(in crate::extract) &'a str);

impl Divisible for Pairs<'_> {
    fn size(self) -> usize {
        self.0.len()
    }

    fn divide(self, items: usize) -> impl Iterator<Item = Self> {
        let ends = self.0.bytes().enumerate().filter(|(_, byte)| *byte == b'&').map(|(end, _)| end);
        // A text that is cut at `&` is UTF-8 still.
        divide(self.0.as_bytes(), ends, items).map(|part| Self(str::from_utf8(part).unwrap_or_default()))
    }

    fn read<T: DeserializeOwned>(self) -> Option<T> {
        serde_html_form::from_str(self.0).ok()
    }
}

/// Cuts the text at every `items`th of its `ends`.
fn divide(text: &[u8], ends: impl Iterator<Item = usize>, items: usize) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    let cuts = ends.skip(items - 1).step_by(items).chain([text.len()]);
    cuts.map(move |end| {
        let part = &text[start.min(end)..end];
        start = end + 1;
        part
    })
}

/// Validates the items of a long list in parts.
///
/// # Errors
/// The errors of the first items, if these are as many as are reported. `Ok` says nothing about the value.
pub(super) fn check<T: Validated>(input: impl Divisible) -> Result<(), ValidationErrors> {
    if input.size() <= SMALL || stops_by_itself::<T>(input) {
        return Ok(());
    }
    let _guard = budget::limit(MAX_ERRORS);
    let (mut found, mut count) = (BTreeMap::new(), 0);
    for (index, part) in input.divide(ITEMS).enumerate() {
        // Not a list.
        let Some(value) = part.read::<T>() else { return Ok(()) };
        let Err(errors) = value.check_rules() else { continue };
        count += rules::count(&errors.0);
        // The list has rules of its own, which are about all of its items.
        let Some(items) = rules::into_items(errors.0) else { return Ok(()) };
        found.extend(items.into_iter().map(|(item, errors)| (index * ITEMS + item, errors)));
        if count >= MAX_ERRORS {
            return Err(ValidationErrors(HashMap::from([(rules::LIST.into(), ValidationErrorsKind::List(found))])));
        }
    }
    Ok(())
}

/// Whether the value, or the first item of the list, is a type with our derive, which observes the budget.
fn stops_by_itself<T: Validated>(input: impl Divisible) -> bool {
    let Some(value) = input.divide(1).next().and_then(Divisible::read::<T>) else { return true };
    let _guard = budget::probe();
    value.check_rules().is_err_and(|errors| rules::is_answer(&errors.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(json: &str, items: usize) -> Vec<String> {
        let parts = JsonItems::of(json.as_bytes()).divide(items);
        parts.map(|part| String::from_utf8(part.0.to_vec()).unwrap()).collect()
    }

    #[test]
    fn array_is_divided_between_its_items_only() {
        let json = r#" [ {"a":[1,2]}, "x,]\\\",[", [3,4] ,5] "#;
        assert_eq!(texts(json, 1), [r#" {"a":[1,2]}"#, r#" "x,]\\\",[""#, " [3,4] ", "5"]);
        assert_eq!(texts(json, 2), [r#" {"a":[1,2]}, "x,]\\\",[""#, " [3,4] ,5"]);
        assert_eq!(texts(json, 3), [r#" {"a":[1,2]}, "x,]\\\",[", [3,4] "#, "5"]);
        assert_eq!(texts(json, 4), [&json[2..json.len() - 2]]);
        assert_eq!(texts(r#"{"a":1,"b":2}"#, 1), [""]);
    }

    #[test]
    fn pairs_are_divided_at_ampersands() {
        let parts: Vec<_> = Pairs("a=1&b=2&c=3").divide(2).map(|part| part.0).collect();
        assert_eq!(parts, ["a=1&b=2", "c=3"]);
    }
}
