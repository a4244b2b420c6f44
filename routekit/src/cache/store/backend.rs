//! The store of a cache, as the engine uses it.

use std::{fmt, sync::Arc, time::Instant};

use crate::cache::{
    Target,
    store::{
        contract::{CacheStore, StoreSize},
        embedded::Embedded,
        key::Key,
        lookup::Lookup,
    },
};

/// The store of a cache: the embedded one, which answers at once, or another.
#[derive(Clone)]
pub(in crate::cache) enum Store {
    Embedded(Arc<Embedded>),
    Other(Arc<dyn CacheStore>),
}

impl Store {
    /// What the embedded store has, and by what time; `None` where one has to wait for an answer.
    pub(in crate::cache) fn lookup_now(&self, key: &Key) -> Option<(Lookup, Instant)> {
        match self {
            Self::Embedded(embedded) => Some(embedded.get(key)),
            Self::Other(_) => None,
        }
    }

    /// Whether that could be done at once.
    pub(in crate::cache) fn invalidate_now<'t>(&self, targets: impl IntoIterator<Item = &'t Target>) -> bool {
        match self {
            Self::Embedded(embedded) => {
                embedded.invalidate_now(targets);
                true
            }
            Self::Other(_) => false,
        }
    }

    /// How much the embedded store keeps; `None` where one has to wait for an answer.
    pub(in crate::cache) fn size_now(&self) -> Option<StoreSize> {
        match self {
            Self::Embedded(embedded) => Some(embedded.measured()),
            Self::Other(_) => None,
        }
    }

    /// As a store like any other.
    pub(in crate::cache) fn get(&self) -> &dyn CacheStore {
        match self {
            Self::Embedded(embedded) => &**embedded,
            Self::Other(other) => &**other,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded(_) => "Embedded",
            Self::Other(_) => "Other",
        })
    }
}
