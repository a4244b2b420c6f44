//! The parsed text of placeholders, because a client may write `/users/07` for user 7.
//!
//! Tags contain placeholders. With the text of the URL, `user:07` and `user:7` would be different tags, and an entry
//! that was requested with one spelling would survive an invalidation with the other. So for each placeholder in a tag,
//! generated code records how its parsed value is displayed.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
};

/// The displayed placeholders of one request, by name, in the request's extensions. Clones share one list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spellings(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Spellings {
    /// Returns all placeholders so far.
    pub(crate) fn told(&self) -> Vec<(&'static str, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds one.
    pub(crate) fn tell(&self, name: &'static str, value: &impl Display) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((name, value.to_string()));
    }
}
