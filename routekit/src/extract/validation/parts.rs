//! Validates the long lists of an input in parts.
//!
//! `validator`'s own derive keeps the errors of all items of a list, and cannot be interrupted: `Json<Vec<T>>` would
//! keep a kilobyte for each `{}` of `[{},{},…]`. So the items of a long list are read a second time, a few at once,
//! until enough errors are found. Lists of types with our derive, which stop by themselves, are exempt.
//!
//! Only the errors of items count here, since a rule about the list itself needs all of them. If there are not enough,
//! the whole value is validated as usual.

use std::{collections::BTreeMap, ops::Range};

use serde::de::DeserializeOwned;
use validator::{ValidationErrors, ValidationErrorsKind};

use super::{budget, rules, validated::Validated};
use crate::extract::rejection::MAX_ERRORS;

/// The size of a list whose items are not worth counting, in bytes.
const SMALL: usize = 4096;
/// The most parts of an input, unless they would be small. Each part contains everything that is in no long list.
const PARTS: usize = 64;

/// An input whose lists can be found in its text.
pub(in crate::extract) trait Divisible: Copy {
    /// The whole text.
    fn text(&self) -> &[u8];

    /// The lists of more than `size` bytes that are in no other list.
    fn lists(self, size: usize) -> Vec<List>;

    /// The lengths of the texts that end at the end of an item, except for the last item.
    fn ends(items: &[u8]) -> impl Iterator<Item = usize>;

    /// Reads an input.
    fn read<T: DeserializeOwned>(text: &[u8]) -> Option<T>;
}

/// A list in a text.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::extract) struct List {
    /// The names of the fields on the path to the list.
    path: Vec<String>,
    items: Range<usize>,
}

/// An input without lists.
#[derive(Clone, Copy)]
pub(in crate::extract) struct Indivisible;

impl Divisible for Indivisible {
    fn text(&self) -> &[u8] {
        b""
    }

    fn lists(self, _: usize) -> Vec<List> {
        Vec::new()
    }

    fn ends(_: &[u8]) -> impl Iterator<Item = usize> {
        std::iter::empty()
    }

    fn read<T: DeserializeOwned>(_: &[u8]) -> Option<T> {
        None
    }
}

/// A valid JSON text.
#[derive(Clone, Copy)]
pub(in crate::extract) struct JsonText<'a>(pub(in crate::extract) &'a [u8]);

/// Whether a path can lead to a field of a type. Others are in values that serde ignores, which may be nested to any
/// depth; serde reads no deeper than 128 levels into a type.
fn is_field_path(path: &[&[u8]]) -> bool {
    path.len() <= 128 && path.iter().map(|name| name.len()).sum::<usize>() <= 4096
}

/// The bytes of JSON that are not in strings, with their positions. Both quotes of a string are included.
fn structure(json: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let (mut quoted, mut escaped) = (false, false);
    json.iter().copied().enumerate().filter(move |(_, byte)| {
        let was_quoted = quoted;
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ => {}
        }
        !was_quoted || (*byte == b'"' && !quoted)
    })
}

impl Divisible for JsonText<'_> {
    fn text(&self) -> &[u8] {
        self.0
    }

    fn lists(self, size: usize) -> Vec<List> {
        let mut found = Vec::new();
        // The current field of each open object, and the last string, which may be the name of a field.
        let (mut path, mut string) = (Vec::<&[u8]>::new(), &b""[..]);
        let mut quote = None;
        let (mut depth, mut start) = (0_usize, 0);
        for (at, byte) in structure(self.0) {
            match byte {
                b'[' if depth == 0 => (depth, start) = (1, at + 1),
                b'[' | b'{' if depth > 0 => depth += 1,
                b']' | b'}' if depth > 0 => {
                    depth -= 1;
                    if depth == 0 && at - start > size && is_field_path(&path) {
                        let names = path.iter().filter_map(|name| serde_json::from_slice(name).ok());
                        found.push(List { path: names.collect(), items: start..at });
                    }
                }
                _ if depth > 0 => {}
                b'{' => path.push(b""),
                b'}' => drop(path.pop()),
                b'"' => match quote.take() {
                    None => quote = Some(at),
                    Some(start) => string = &self.0[start..=at],
                },
                b':' => path.last_mut().into_iter().for_each(|name| *name = string),
                _ => {}
            }
        }
        found
    }

    fn ends(items: &[u8]) -> impl Iterator<Item = usize> {
        let mut depth = 0_usize;
        let ends = structure(items).filter(move |(_, byte)| {
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *byte == b',' && depth == 0
        });
        ends.map(|(end, _)| end)
    }

    fn read<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
        serde_json::from_slice(text).ok()
    }
}

/// The pairs of a query or a form, which can be a list themselves.
#[derive(Clone, Copy)]
pub(in crate::extract) struct Pairs<'a>(pub(in crate::extract) &'a str);

impl Divisible for Pairs<'_> {
    fn text(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn lists(self, size: usize) -> Vec<List> {
        let pairs = List { path: Vec::new(), items: 0..self.0.len() };
        if self.0.len() > size { vec![pairs] } else { Vec::new() }
    }

    fn ends(items: &[u8]) -> impl Iterator<Item = usize> {
        items.iter().enumerate().filter(|(_, byte)| **byte == b'&').map(|(end, _)| end)
    }

    fn read<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
        serde_html_form::from_bytes(text).ok()
    }
}

/// Consecutive items of a list: the index of the first one, and the text.
type ListPart<'a> = (usize, &'a [u8]);

