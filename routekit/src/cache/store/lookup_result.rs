//! The result of a lookup.

use std::sync::Arc;

use crate::cache::{
    store::{stored_response::StoredResponse, variants::Variants},
    validity::stamp::Stamp,
};

/// The result of a lookup of a key. Each variant has the stamp of a response that is computed from now on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Lookup {
    /// A valid response that is fresh.
    Hit(Arc<StoredResponse>, Stamp),
    /// A valid response that is stale, and is still kept.
    Stale(Arc<StoredResponse>, Stamp),
    /// The responses of this key vary by request headers: look up the key of the variant.
    VariesBy(Arc<Variants>, Stamp),
    /// No usable entry.
    Miss(Stamp),
}

impl Lookup {
    /// Returns the response, fresh or stale.
    #[must_use]
    pub fn response(&self) -> Option<&Arc<StoredResponse>> {
        match self {
            Self::Hit(response, _) | Self::Stale(response, _) => Some(response),
            Self::VariesBy(..) | Self::Miss(_) => None,
        }
    }

    /// Returns the stamp of a response that is computed from now on.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        match self {
            Self::Hit(_, stamp) | Self::Stale(_, stamp) | Self::VariesBy(_, stamp) | Self::Miss(stamp) => *stamp,
        }
    }
}
