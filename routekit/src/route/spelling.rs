//! The parsed text of placeholders, because a client may write `/users/07` for user 7.
//!
//! Tags contain placeholders. With the text of the URL, `user:07` and `user:7` would be different tags, and an entry
//! that was requested with one spelling would survive an invalidation with the other. So for each placeholder in a tag,
//! generated code records how its parsed value is displayed.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
};

use http::Extensions;

/// The displayed placeholders of one request, by name, in the request's extensions. Clones share one list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spellings(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Spellings {
    /// Returns all placeholders so far.
    pub(crate) fn told(&self) -> Vec<(&'static str, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, name: &'static str, value: &impl Display) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((name, value.to_string()));
    }
}

/// The value of a placeholder. Generated code calls `spell` on a reference to it, and method lookup selects
/// [`SpellDisplay`] for types that implement `Display` and [`SpellNothing`] for all others.
#[derive(Debug)]
pub struct Spell<'a, T>(pub &'a T);

/// For types that implement `Display`.
pub trait SpellDisplay {
    /// Adds the displayed value to the request's list, if there is one.
    fn spell(&self, extensions: &Extensions, name: &'static str);
}

impl<T: Display> SpellDisplay for Spell<'_, T> {
    fn spell(&self, extensions: &Extensions, name: &'static str) {
        if let Some(spellings) = extensions.get::<Spellings>() {
            spellings.tell(name, self.0);
        }
    }
}

/// For all other types.
pub trait SpellNothing {
    /// Does nothing: the tag contains the text of the URL.
    fn spell(&self, _extensions: &Extensions, _name: &'static str) {}
}

impl<T> SpellNothing for &Spell<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    struct Opaque;

    #[test]
    fn displayed_values_are_listed() {
        let (mut extensions, spellings) = (Extensions::new(), Spellings::default());
        extensions.insert(spellings.clone());
        Spell(&7_u64).spell(&extensions, "id");
        (&Spell(&Opaque)).spell(&extensions, "other");
        assert_eq!(spellings.told(), [("id", "7".to_owned())]);
    }
}
