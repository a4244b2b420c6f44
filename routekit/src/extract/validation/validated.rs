//! The bound of input types.

use serde::de::DeserializeOwned;
use validator::{Validate, ValidationErrors};

/// A type that can be parsed from a request and validated: all types that derive `Deserialize` and
/// [`Validate`](crate::Validate).
///
/// Types with `validator`'s own derive are included.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted from a request: it must derive `Deserialize` and `Validate`",
    label = "does not derive both `Deserialize` and `Validate`",
    note = "add `#[derive(serde::Deserialize, routekit::Validate)]` to `{Self}`",
    note = "a path parameter needs neither: name the argument like its placeholder, `id: Uuid`",
    note = "to validate nothing, use axum's own `routekit::axum::Json<T>` or `routekit::axum::extract::Query<T>`"
)]
pub trait Validated: DeserializeOwned {
    /// Checks the rules of the type.
    #[doc(hidden)]
    fn check_rules(&self) -> Result<(), RuleErrors>;
}

impl<T: DeserializeOwned + Validate> Validated for T {
    fn check_rules(&self) -> Result<(), RuleErrors> {
        self.validate().map_err(RuleErrors)
    }
}

/// The broken rules of a value. Opaque, so that `validator` is not part of the trait's signature.
#[derive(Debug)]
pub struct RuleErrors(pub(super) ValidationErrors);
