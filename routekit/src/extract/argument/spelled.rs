//! Placeholders that a tag contains, whose displayed values are recorded.

use std::{fmt::Display, marker::PhantomData};

use axum::response::Response;
use http::Extensions;

use super::{Argument, Head};
use crate::route::{Context, spelling::Spellings};

/// An argument whose value is recorded.
#[derive(Debug)]
pub struct Spelled<A, T> {
    argument: A,
    name: &'static str,
    spell: fn(&Extensions, &'static str, &T),
}

impl<A: Argument<S, Value = T>, T: Send, S: Sync> Argument<S> for Spelled<A, T> {
    type Value = T;

    async fn extract(self, head: &mut Head, context: &Context<S>) -> Result<T, Response> {
        let value = self.argument.extract(head, context).await?;
        (self.spell)(&head.parts.extensions, self.name, &value);
        Ok(value)
    }
}

/// The type of a placeholder. Generated code calls `spelled` on a reference to it, and method lookup selects
/// [`SpellDisplay`] for types that implement `Display` and [`SpellNothing`] for all others.
#[derive(Debug)]
pub struct Spell<T>(PhantomData<fn() -> T>);

impl<T> Spell<T> {
    /// Names the type.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// For types that implement `Display`.
pub trait SpellDisplay<T> {
    /// Adds the displayed value to the request's list, if there is one.
    fn spelled<A>(&self, argument: A, name: &'static str) -> Spelled<A, T>;
}

impl<T: Display> SpellDisplay<T> for Spell<T> {
    fn spelled<A>(&self, argument: A, name: &'static str) -> Spelled<A, T> {
        Spelled { argument, name, spell }
    }
}

fn spell<T: Display>(extensions: &Extensions, name: &'static str, value: &T) {
    if let Some(spellings) = extensions.get::<Spellings>() {
        spellings.tell(name, value);
    }
}

/// For all other types.
pub trait SpellNothing {
    /// Does nothing: the tag contains the text of the URL.
    fn spelled<A>(&self, argument: A, _name: &'static str) -> A {
        argument
    }
}

impl<T> SpellNothing for &Spell<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    struct Opaque;

    #[test]
    fn displayed_values_are_listed() {
        let (mut extensions, spellings) = (Extensions::new(), Spellings::default());
        extensions.insert(spellings.clone());
        let spelled = Spell::<u64>::new().spelled((), "id");
        (spelled.spell)(&extensions, spelled.name, &7);
        let () = (&Spell::<Opaque>::new()).spelled((), "other");
        assert_eq!(spellings.told(), [("id", "7".to_owned())]);
    }
}
