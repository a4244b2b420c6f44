//! What goes wrong with values.

use std::{any::type_name, error::Error, fmt};

use super::stored::Unreadable;
use crate::{cache::StoreError, printable::Printable};

/// A value that could not be read, or not be kept. It says the key, and nothing of the value.
#[derive(Debug)]
#[non_exhaustive]
pub enum ValueError {
    /// The store failed.
    Store(StoreError),
    /// It cannot be written in the format that was asked for.
    Encode(EncodeError),
    /// What is kept under the key is not of the type that was asked for.
    Decode(DecodeError),
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::Decode(error) => error.fmt(f),
        }
    }
}

impl Error for ValueError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::Encode(error) => error.source(),
            Self::Decode(error) => error.source(),
        }
    }
}

impl From<StoreError> for ValueError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<EncodeError> for ValueError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<DecodeError> for ValueError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

/// A value that cannot be written in its format: a map whose keys are no strings as JSON, say.
#[derive(Debug)]
pub struct EncodeError {
    key: String,
    cause: Box<dyn Error + Send + Sync>,
}

impl EncodeError {
    pub(super) fn new(key: &str, cause: Box<dyn Error + Send + Sync>) -> Self {
        Self { key: key.to_owned(), cause }
    }

    /// The key, as the program writes it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value for `{}` cannot be written", Printable(&self.key))
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}

/// What is kept under a key and is not of the type that was asked for.
///
/// Without the cause, which would quote what is kept.
#[derive(Debug)]
pub struct DecodeError {
    key: String,
    wanted: &'static str,
    why: Unreadable,
}

impl DecodeError {
    pub(super) fn new<T>(key: &str, why: Unreadable) -> Self {
        Self { key: key.to_owned(), wanted: type_name::<T>(), why }
    }

    /// The key, as the program writes it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value under `{}` is no `{}`: {}", Printable(&self.key), self.wanted, self.why)
    }
}

impl Error for DecodeError {}
