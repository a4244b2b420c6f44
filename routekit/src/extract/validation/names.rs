//! Matches the names of fields in errors with those in the input.

use std::{borrow::Cow, collections::HashMap};

use serde_json::Value;

/// Stands between the name of a field and its aliases in code that `#[derive(Validate)]` generates.
const SEPARATOR: char = '\0';

/// The name of a field, followed by its aliases.
fn aliases(names: &str) -> impl Iterator<Item = &str> {
    names.split(SEPARATOR)
}

/// The errors of the field with this name in the input.
pub(super) fn find<'e, E>(
    errors: &'e HashMap<Cow<'static, str>, E>,
    name: &str,
) -> Option<(&'e Cow<'static, str>, &'e E)> {
    let is_named = |field: &str| {
        aliases(field).any(|alias| alias == name) || are_alike(field.strip_prefix("r#").unwrap_or(field), name)
    };
    errors.get_key_value(name).or_else(|| errors.iter().find(|(field, _)| is_named(field)))
}

/// The name of a field without its aliases.
pub(super) fn without_aliases(names: &str) -> &str {
    names.split_once(SEPARATOR).map_or(names, |(name, _)| name)
}

/// The name of a field in this input, which may be an alias.
pub(super) fn name_in<'a>(input: Option<&Value>, names: &'a str) -> &'a str {
    let used = |name: &&str| input.is_some_and(|input| input.get(name).is_some());
    aliases(names).find(used).unwrap_or_else(|| without_aliases(names))
}

/// The name that serde uses for a field.
///
/// Our `#[derive(Validate)]` reports serde's names, which are found unchanged. `validator`'s own derive reports Rust's
/// names. Those are matched under any `rename_all`, which only changes case and separators. A `rename` cannot be
/// matched, because nothing connects the two names at run time.
pub(super) fn serde_name<'a>(field: &'a str, known: &[&'static str]) -> &'a str {
    if known.contains(&field) {
        return field;
    }
    let bare = field.strip_prefix("r#").unwrap_or(field);
    let mut alike = known.iter().filter(|name| are_alike(name, bare));
    match (alike.next(), alike.next()) {
        (Some(name), None) => name,
        _ => bare,
    }
}

/// Whether the names differ only in case and separators.
fn are_alike(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase)
}
