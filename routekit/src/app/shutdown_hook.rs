//! Functions that run at the end of a shutdown.

use std::{error::Error, future::Future, panic::Location, pin::Pin, time::Duration};

use crate::base::setup_problem::SetupProblem;

/// A function that runs once, after the last request.
pub(super) struct ShutdownHook {
    pub(super) name: String,
    pub(super) budget: Duration,
    pub(super) run: Box<dyn FnOnce() -> HookFuture + Send>,
    pub(super) location: &'static Location<'static>,
}

pub(super) type HookFuture = Pin<Box<dyn Future<Output = Result<(), HookError>> + Send>>;

pub(super) type HookError = Box<dyn Error + Send + Sync>;

/// The output of a hook: nothing, or a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the output of a shutdown hook",
    note = "return nothing, or a `Result<(), E>` whose error implements `Error` or is a text"
)]
pub trait HookOutput: sealed::Sealed {
    #[doc(hidden)]
    fn outcome(self) -> Result<(), Box<dyn Error + Send + Sync>>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<E> Sealed for Result<(), E> {}
}

impl HookOutput for () {
    fn outcome(self) -> Result<(), HookError> {
        Ok(())
    }
}

impl<E: Into<HookError>> HookOutput for Result<(), E> {
    fn outcome(self) -> Result<(), HookError> {
        self.map_err(Into::into)
    }
}

impl ShutdownHook {
    /// Why it can never run, as a start-up problem.
    pub(super) fn problem(&self) -> Option<SetupProblem> {
        let reason = match () {
            () if self.name.trim().is_empty() => "its name is empty, so that no message could name it",
            () if self.budget.is_zero() => "its budget is zero, so that it would never run to its end",
            () => return None,
        };
        let message = format!("the shutdown hook `{}` at {}: {reason}", self.name, self.location);
        Some(SetupProblem::new("invalid-shutdown-hook", message).at(self.location.to_string()))
    }
}
