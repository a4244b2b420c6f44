//! Where a list of keys comes from.

use std::{error::Error, future::Future, pin::Pin};

use bytes::Bytes;

/// Fetches the list. `Jwks` decides when, gives up after five seconds, and asks no second time before the first is done.
pub trait KeySource: Send + Sync + 'static {
    /// The list, as JSON (RFC 7517 §5).
    ///
    /// # Errors
    /// It cannot be had. The error is logged.
    fn fetch(&self) -> impl Future<Output = Result<Bytes, FetchError>> + Send;

    /// What to call it in logs. Defaults to its type.
    fn name(&self) -> String {
        std::any::type_name::<Self>().to_owned()
    }
}

pub(super) type FetchError = Box<dyn Error + Send + Sync>;

/// A [`KeySource`] whose type is not known.
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

/// Stands in where the URL is none; the app does not start with it.
pub(super) struct Nowhere;

impl KeySource for Nowhere {
    async fn fetch(&self) -> Result<Bytes, FetchError> {
        Err("the URL is none".into())
    }
}
