//! Turns: which process fills a key. One does, and the others wait for the entry.

use std::time::Duration;

use redis::{Cmd, Value};

use super::{engine::RedisEngine, scripts::Script, store::RedisStore};
use crate::{
    cache::store::{contract::StoreError, entry::Entry, key::Key},
    deadline::Countdown,
};

/// How long a turn lasts unless it is extended, so that a process that has crashed is not waited for.
pub(in crate::cache) const TURN: Duration = Duration::from_secs(2);

/// For how long processes do not wait for each other after an outcome that could not be shared.
const UNSHARED: Duration = Duration::from_secs(1);

/// Tells the turn of a process from those of others.
pub(in crate::cache) type TurnToken = [u8; 16];

/// The answer to a process that asks for a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum TurnAnswer {
    Ours,
    /// Another process has it.
    Taken,
    /// The last outcome could not be shared: each process fills for itself.
    Unshared,
}

/// What happens to a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) enum TurnChange {
    Extend,
    /// It ends, and the entry is stored, or another process must try.
    End,
    /// It ends with an outcome that could not be shared.
    EndUnshared,
}

/// What is written without a caller that waits for it.
#[derive(Debug)]
pub(in crate::cache) enum BackgroundWrite {
    Put(Entry),
    Turn(Key, TurnToken, TurnChange),
}

impl BackgroundWrite {
    /// The bytes that it takes while it waits.
    pub(in crate::cache) fn size(&self) -> usize {
        match self {
            Self::Put(entry) => entry.size(),
            Self::Turn(key, ..) => key.as_bytes().len() + size_of::<Self>(),
        }
    }
}

impl RedisStore {
    /// Asks for the turn to fill a key.
    pub(in crate::cache) async fn take_turn(
        &self,
        key: &Key,
        token: &TurnToken,
        left: &Countdown,
    ) -> Result<TurnAnswer, StoreError> {
        let engine = &*self.engine;
        let (turn, millis) = (engine.keys.turn(key), TURN.as_millis());
        let command = |digest: &str| {
            let mut command = redis::cmd("EVALSHA");
            command.arg(digest).arg(1).arg(&turn).arg(&token[..]).arg(u64::try_from(millis).unwrap_or(u64::MAX));
            command
        };
        let answer = engine.call(|connection| command(connection.digest(Script::TakeTurn)), left).await?;
        match answer.reply {
            Value::Int(1) => Ok(TurnAnswer::Ours),
            Value::Int(0) => Ok(TurnAnswer::Taken),
            Value::Int(2) => Ok(TurnAnswer::Unshared),
            other => Err(engine.unexpected(other)),
        }
    }

    /// Writes in this order, in one round trip. Returns the number of entries that were not stored.
    pub(in crate::cache) async fn write_all(&self, writes: Vec<BackgroundWrite>) -> Result<usize, StoreError> {
        let (engine, left) = (&*self.engine, self.engine.invalidation_budget());
        let connection = engine.link.connection(&left).await?;
        let mut commands = redis::pipe();
        // Whether each command stores an entry.
        let mut are_puts = Vec::new();
        let mut not_stored: Vec<Key> = Vec::new();
        for write in writes {
            let is_put = matches!(write, BackgroundWrite::Put(_));
            let command = match write {
                BackgroundWrite::Put(entry) => {
                    let key = entry.key().clone();
                    match self.put_command(entry) {
                        Ok(Some(put)) => put.into_command(),
                        Ok(None) | Err(_) => {
                            not_stored.push(key);
                            continue;
                        }
                    }
                }
                BackgroundWrite::Turn(key, token, TurnChange::End) if not_stored.contains(&key) => {
                    end_turn(engine, connection.digest(Script::EndTurn), &key, token, TurnChange::EndUnshared)
                }
                BackgroundWrite::Turn(key, token, change) => {
                    end_turn(engine, connection.digest(Script::EndTurn), &key, token, change)
                }
            };
            are_puts.push(is_put);
            commands.add_command(command);
        }
        if are_puts.is_empty() {
            return Ok(not_stored.len());
        }
        let replies = engine.link.send_all(&connection, &commands, are_puts.len(), &left).await?;
        let mut lost = not_stored.len();
        let mut fault = None;
        for (reply, is_put) in replies.into_iter().zip(are_puts) {
            if let Err(error) = reply.extract_error() {
                lost += usize::from(is_put);
                fault = Some(error);
            }
        }
        match fault {
            Some(error) => drop(engine.write_failed(engine.link.refused(&connection, error))),
            None => engine.written(),
        }
        Ok(lost)
    }
}

fn end_turn(engine: &RedisEngine, digest: &str, key: &Key, token: TurnToken, change: TurnChange) -> Cmd {
    let mut command = redis::cmd("EVALSHA");
    command.arg(digest).arg(1).arg(engine.keys.turn(key)).arg(&token[..]);
    match change {
        TurnChange::Extend => command.arg(TURN.as_millis().to_string()),
        TurnChange::End => command.arg(""),
        TurnChange::EndUnshared => command.arg("unshared").arg(UNSHARED.as_millis().to_string()),
    };
    command
}
