//! Matches Rust's names of fields with serde's.

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
pub(super) fn are_alike(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase)
}
