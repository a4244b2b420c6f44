use std::{error::Error, fmt};

use super::machine::Open;
use crate::problem::Problem;

/// The error of a call through a circuit breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError<E> {
    /// The breaker is open: the call was not made.
    Open(Open),
    /// The call was made and failed with this error.
    Failed(E),
}

impl<E> CallError<E> {
    /// Returns the error of the call itself, or `None` if the call was not made.
    pub fn into_failed(self) -> Option<E> {
        match self {
            Self::Open(_) => None,
            Self::Failed(error) => Some(error),
        }
    }
}

impl<E> From<Open> for CallError<E> {
    fn from(open: Open) -> Self {
        Self::Open(open)
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(_) => f.write_str("the call was not made"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// The [`source`](Error::source) of `CallError::Open` is the [`Open`].
impl<E: Error + 'static> Error for CallError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open(open) => Some(open),
            Self::Failed(error) => error.source(),
        }
    }
}

/// An open breaker becomes a 503 with `Retry-After`. If the call failed with a [`Problem`], the result is that problem;
/// any other error becomes a 500.
impl<E: Into<Box<dyn Error + Send + Sync>>> From<CallError<E>> for Problem {
    fn from(error: CallError<E>) -> Self {
        match error {
            CallError::Open(open) => open.into(),
            CallError::Failed(error) => match error.into().downcast::<Problem>() {
                Ok(problem) => *problem,
                Err(error) => Self::internal(error),
            },
        }
    }
}
