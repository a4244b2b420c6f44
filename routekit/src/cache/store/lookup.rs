//! What a store answers for a key.

use std::sync::Arc;

use crate::cache::{
    store::{stored_response::StoredResponse, variants::Variants},
    validity::stamp::Stamp,
};

/// What a store has for a key. Each variant carries the stamp for a response that is computed from now on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Lookup {
    /// A valid response that is fresh.
    Hit(Arc<StoredResponse>, Stamp),
    /// A valid response that is stale, and is still kept.
    Stale(Arc<StoredResponse>, Stamp),
    /// The responses of this key vary by request headers: look up the key of the variant.
    VariesBy(Arc<Variants>, Stamp),
    /// Nothing that can be used.
    Miss(Stamp),
}

impl Lookup {
    /// The response, fresh or stale.
    #[must_use]
    pub fn response(&self) -> Option<&Arc<StoredResponse>> {
        match self {
            Self::Hit(response, _) | Self::Stale(response, _) => Some(response),
            Self::VariesBy(..) | Self::Miss(_) => None,
        }
    }

    /// The stamp for a response that is computed from now on.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        match self {
            Self::Hit(_, stamp) | Self::Stale(_, stamp) | Self::VariesBy(_, stamp) | Self::Miss(stamp) => *stamp,
        }
    }
}
