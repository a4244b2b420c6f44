//! The dependencies that the type of an axum handler names.

use std::any::type_name;

use super::dep::Dep;

/// The types `T` of all `Dep<T>` among the extractors of a handler. `tuple` is the name of the type of its arguments,
/// as axum forms it: `(ViaParts, routekit::deps::dep::Dep<shop::Store>)`.
///
/// axum's `Handler` shows its extractors by no other means. An `Option<Dep<T>>` is not required.
pub(crate) fn taken_dependencies(tuple: &'static str) -> Vec<&'static str> {
    let Some(arguments) = tuple.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else { return Vec::new() };
    let start = type_name::<Dep<()>>().trim_end_matches("()>");
    let taken = split(arguments).into_iter().filter_map(|argument| argument.strip_prefix(start)?.strip_suffix('>'));
    taken.collect()
}

/// The types of a tuple.
fn split(arguments: &'static str) -> Vec<&'static str> {
    let (mut all, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut last = ' ';
    for (at, character) in arguments.char_indices() {
        match character {
            '<' | '(' | '[' => depth += 1,
            // Not the arrow of a function.
            '>' if last == '-' => {}
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                all.push(arguments[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        last = character;
    }
    all.push(arguments[start..].trim());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Store;

    #[test]
    fn dependencies_are_found_among_other_extractors() {
        type Function = fn(u8, Option<u8>) -> Vec<u8>;
        let store = type_name::<Store>();
        for (tuple, expected) in [
            (type_name::<((), Dep<Store>)>(), vec![store]),
            (
                type_name::<((), Dep<Option<(u8, u16)>>, String, Dep<Store>)>(),
                vec![type_name::<Option<(u8, u16)>>(), store],
            ),
            (
                type_name::<((), Dep<dyn Fn(u8) -> u8>, Function, Dep<Store>)>(),
                vec![type_name::<dyn Fn(u8) -> u8>(), store],
            ),
            (type_name::<((), Option<Dep<Store>>)>(), vec![]),
            (type_name::<((),)>(), vec![]),
            (type_name::<String>(), vec![]),
        ] {
            assert_eq!(taken_dependencies(tuple), expected, "{tuple}");
        }
    }
}
