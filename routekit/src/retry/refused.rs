use std::{error::Error, io};

use crate::breaker::Open;

/// Returns the refusal of an open breaker if it is `error` itself or one of its sources.
pub(super) fn by_breaker(error: &(dyn Error + 'static)) -> Option<Open> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(open) = error.downcast_ref::<Open>() {
            return Some(*open);
        }
        // `source` of an I/O error skips the error that it wraps.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map(|error| error as _).or_else(|| error.source());
    }
    None
}

#[cfg(test)]
mod tests {
    use std::{fmt, time::Duration};

    use super::*;
    use crate::{breaker::CallError, retry::RetryError};

    fn open() -> Open {
        Open::for_test(Duration::from_secs(1))
    }

    #[test]
    fn open_breaker_is_found_among_all_sources() {
        let failed = RetryError::Failed { error: CallError::<fmt::Error>::Open(open()), attempts: 1 };
        let rows: [(&str, &(dyn Error + 'static), bool); 7] = [
            ("itself", &open(), true),
            ("a call's", &CallError::<fmt::Error>::Open(open()), true),
            ("a call's call's", &CallError::Failed(CallError::<fmt::Error>::Open(open())), true),
            ("a retry's within", &failed, true),
            ("an I/O error's", &io::Error::other(open()), true),
            ("a call that was made", &CallError::Failed(fmt::Error), false),
            ("an I/O error of the system", &io::Error::from(io::ErrorKind::TimedOut), false),
        ];
        for (name, error, expected) in rows {
            assert_eq!(by_breaker(error).is_some(), expected, "{name}");
        }
    }
}
