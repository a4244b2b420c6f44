//! The Lua scripts. Redis runs each atomically.

/// A script that is loaded when a connection opens, and then called by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// Checks an entry against the state.
    Check,
    /// Records an invalidation and publishes it.
    Invalidate,
    /// Begins an epoch.
    Begin,
    /// Claims a key.
    Claim,
    /// Replaces or removes a claim.
    Swap,
    /// Takes the turn to fill a key.
    TakeTurn,
    /// Ends or extends a turn.
    EndTurn,
    /// Takes a request from the quotas of rate limits.
    Limit,
    /// Records commands to circuit breakers.
    Command,
}

impl Script {
    pub(super) const ALL: [Self; 9] = [
        Self::Check,
        Self::Invalidate,
        Self::Begin,
        Self::Claim,
        Self::Swap,
        Self::TakeTurn,
        Self::EndTurn,
        Self::Limit,
        Self::Command,
    ];

    /// The text of the script.
    pub(super) fn text(self) -> &'static str {
        macro_rules! with_state {
            ($file:literal) => {
                concat!(include_str!("state.lua"), include_str!($file))
            };
        }
        match self {
            Self::Check => with_state!("check.lua"),
            Self::Invalidate => with_state!("invalidate.lua"),
            Self::Begin => with_state!("begin.lua"),
            Self::Claim => include_str!("claim.lua"),
            Self::Swap => include_str!("swap.lua"),
            Self::TakeTurn => include_str!("take_turn.lua"),
            Self::EndTurn => include_str!("end_turn.lua"),
            Self::Limit => include_str!("limit.lua"),
            Self::Command => include_str!("command.lua"),
        }
    }

    /// The text for servers that know flags of scripts, Redis 7 and Valkey, if the script has any.
    pub(super) fn flagged_text(self) -> Option<&'static str> {
        match self {
            // The response to a request that was processed is worth more than the bound of the memory.
            Self::Swap => Some(concat!("#!lua flags=allow-oom\n", include_str!("swap.lua"))),
            // Operators may need it just then.
            Self::Command => Some(concat!("#!lua flags=allow-oom\n", include_str!("command.lua"))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Redis 6 takes no first line such as `#!lua`, and `tostring` of a number loses digits.
    #[test]
    fn scripts_run_on_redis_6_and_keep_all_digits() {
        for script in Script::ALL {
            let text = script.text();
            assert!(!text.starts_with('#') && !text.contains("tostring("), "{script:?}");
            let is_published = text.contains("redis.call('PUBLISH'");
            assert_eq!(is_published, text.contains("local function read_state()"), "{script:?}");
        }
    }
}
