use std::{error::Error, fmt};

use super::Open;
use crate::problem::Problem;

/// Why a call through a circuit breaker came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError<E> {
    /// It was not made.
    Open(Open),
    /// It was made, and failed.
    Failed(E),
}

impl<E> CallError<E> {
    /// The error of the call itself, if it was made.
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

/// With the [`Open`] as its source, so that whoever walks the causes finds it.
impl<E: Error + 'static> Error for CallError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open(open) => Some(open),
            Self::Failed(error) => error.source(),
        }
    }
}

/// An open breaker is a 503 with `Retry-After`; a call that failed with a problem is that one, and with anything else it is internal, as any error is.
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
