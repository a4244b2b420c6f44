//! The source of a key set.

use std::{error::Error, future::Future, pin::Pin};

use bytes::Bytes;

/// Fetches a key set.
///
/// [`Jwks`](super::Jwks) decides when to fetch. It gives up after five seconds, and it never runs two fetches at once.
pub trait KeySource: Send + Sync + 'static {
    /// Returns the key set as JSON (RFC 7517 §5).
    ///
    /// # Errors
    /// If the key set cannot be fetched. The error is logged.
    fn fetch(&self) -> impl Future<Output = Result<Bytes, FetchError>> + Send;

    /// Returns the name in logs. Defaults to the name of the type.
    fn name(&self) -> String {
        std::any::type_name::<Self>().to_owned()
    }
}

pub(super) type FetchError = Box<dyn Error + Send + Sync>;

/// An object-safe [`KeySource`].
pub(super) trait AnySource: Send + Sync {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = Result<Bytes, FetchError>> + Send + '_>>;
    fn name(&self) -> String;
}

impl<S: KeySource> AnySource for S {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = Result<Bytes, FetchError>> + Send + '_>> {
        Box::pin(KeySource::fetch(self))
    }

    fn name(&self) -> String {
        KeySource::name(self)
    }
}

/// Source of an invalid URL, with which the app does not start.
pub(super) struct Nowhere;

impl KeySource for Nowhere {
    async fn fetch(&self) -> Result<Bytes, FetchError> {
        Err("the URL of the keys is not valid".into())
    }
}
