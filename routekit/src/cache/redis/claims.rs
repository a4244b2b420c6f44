//! Claims of keys: which request has a key, and what becomes of a claim whose answer is lost.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use redis::{Cmd, Value};

use super::{
    engine::{CallReply, PAUSE, RedisEngine},
    link::RedisConnection,
    scripts::Script,
    store::RedisStore,
};
use crate::{
    base::{
        clock::Clock,
        printable::{Chain, Printable},
        spawner::sole_task::RunningTask,
    },
    cache::store::{claim::ClaimOutcome, contract::StoreError, key::Key},
    deadline::{Countdown, pause},
};

impl RedisStore {
    pub(in crate::cache) async fn claim_key(
        &self,
        key: &Key,
        record: &Bytes,
        keep_for: Duration,
        left: &Countdown,
    ) -> Result<ClaimOutcome, StoreError> {
        let engine = &*self.engine;
        let doubt = ClaimInDoubt { engine: &self.engine, key, record, may_exist: AtomicBool::new(false) };
        let command = |connection: &RedisConnection| {
            doubt.set(true);
            claim_command(connection, Script::Claim, engine, key).arg(&record[..]).arg(millis(keep_for)).to_owned()
        };
        let called = engine.call(command, left).await;
        let CallReply { reply, is_repeated } = called.inspect_err(|fault| doubt.set(fault.may_be_executed))?;
        let is_full = matches!(&reply, Value::ServerError(error) if error.code() == "OOM");
        // The claim may have been won before, when there still was room.
        doubt.set(is_full && is_repeated);
        match reply {
            Value::Nil => Ok(ClaimOutcome::Won),
            // The claim was won before, and the reply was lost.
            Value::BulkString(taken) if is_repeated && taken == record[..] => Ok(ClaimOutcome::Won),
            Value::BulkString(record) => Ok(ClaimOutcome::Taken(record.into())),
            _ if is_full => Ok(ClaimOutcome::Full),
            other => Err(engine.unexpected(other)),
        }
    }

    /// Replaces or removes a record that is still `held`. A removal that fails is repeated in the background.
    pub(super) async fn swap(
        &self,
        key: &Key,
        held: &Bytes,
        next: Option<&Bytes>,
        keep_for: Duration,
    ) -> Result<bool, StoreError> {
        let may_exist = AtomicBool::new(next.is_none());
        let doubt = ClaimInDoubt { engine: &self.engine, key, record: held, may_exist };
        let swapped = self.engine.swap(key, held, next.map(|next| (next, keep_for))).await?;
        doubt.set(false);
        Ok(swapped)
    }
}

impl RedisEngine {
    /// Replaces a record that is still `held` by `next`, which is kept for so long, or removes it.
    async fn swap(&self, key: &Key, held: &Bytes, next: Option<(&Bytes, Duration)>) -> Result<bool, StoreError> {
        let command = |connection: &RedisConnection| {
            let mut command = claim_command(connection, Script::Swap, self, key);
            command.arg(&held[..]).arg(next.map_or(&[][..], |(next, _)| &next[..]));
            command.arg(next.map_or(0, |(_, keep_for)| millis(keep_for)));
            command
        };
        let left = Countdown::new(self.link.budget());
        let CallReply { reply, is_repeated } = self.call(command, &left).await?;
        match reply {
            // With 2, nothing is left to do: the record was swapped before, and the reply was lost.
            Value::Int(swapped) => Ok(swapped == 1 || swapped == 2 && is_repeated),
            other => Err(self.unexpected(other)),
        }
    }

    /// Removes the claims in doubt, one after the other. An error if Redis cannot be used.
    async fn release_all(&self) -> Result<(), StoreError> {
        while let Some((key, record)) = self.unreleased.first() {
            match self.swap(&key, &record, None).await {
                Err(error) if error.is_known() => return Err(error),
                // Redis refuses for good, so the record stays until its time has passed.
                Err(error) => tracing::debug!(error = %Printable(Chain(&error)), "a claim is not released"),
                Ok(_) => {}
            }
            self.unreleased.remove_first();
        }
        Ok(())
    }
}

/// A claim without an answer. The server may have the record, or take it later, although the request is refused or
/// gone: its repetitions must not find it.
struct ClaimInDoubt<'a> {
    engine: &'a Arc<RedisEngine>,
    key: &'a Key,
    record: &'a Bytes,
    may_exist: AtomicBool,
}

impl ClaimInDoubt<'_> {
    fn set(&self, may_exist: bool) {
        self.may_exist.store(may_exist, Ordering::Relaxed);
    }
}

impl Drop for ClaimInDoubt<'_> {
    fn drop(&mut self) {
        if *self.may_exist.get_mut() {
            let engine = self.engine;
            engine.unreleased.add(self.key.clone(), self.record.clone());
            let release = |running| release_until_done(Arc::downgrade(engine), running);
            engine.unreleased.task.start(&engine.spawner, release);
        }
    }
}

/// Removes the claims in doubt, as soon as Redis can be reached.
async fn release_until_done(engine: Weak<RedisEngine>, running: RunningTask) {
    let mut unfinished = Some(running);
    while let Some(running) = unfinished {
        // A store that is dropped releases nothing.
        while let Some(engine) = engine.upgrade().filter(|engine| engine.unreleased.any()) {
            let is_connected = engine.link.connect(PAUSE).await.is_ok();
            if !is_connected || engine.release_all().await.is_err() {
                drop(engine);
                pause(PAUSE, &Clock::system()).await;
            }
        }
        unfinished = running.end(|| engine.upgrade().is_some_and(|engine| engine.unreleased.any()));
    }
}

fn claim_command(connection: &RedisConnection, script: Script, engine: &RedisEngine, key: &Key) -> Cmd {
    let mut command = redis::cmd("EVALSHA");
    command.arg(connection.digest(script)).arg(2).arg(&engine.keys.claims).arg(&engine.keys.claim_ends);
    command.arg(key.as_bytes());
    command
}

/// Rounded up, so that no time becomes none.
fn millis(duration: Duration) -> u64 {
    // More than a double holds exactly would be rounded.
    const MOST: u128 = 100 * 365 * 86_400_000;
    u64::try_from(duration.as_nanos().div_ceil(1_000_000).clamp(1, MOST)).unwrap_or(u64::MAX)
}
