//! What to write if a dependency is missing.

use super::container::Deps;

/// Says that `wanted` is not provided as a dependency, and what to write.
pub(crate) fn missing_dependency(wanted: &str, provided: &Deps) -> String {
    let fix = match Wrapped::of(wanted, provided) {
        Some(Wrapped::In("Arc")) => format!("write `{}` in place of `.provide(…)`", shared(wanted, "…")),
        Some(Wrapped::In("Box")) if is_unsized(wanted) => {
            format!("write `{}` in place of `.provide(…)`", shared(wanted, "Arc::from(…)"))
        }
        Some(Wrapped::In(_)) => PROVIDE_INSIDE.to_owned(),
        Some(Wrapped::Inside(inside)) => format!("write `Dep<{inside}>`, which is an `Arc` already"),
        None => return format!("`{wanted}` is not provided; {}", provide(wanted)),
    };
    but_provided(wanted, provided, &fix)
}

/// Says that `wanted` is not provided as the state of a route, and what to write.
pub(crate) fn missing_state(wanted: &str, provided: &Deps) -> String {
    let fix = match Wrapped::of(wanted, provided) {
        Some(Wrapped::In(_)) => PROVIDE_INSIDE,
        Some(Wrapped::Inside(_)) => "write `.provide(Arc::new(…))`",
        None => return format!("the state `{wanted}` is not provided; {}", provide(wanted)),
    };
    format!("the state {}", but_provided(wanted, provided, fix))
}

const PROVIDE_INSIDE: &str = "provide the value inside";

/// Smart pointers, by their full and short names.
const POINTERS: [(&str, &str); 3] =
    [("alloc::sync::Arc<", "Arc"), ("alloc::boxed::Box<", "Box"), ("routekit::deps::dep::Dep<", "Dep")];

/// How a type that is provided differs from the one that is wanted.
enum Wrapped<'a> {
    /// It is provided in this pointer.
    In(&'static str),
    /// It is wanted in an `Arc`, and this type is provided.
    Inside(&'a str),
}

impl<'a> Wrapped<'a> {
    fn of(wanted: &'a str, provided: &Deps) -> Option<Self> {
        let is_provided = |type_name: &str| provided.type_names().any(|provided| provided == type_name);
        let pointer = POINTERS.into_iter().find(|(pointer, _)| is_provided(&format!("{pointer}{wanted}>")));
        let inside = wanted.strip_prefix(POINTERS[0].0).and_then(|rest| rest.strip_suffix('>'));
        let inside = inside.filter(|inside| is_provided(inside)).map(Self::Inside);
        pointer.map(|(_, short)| Self::In(short)).or(inside)
    }
}

fn but_provided(wanted: &str, provided: &Deps, fix: &str) -> String {
    let actual = match Wrapped::of(wanted, provided) {
        Some(Wrapped::In(pointer)) => format!("{pointer}<{wanted}>"),
        Some(Wrapped::Inside(inside)) => inside.to_owned(),
        None => String::new(),
    };
    format!("`{wanted}` is not provided, but `{actual}` is; {fix}")
}

/// ``add `.provide(…)` to the app``
pub(super) fn provide(wanted: &str) -> String {
    let call = if is_unsized(wanted) { shared(wanted, "Arc::new(…)") } else { ".provide(…)".to_owned() };
    format!("add `{call}` to the app")
}

/// The call of `provide_shared` with this value.
fn shared(wanted: &str, value: &str) -> String {
    let type_of_value = if is_unsized(wanted) { format!("::<{wanted}>") } else { String::new() };
    format!(".provide_shared{type_of_value}({value})")
}

/// Whether a value of this type only exists behind a pointer.
fn is_unsized(type_name: &str) -> bool {
    let is_slice = type_name.starts_with('[') && !type_name.contains("; ");
    type_name.starts_with("dyn ") || type_name == "str" || is_slice
}
