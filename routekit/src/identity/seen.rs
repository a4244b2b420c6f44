//! Records which identity a handler has extracted.

use std::sync::{Arc, Mutex, PoisonError};

use http::Extensions;

use super::identity::Identity;

/// The identity that the handler of a request has extracted. A cache adds it to the extensions of a request, because
/// inner layers may set an identity that the cache key does not contain.
#[derive(Debug, Clone, Default)]
pub(crate) struct SeenIdentity(Arc<Mutex<Option<Identity>>>);

impl SeenIdentity {
    /// The identity; `None` if the handler has extracted none.
    pub(crate) fn get(&self) -> Option<Identity> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The identity of a request, for its handler.
pub(super) fn see(extensions: &Extensions) -> Option<&Identity> {
    let identity = extensions.get::<Identity>()?;
    if let Some(SeenIdentity(seen)) = extensions.get() {
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.clone());
    }
    Some(identity)
}
