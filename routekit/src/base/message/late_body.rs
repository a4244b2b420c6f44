use std::{error::Error, fmt};

/// The error of a request body whose client sends it too slowly.
#[derive(Debug)]
pub(crate) struct LateBody;

impl LateBody {
    /// Whether this is the cause of `error`.
    pub(crate) fn is_cause_of(error: &(dyn Error + 'static)) -> bool {
        error.is::<Self>() || error.source().is_some_and(Self::is_cause_of)
    }
}

impl fmt::Display for LateBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client sent the request body too slowly")
    }
}

impl Error for LateBody {}
