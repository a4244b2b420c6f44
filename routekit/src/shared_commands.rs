//! Commands to circuit breakers that act on all processes: what breakers need of a server that keeps them.

use std::{collections::BTreeMap, future::Future, pin::Pin};

/// A server that keeps the last command to each breaker, for all processes.
pub(crate) trait CommandServer: Send + Sync + 'static {
    /// Records commands, each unless a later one to the same breaker is recorded. Returns the last command to each
    /// breaker by its name, or why there is no answer. Then the commands may be recorded or not.
    fn exchange<'a>(&'a self, commands: &'a [SharedCommand]) -> CommandFuture<'a>;
}

/// The future of [`CommandServer::exchange`].
pub(crate) type CommandFuture<'a> =
    Pin<Box<dyn Future<Output = Result<BTreeMap<String, RecordedCommand>, String>> + Send + 'a>>;

/// A command, to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SharedCommand {
    pub(crate) breaker: String,
    /// `None` for a new command: the server makes it the last one.
    pub(crate) number: Option<u64>,
    pub(crate) mode: String,
}

/// A command as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedCommand {
    /// The time of the command, in microseconds since 1970. A later command to the same breaker has a higher one.
    pub(crate) number: u64,
    /// The mode that was commanded. Another version of routekit may know more modes.
    pub(crate) mode: String,
}
