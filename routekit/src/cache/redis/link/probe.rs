//! What shows that a server accepts the commands of a cache.

use redis::{Cmd, Pipeline};

use super::connect::RedisConnection;
use crate::cache::redis::{key_layout::KeyLayout, scripts::Script};

/// The commands that a server must accept before a connection to it is used.
pub(super) struct WriteProbe(KeyLayout);

impl WriteProbe {
    pub(super) fn new(keys: &KeyLayout) -> Self {
        Self(keys.clone())
    }

    /// The commands, and how many there are.
    pub(super) fn commands(&self, connection: &RedisConnection) -> (Pipeline, usize) {
        let mut commands = redis::pipe();
        commands.add_command(write_probe(&self.0));
        if !connection.server.is_cluster {
            return (commands, 1);
        }
        // While a slot moves, a command with one key may succeed, and a script with two is refused: each attempt would
        // seem to succeed, and the next command would end that.
        let mut check = redis::cmd("EVALSHA");
        check.arg(connection.digest(Script::Check)).arg(2).arg(&self.0.clock).arg(&self.0.before);
        check.arg(&connection.server.run_id).arg("").arg(0).arg("no entry");
        commands.add_command(check);
        (commands, 2)
    }
}

/// A write that leaves nothing behind.
pub(in crate::cache::redis) fn write_probe(keys: &KeyLayout) -> Cmd {
    redis::cmd("SET").arg(&keys.probe).arg("").arg("PX").arg(1000).to_owned()
}
