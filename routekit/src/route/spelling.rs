//! How placeholders are spelt once they are parsed: a client may write `/users/07`, and means user 7.
//!
//! Tags are made from placeholders. Made from the URL alone, `user:07` would be another tag than `user:7`, and an entry that was
//! asked for by one spelling would outlive an invalidation by the other. So generated code tells the policies, for each
//! placeholder that a tag names, how its parsed value shows itself.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
};

use http::Extensions;

/// How placeholders of one request are spelt, by name. A clone is the same list; it travels in the request's extensions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spellings(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Spellings {
    /// What was told so far.
    pub(crate) fn told(&self) -> Vec<(&'static str, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, name: &'static str, value: &impl Display) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((name, value.to_string()));
    }
}

/// The value of a placeholder. Generated code calls `spell` on a reference to it: by method lookup, a type that shows itself does so,
/// and of any other nothing is told.
#[derive(Debug)]
pub struct Spell<'a, T>(pub &'a T);

/// Of types that show themselves.
pub trait SpellDisplay {
    /// Tells whoever wants to know.
    fn spell(&self, extensions: &Extensions, name: &'static str);
}

impl<T: Display> SpellDisplay for Spell<'_, T> {
    fn spell(&self, extensions: &Extensions, name: &'static str) {
        if let Some(spellings) = extensions.get::<Spellings>() {
            spellings.tell(name, self.0);
        }
    }
}

/// Of types that do not.
pub trait SpellNothing {
    /// Does nothing: the URL's spelling is all there is.
    fn spell(&self, _extensions: &Extensions, _name: &'static str) {}
}

impl<T> SpellNothing for &Spell<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    struct Opaque;

    #[test]
    fn what_shows_itself_is_told() {
        let (mut extensions, spellings) = (Extensions::new(), Spellings::default());
        extensions.insert(spellings.clone());
        Spell(&7_u64).spell(&extensions, "id");
        (&Spell(&Opaque)).spell(&extensions, "other");
        assert_eq!(spellings.told(), [("id", "7".to_owned())]);
    }
}
