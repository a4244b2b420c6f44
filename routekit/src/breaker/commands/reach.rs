//! Which processes a command acts on.

/// The processes that a command acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "commands reach other processes through Redis"))]
pub(crate) enum CommandReach {
    /// This one only, as it is configured.
    ThisProcess,
    /// All: it is recorded for those that do not know it yet.
    AllProcesses,
    /// This one, and the others once the server can be reached.
    OthersLater,
}
