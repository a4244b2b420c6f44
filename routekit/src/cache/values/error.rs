//! Errors of values.

use std::{any::type_name, error::Error, fmt};

use crate::{
    base::printable::Printable,
    cache::{store::contract::StoreError, values::packed::Unreadable},
};

/// The error of reading or storing a value. The message names the key, and reveals nothing about the value.
#[derive(Debug)]
#[non_exhaustive]
pub enum ValueError {
    /// The store failed.
    Store(StoreError),
    /// The value cannot be serialised in its format.
    Encode(EncodeError),
    /// The value with the key does not have the requested type.
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

/// The error of a value that cannot be serialised in its format, such as a map whose keys are not strings as JSON.
#[derive(Debug)]
pub struct EncodeError {
    key: String,
    cause: Box<dyn Error + Send + Sync>,
}

impl EncodeError {
    pub(super) fn new(key: &str, cause: Box<dyn Error + Send + Sync>) -> Self {
        Self { key: key.to_owned(), cause }
    }

    /// Returns the key, as the program writes it.
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

/// The error of a value that does not have the requested type.
///
/// It has no source, which would quote the value.
#[derive(Debug)]
pub struct DecodeError {
    key: String,
    wanted: &'static str,
    cause: Unreadable,
}

impl DecodeError {
    pub(super) fn new<T>(key: &str, cause: Unreadable) -> Self {
        Self { key: key.to_owned(), wanted: type_name::<T>(), cause }
    }

    /// Returns the key, as the program writes it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value under `{}` is not a `{}`: {}", Printable(&self.key), self.wanted, self.cause)
    }
}

impl Error for DecodeError {}
