//! What happens while Redis is away.

use std::str::FromStr;

/// What a cache with memory in front of Redis does while Redis is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RedisFallback {
    /// Memory answers, and takes what handlers return, for at most 30 seconds each.
    #[default]
    Memory,
    /// Each request calls its handler.
    None,
}

impl RedisFallback {
    /// Returns the name, as in the setting `redis.fallback`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::None => "none",
        }
    }
}

impl FromStr for RedisFallback {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "memory" => Ok(Self::Memory),
            "none" => Ok(Self::None),
            _ => Err("must be `memory` or `none`"),
        }
    }
}
