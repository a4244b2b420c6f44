//! The commands to circuit breakers that act on all processes.

use std::{collections::BTreeMap, sync::Arc};

use redis::Value;

use super::{engine::RedisEngine, link::RedisConnection, scripts::Script, wire::digits::digits};
use crate::{
    base::printable::Chain,
    cache::store::contract::StoreError,
    deadline::Countdown,
    shared_commands::{CommandFuture, CommandServer, RecordedCommand, SharedCommand},
};

/// The commands under the prefix of a store.
pub(super) struct RedisCommands(pub(super) Arc<RedisEngine>);

impl RedisCommands {
    async fn call(&self, commands: &[SharedCommand]) -> Result<BTreeMap<String, RecordedCommand>, StoreError> {
        let engine = &*self.0;
        let key = &engine.keys.commands;
        let reply = if commands.is_empty() {
            let command = |_: &RedisConnection| redis::cmd("HGETALL").arg(key).to_owned();
            engine.call(command, &Countdown::new(engine.link.budget())).await?.reply
        } else {
            let command = |connection: &RedisConnection| {
                let mut call = redis::cmd("EVALSHA");
                call.arg(connection.digest(Script::Command)).arg(1).arg(key);
                for SharedCommand { breaker, number, mode } in commands {
                    call.arg(breaker).arg(number.map_or_else(String::new, |number| number.to_string())).arg(mode);
                }
                call
            };
            // A command that was sent twice is only newer.
            engine.call(command, &engine.invalidation_budget()).await?.reply
        };
        match reply {
            Value::Array(values) => Ok(values.as_chunks::<2>().0.iter().filter_map(recorded).collect()),
            other => Err(engine.unexpected(other)),
        }
    }
}

/// A field of the hash. What cannot be read counts as missing.
fn recorded([breaker, value]: &[Value; 2]) -> Option<(String, RecordedCommand)> {
    let (Value::BulkString(breaker), Value::BulkString(value)) = (breaker, value) else { return None };
    let (number, mode) = value.split_first_chunk::<16>()?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    Some((text(breaker)?, RecordedCommand { number: digits(number)?, mode: text(mode)? }))
}

impl CommandServer for RedisCommands {
    fn exchange<'a>(&'a self, commands: &'a [SharedCommand]) -> CommandFuture<'a> {
        Box::pin(async move { self.call(commands).await.map_err(|error| Chain(&error).to_string()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_hash_are_read() {
        let read = |value: &str| recorded(&["bank", value].map(|text| Value::BulkString(text.as_bytes().to_vec())));
        let expected = RecordedCommand { number: 1_764_000_000_000_000, mode: "forced_open".to_owned() };
        assert_eq!(read("1764000000000000forced_open"), Some(("bank".to_owned(), expected)));
        for damaged in ["", "forced_open", "176400000000000xforced_open"] {
            assert_eq!(read(damaged), None, "{damaged}");
        }
    }
}
