//! A warning of the compiler about rules that do not run.

use std::marker::PhantomData;

use validator::Validate;

/// The type of a field without `nested`. `#[derive(Validate)]` calls `warn_of_rules`, and method lookup selects
/// [`HasRules`], whose method is deprecated, if the type has rules.
#[derive(Debug)]
pub struct Unchecked<T>(PhantomData<fn() -> T>);

impl<T> Unchecked<T> {
    /// Names the type.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// For types that implement `Validate`.
pub trait HasRules {
    /// Makes the compiler warn.
    #[deprecated(note = "the rules of this field's type do not run; write `#[validate(nested)]`, or \
                         `#[validate(skip)]` if they should not")]
    fn warn_of_rules(&self) {}
}

impl<T: Validate> HasRules for &Unchecked<T> {}

/// For all other types.
pub trait HasNoRules {
    /// Does nothing.
    fn warn_of_rules(&self) {}
}

impl<T> HasNoRules for Unchecked<T> {}
