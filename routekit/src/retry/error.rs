use std::{error::Error, fmt};

use super::refused;
use crate::problem::Problem;

/// The error of a call that failed despite its retries.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryError<E> {
    /// The last attempt failed.
    Failed {
        /// The error of the last attempt.
        error: E,
        /// The number of attempts, at least one.
        attempts: u32,
    },
    /// The last attempt took longer than [`attempt_timeout`](super::Retry::attempt_timeout).
    AttemptTimedOut {
        /// The number of attempts, at least one.
        attempts: u32,
    },
    /// The [`deadline`](super::Retry::deadline) passed during an attempt, or before the next one began.
    DeadlineExceeded {
        /// The number of attempts that were started.
        attempts: u32,
        /// The error of the previous attempt, if it failed with one.
        last_error: Option<E>,
    },
}

impl<E> RetryError<E> {
    /// Returns the number of attempts that were started.
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Failed { attempts, .. }
            | Self::AttemptTimedOut { attempts }
            | Self::DeadlineExceeded { attempts, .. } => *attempts,
        }
    }

    /// Returns the latest error of the call itself, if there is one.
    pub fn into_error(self) -> Option<E> {
        match self {
            Self::Failed { error, .. } => Some(error),
            Self::AttemptTimedOut { .. } => None,
            Self::DeadlineExceeded { last_error, .. } => last_error,
        }
    }
}

impl<E> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, attempts) = match self {
            Self::Failed { attempts, .. } => ("failed", attempts),
            Self::AttemptTimedOut { attempts } => ("timed out", attempts),
            Self::DeadlineExceeded { attempts, .. } => ("exceeded its deadline", attempts),
        };
        let plural = if *attempts == 1 { "" } else { "s" };
        write!(f, "the call {what} after {attempts} attempt{plural}")
    }
}

/// The [`source`](Error::source) is the error of the call.
impl<E: Error + 'static> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed { error, .. } => Some(error),
            Self::AttemptTimedOut { .. } => None,
            Self::DeadlineExceeded { last_error, .. } => last_error.as_ref().map(|error| error as _),
        }
    }
}

/// A refusal by an open circuit breaker becomes a 503 with `Retry-After`. Every other error becomes a 500.
impl<E: Error + Send + Sync + 'static> From<RetryError<E>> for Problem {
    fn from(error: RetryError<E>) -> Self {
        match refused::by_breaker(&error) {
            Some(open) => open.into(),
            None => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt::Error as Boom, time::Duration};

    use super::*;
    use crate::breaker::{CallError, Open};

    #[test]
    fn each_variant_has_its_message_and_source() {
        let rows: [(RetryError<Boom>, &str, u32, bool); 4] = [
            (RetryError::Failed { error: Boom, attempts: 1 }, "the call failed after 1 attempt", 1, true),
            (RetryError::AttemptTimedOut { attempts: 3 }, "the call timed out after 3 attempts", 3, false),
            (
                RetryError::DeadlineExceeded { attempts: 2, last_error: Some(Boom) },
                "the call exceeded its deadline after 2 attempts",
                2,
                true,
            ),
            (
                RetryError::DeadlineExceeded { attempts: 0, last_error: None },
                "the call exceeded its deadline after 0 attempts",
                0,
                false,
            ),
        ];
        for (error, text, attempts, has_source) in rows {
            assert_eq!(error.to_string(), text);
            assert_eq!(error.attempts(), attempts, "{text}");
            assert_eq!(error.source().is_some_and(|source| source.is::<Boom>()), has_source, "{text}");
            assert_eq!(error.into_error().is_some(), has_source, "{text}");
        }
    }

    #[test]
    fn open_breaker_becomes_503_and_other_errors_500() {
        let open = CallError::<fmt::Error>::Open(Open::for_test(Duration::from_secs(1)));
        let status = |error: RetryError<CallError<fmt::Error>>| Problem::from(error).status().as_u16();
        assert_eq!(status(RetryError::Failed { error: open, attempts: 1 }), 503);
        assert_eq!(status(RetryError::Failed { error: CallError::Failed(fmt::Error), attempts: 3 }), 500);
        assert_eq!(status(RetryError::AttemptTimedOut { attempts: 3 }), 500);
    }
}
