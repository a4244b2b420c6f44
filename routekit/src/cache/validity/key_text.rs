//! The text of a key that patterns match.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::cache::{headers::percent, validity::glob::Glob};

/// The text of a cache key that patterns match: the partition, the path, and the query.
///
/// For a value of a program, the path is the key as the program writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cache) struct KeyText {
    pub(in crate::cache) partition: String,
    pub(in crate::cache) path: String,
    /// With its `?`, its pairs sorted by name.
    pub(in crate::cache) query: String,
}

impl KeyText {
    /// Whether `pattern`, applied within `partition`, matches.
    pub(in crate::cache) fn matches(&self, partition: &str, pattern: &Glob) -> bool {
        if self.partition != partition {
            return false;
        }
        let path = self.decoded_path();
        if pattern.has_query() {
            return pattern.matches(&format!("{path}{}", percent::normalised(&self.query)));
        }
        pattern.matches(&path)
    }

    /// The path as a handler reads it, in whatever way it is spelt.
    pub(in crate::cache) fn decoded_path(&self) -> Cow<'_, str> {
        percent::decoded(&self.path)
    }
}