/// Divides the items into parts that are at least this long.
fn divide<D: Divisible>(items: &[u8], size: usize) -> impl Iterator<Item = ListPart<'_>> {
    let (mut start, mut first) = (0, 0);
    let ends = D::ends(items).map(Some).chain([None]).enumerate();
    ends.filter_map(move |(index, end)| {
        let text = &items[start..end.unwrap_or(items.len())];
        if end.is_some() && text.len() < size {
            return None;
        }
        let part = (first, text);
        (start, first) = (start + text.len() + 1, index + 1);
        Some(part)
    })
}

/// Validates the items of long lists in parts.
///
/// # Errors
/// The errors of the first items, if these are as many as are reported. `Ok` says nothing about the value.
pub(super) fn check<T: Validated, D: Divisible>(input: D) -> Result<(), ValidationErrors> {
    let size = SMALL.max(input.text().len() / PARTS);
    let lists = input.lists(size);
    for list in &lists {
        if check_list::<T, D>(input, list, &lists, size)? == Observes::Everywhere {
            return Ok(());
        }
    }
    Ok(())
}

fn check_list<T: Validated, D: Divisible>(
    input: D,
    list: &List,
    lists: &[List],
    size: usize,
) -> Result<Observes, ValidationErrors> {
    let text = input.text();
    let items = &text[list.items.clone()];
    // The text around the items, without those of the other long lists.
    let mut around = (Vec::new(), Vec::new());
    let mut end = 0;
    for other in lists {
        let between = &text[end..other.items.start];
        if other.items.start <= list.items.start { &mut around.0 } else { &mut around.1 }.extend_from_slice(between);
        end = other.items.end;
    }
    around.1.extend_from_slice(&text[end..]);
    let read = |items: &[u8]| D::read::<T>(&[&around.0, items, &around.1].concat());

    let first = D::ends(items).next().unwrap_or(items.len());
    let observes = read(&items[..first]).map_or(Observes::Here, |value| observes(&value, &list.path));
    if observes != Observes::Nowhere {
        return Ok(observes);
    }
    let _guard = budget::limit(MAX_ERRORS);
    let (mut found, mut count) = (BTreeMap::new(), 0);
    for (first, part) in divide::<D>(items, size) {
        // Not a list, but an array or a tuple of fixed length.
        let Some(value) = read(part) else { return Ok(Observes::Nowhere) };
        let Err(errors) = value.check_rules() else { continue };
        let Some(items) = rules::items_at(errors.0, &list.path) else { continue };
        count += items.values().map(|errors| rules::count(errors)).sum::<usize>();
        found.extend(items.into_iter().map(|(item, errors)| (first + item, errors)));
        if count >= MAX_ERRORS {
            return Err(rules::at(&list.path, ValidationErrorsKind::List(found)));
        }
    }
    Ok(Observes::Nowhere)
}

/// Which types observe the budget: those with our derive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Observes {
    /// The root, so that no list needs to be read again.
    Everywhere,
    /// A type on the path to the list, or its items.
    Here,
    Nowhere,
}

/// Asks the value which types observe the budget, as far as the list at this path.
fn observes<T: Validated>(value: &T, path: &[String]) -> Observes {
    let _guard = budget::probe();
    match value.check_rules() {
        Err(errors) if rules::is_answer(&errors.0, &[]) => Observes::Everywhere,
        Err(errors) if rules::is_answer(&errors.0, path) => Observes::Here,
        _ => Observes::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_deeper_than_a_type_reads_are_left_out() {
        let nested = |name: &str, levels: usize| {
            let open = format!("{{\"{name}\":").repeat(levels);
            format!("{open}[{}]{}", vec!["0"; 100].join(","), "}".repeat(levels))
        };
        let lists = |text: String| JsonText(text.as_bytes()).lists(64).len();
        assert_eq!([lists(nested("a", 100)), lists(nested("a", 129)), lists(nested("a", 10_000))], [1, 0, 0]);
        assert_eq!(lists(nested(&"a".repeat(5000), 1)), 0);
    }

    fn lists(json: &str) -> Vec<(String, &str)> {
        let lists = JsonText(json.as_bytes()).lists(1);
        lists.into_iter().map(|list| (list.path.join("."), &json[list.items])).collect()
    }

    fn parts<D: Divisible>(items: &str, size: usize) -> Vec<(usize, &str)> {
        divide::<D>(items.as_bytes(), size).map(|(first, part)| (first, str::from_utf8(part).unwrap())).collect()
    }

    #[test]
    fn outermost_lists_are_found_with_their_paths() {
        assert_eq!(lists(" [1,[2]] "), [(String::new(), "1,[2]")]);
        let json = r#"{"a":"x,]\\\",[", "b" : {"c\u0064":[1,{"e":[2]}],"f":[3]}, "g":["]",":"]}"#;
        let expected = [("b.cd", r#"1,{"e":[2]}"#), ("g", r#""]",":""#)];
        assert_eq!(lists(json), expected.map(|(path, items)| (path.to_owned(), items)));
    }

    #[test]
    fn items_are_divided_at_their_ends_only() {
        let items = r#"{"a":[1,2]}, "x,]\\\",[", [3,4] ,5"#;
        let (one, two, three) = (r#"{"a":[1,2]}"#, r#" "x,]\\\",[""#, " [3,4] ");
        assert_eq!(parts::<JsonText<'_>>(items, 1), [(0, one), (1, two), (2, three), (3, "5")]);
        assert_eq!(parts::<JsonText<'_>>(items, 9), [(0, one), (1, two), (2, " [3,4] ,5")]);
        assert_eq!(parts::<JsonText<'_>>(items, 99), [(0, items)]);
        assert_eq!(parts::<Pairs<'_>>("a=1&b=2&c=3", 4), [(0, "a=1&b=2"), (2, "c=3")]);
    }
}
