//! The error of settings that cannot be used.

use std::{error::Error, fmt};

/// The error of a setting of a [`RedisStore`](crate::cache::RedisStore) that cannot be used.
///
/// It contains no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisSettingsError {
    setting: &'static str,
    reason: String,
}

impl RedisSettingsError {
    pub(super) fn new(setting: &'static str, reason: impl Into<String>) -> Self {
        Self { setting, reason: reason.into() }
    }

    /// Returns the name of the setting, as the method of [`RedisStoreBuilder`](crate::cache::RedisStoreBuilder) is
    /// called: `url` or `prefix`.
    #[must_use]
    pub fn setting(&self) -> &str {
        self.setting
    }

    /// Returns what is wrong with the value.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for RedisSettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} of Redis cannot be used: {}", self.setting, self.reason)
    }
}

impl Error for RedisSettingsError {}
