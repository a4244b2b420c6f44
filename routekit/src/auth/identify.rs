//! A function that knows who is asking.

use std::any::type_name;

use http::request::Parts;

use super::{Verifier, VerifyError};
use crate::identity::Identity;

/// An async function from a request to who sent it. (A trait of its own because nothing else says of an async closure that its
/// future may be sent to another thread.)
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no async function from a request to an `Option<Identity>`",
    note = "one that captures something hands its future a clone: see `App::identify`"
)]
pub trait IdentifyBy<'a>: Send + Sync + 'static {
    /// Its future.
    type Future: Future<Output = Option<Identity>> + Send + 'a;

    /// Calls it.
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
