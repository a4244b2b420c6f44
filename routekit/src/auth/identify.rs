//! A function as a verifier.

use std::any::type_name;

use http::request::Parts;

use super::verifier::{Verifier, VerifyError};
use crate::identity::Identity;

/// An async function from a request to the client's identity, for [`App::identify`](crate::App::identify).
///
/// It is a separate trait because a bound on an async closure cannot require that its future is `Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an async function from a request to an `Option<Identity>`",
    note = "a closure that captures values moves clones of them into its future: see `App::identify`"
)]
pub trait IdentifyBy<'a>: Send + Sync + 'static {
    /// The future that the function returns.
    type Future: Future<Output = Option<Identity>> + Send + 'a;

    /// Calls the function.
    fn identify(&self, request: &'a Parts) -> Self::Future;
}

impl<'a, F, R> IdentifyBy<'a> for F
where
    F: Fn(&'a Parts) -> R + Send + Sync + 'static,
    R: Future<Output = Option<Identity>> + Send + 'a,
{
    type Future = R;

    fn identify(&self, request: &'a Parts) -> R {
        self(request)
    }
}

/// The verifier of [`App::identify`](crate::App::identify).
pub(crate) struct Identify<F>(pub(crate) F);

impl<F> Verifier for Identify<F>
where
    F: for<'a> IdentifyBy<'a>,
{
    fn name(&self) -> String {
        type_name::<F>().to_owned()
    }

    async fn verify(&self, request: &Parts) -> Result<Option<Identity>, VerifyError> {
        Ok(self.0.identify(request).await)
    }
}
