//! The calls of scripts: what is repeated, and when an epoch begins.
//!
//! A server or a load balancer may close an idle connection, which shows only when a command is sent. So a command that
//! lost its connection is sent once more, on another one. Both may be executed: a check changes nothing, a put and an
//! invalidation have the same effect again, and the caller of a claim tells its own record from others.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use redis::{Cmd, RedisError, Value};

use super::{
    key_layout::KeyLayout,
    link::{RedisConnection, RedisLink, ServerAddress, write_probe},
    missed::{MissedInvalidations, Unfinished},
    plain_check::{self, KnownTags, PlainDecision},
    scripts::Script,
    timeline::{EpochId, KnownEpoch, Reading, Timeline},
    unreleased::UnreleasedClaims,
    wire::{
        ban_list::{MAX_BANS, ban},
        message,
        reply::{CheckedEntry, ClockReading, StateReply},
    },
};
use crate::{
    base::{
        clock::Clock,
        spawner::{Spawner, sole_task::RunningTask},
    },
    cache::{
        store::{contract::StoreError, key::Key},
        validity::{stamp::Stamp, target::Target},
    },
    deadline::{Countdown, pause, within},
};

/// How often a call is repeated if the epoch changes meanwhile.
const ATTEMPTS: usize = 4;

/// An invalidation may take so many times the budget of a lookup.
const INVALIDATION_SHARE: u32 = 5;

/// The time between attempts to repeat what Redis may not have received.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// The state of a store, and its calls of scripts.
pub(super) struct RedisEngine {
    pub(super) link: RedisLink,
    pub(super) keys: KeyLayout,
    pub(super) timeline: Timeline,
    /// The tags of entries, which allow a lookup without a script.
    pub(super) known_tags: KnownTags,
    missed: MissedInvalidations,
    pub(super) unreleased: UnreleasedClaims,
    pub(super) spawner: Spawner,
    pub(super) horizon: Duration,
    pub(super) clock: Clock,
    /// Entries that could not be read.
    pub(super) unreadable: AtomicU64,
    /// How often this process saw an epoch begin.
    pub(super) flushes: AtomicU64,
    /// Why the last write failed, so that only changes are logged.
    write_fault: Mutex<Option<String>>,
}

/// What is checked against the state.
enum CheckSubject<'a> {
    /// The entry under this key, and the hash of the key.
    Stored(&'a str, u64),
    /// An entry with this head.
    Head(&'a [u8]),
}

/// The reply to a command that depends on the connection.
pub(super) struct CallReply {
    pub(super) reply: Value,
    /// Whether the command was sent twice, so that the server may have executed it before.
    pub(super) is_repeated: bool,
}

/// The failure of a command that depends on the connection.
pub(super) struct CallFault {
    pub(super) error: StoreError,
    /// Whether the server may have executed the command, or may do so later: it was sent, and not refused.
    pub(super) may_be_executed: bool,
}

impl CallFault {
    fn without_effect(error: StoreError) -> Self {
        Self { error, may_be_executed: false }
    }
}

impl From<CallFault> for StoreError {
    fn from(fault: CallFault) -> Self {
        fault.error
    }
}

/// What a script replied once its clock has a stamp.
type CheckOutcome = (Stamp, Option<CheckedEntry>, Option<Bytes>);

impl RedisEngine {
    pub(super) fn new(
        address: ServerAddress,
        keys: KeyLayout,
        (budget, horizon): (Duration, Duration),
        clock: Clock,
        spawner: Spawner,
    ) -> Self {
        Self {
            link: RedisLink::new(address, budget, &keys, spawner.clone()),
            keys,
            timeline: Timeline::default(),
            known_tags: KnownTags::default(),
            missed: MissedInvalidations::default(),
            unreleased: UnreleasedClaims::default(),
            spawner,
            horizon,
            clock,
            unreadable: AtomicU64::new(0),
            flushes: AtomicU64::new(0),
            write_fault: Mutex::default(),
        }
    }

    /// Reads the entry under a key, and checks it, in one round trip.
    pub(super) async fn check_stored(
        &self,
        key: &Key,
        left: &Countdown,
    ) -> Result<(Stamp, Option<(CheckedEntry, Bytes)>), StoreError> {
        let (name, hash) = (self.keys.entry(key), key.hash());
        let (stamp, checked, bytes) = self.check(&CheckSubject::Stored(&name, hash), left).await?;
        Ok((stamp, checked.zip(bytes)))
    }

    /// Checks an entry with this head.
    pub(super) async fn check_head(
        &self,
        head: &[u8],
        left: &Countdown,
    ) -> Result<(Stamp, Option<CheckedEntry>), StoreError> {
        let (stamp, checked, _) = self.check(&CheckSubject::Head(head), left).await?;
        Ok((stamp, checked))
    }

    async fn check(&self, subject: &CheckSubject<'_>, left: &Countdown) -> Result<CheckOutcome, StoreError> {
        self.repeat_missed(left).await?;
        for attempt in 0..ATTEMPTS {
            let connection = self.link.connection(left).await?;
            let (known, sent) = (self.timeline.known(), self.clock.now());
            let (reply, bytes) = match self.send_check(&connection, known, subject, left).await {
                Err(_) if attempt == 0 && connection.is_lost() => continue,
                replies => replies?,
            };
            let (reading, checked) = match reply {
                StateReply::State(reading, checked) => (reading, checked),
                StateReply::Lost | StateReply::Forgotten => {
                    self.begin(&connection, known, false, left).await?;
                    continue;
                }
            };
            if self.timeline.was_set_back(reading.time, sent) {
                tracing::warn!("the time of Redis was set back, so that its cache begins anew");
                let known = known.in_epoch(reading.epoch);
                self.begin(&connection, known, true, left).await?;
                continue;
            }
            if let Some(stamp) = self.stamp(&connection, known, reading, left).await? {
                return Ok((stamp, checked, bytes));
            }
        }
        Err(StoreError::new("the cache in Redis began anew again and again"))
    }

    async fn send_check(
        &self,
        connection: &RedisConnection,
        known: KnownEpoch,
        subject: &CheckSubject<'_>,
        left: &Countdown,
    ) -> Result<(StateReply, Option<Bytes>), StoreError> {
        match subject {
            CheckSubject::Head(head) => {
                let mut command = self.state_command(connection, Script::Check, known, None);
                command.arg(*head);
                let reply = self.link.send(connection, &command, left).await?;
                Ok((self.parse(connection, reply)?, None))
            }
            CheckSubject::Stored(key, hash) => {
                if let Some(decided) = self.send_plain_check(connection, known, (*key, *hash), left).await? {
                    return Ok(decided);
                }
                let mut command = self.state_command(connection, Script::Check, known, Some(key));
                command.arg("");
                let mut commands = redis::pipe();
                // The body does not pass through the script, whose memory would grow by it.
                commands.add_command(command).cmd("GET").arg(*key);
                let replies = self.link.send_all(connection, &commands, 2, left).await?;
                let mut replies = replies.into_iter();
                let checked = replies.next().unwrap_or_default();
                // A value of another type is no entry.
                let bytes = match replies.next() {
                    Some(Value::BulkString(bytes)) => Some(Bytes::from(bytes)),
                    _ => None,
                };
                if let Some(bytes) = &bytes {
                    self.known_tags.learn(*hash, bytes);
                }
                Ok((self.parse(connection, checked)?, bytes))
            }
        }
    }

    /// Checks an entry without a script. `None` if that cannot decide.
    async fn send_plain_check(
        &self,
        connection: &RedisConnection,
        known: KnownEpoch,
        (key, hash): (&str, u64),
        left: &Countdown,
    ) -> Result<Option<(StateReply, Option<Bytes>)>, StoreError> {
        let Some(tags) = known.id.and_then(|_| self.known_tags.get(hash)) else { return Ok(None) };
        let commands = plain_check::commands(key, &self.keys.clock, &tags);
        let replies = self.link.send_all(connection, &commands, plain_check::COMMANDS, left).await?;
        match plain_check::decide(replies, &tags, &connection.server.run_id, known) {
            PlainDecision::Made(reading, found) => {
                let (checked, bytes) = found.unzip();
                Ok(Some((StateReply::State(reading, checked), bytes)))
            }
            PlainDecision::NeedsScript { of_stamp } => {
                if let Some(stamp) = of_stamp {
                    self.known_tags.needs_script(hash, stamp);
                }
                Ok(None)
            }
        }
    }

    /// Records an invalidation of these targets, or of everything, and publishes it.
    pub(super) async fn invalidate(
        self: &Arc<Self>,
        targets: &[Target],
        everything: bool,
    ) -> Result<Stamp, StoreError> {
        let unfinished = Unfinished::new(&self.missed, targets, everything, || self.start_repeating());
        match self.record(targets, everything, &self.invalidation_budget()).await {
            Ok(stamp) => {
                unfinished.finish();
                Ok(stamp)
            }
            Err(error) => Err(self.write_failed(error)),
        }
    }

    fn start_repeating(self: &Arc<Self>) {
        self.missed.task.start(&self.spawner, |running| repeat_until_done(Arc::downgrade(self), running));
    }

    pub(super) fn invalidation_budget(&self) -> Countdown {
        Countdown::new(self.link.budget() * INVALIDATION_SHARE)
    }

    async fn record(&self, targets: &[Target], everything: bool, left: &Countdown) -> Result<Stamp, StoreError> {
        for attempt in 0..ATTEMPTS {
            let connection = self.link.connection(left).await?;
            let known = self.timeline.known();
            let mut command = self.state_command(&connection, Script::Invalidate, known, None);
            let tags: Vec<[u8; 8]> =
                targets.iter().filter_map(Target::as_tag).map(|tag| tag.id().to_be_bytes()).collect();
            let bans: Vec<Vec<u8>> = targets.iter().filter_map(ban).collect();
            let horizon = u64::try_from(self.horizon.as_micros()).unwrap_or(u64::MAX);
            command.arg(&new_epoch()).arg(horizon).arg(&self.keys.channel).arg(MAX_BANS);
            command.arg(u8::from(everything)).arg(message::targets(&tags, &bans, everything)).arg(tags.len());
            for tag in &tags {
                command.arg(tag);
            }
            for ban in &bans {
                command.arg(&ban[..]);
            }
            let reply = match self.link.send(&connection, &command, left).await {
                Err(_) if attempt == 0 && connection.is_lost() => continue,
                reply => reply?,
            };
            match self.parse(&connection, reply)? {
                StateReply::State(reading, _) => {
                    self.written();
                    if let Some(stamp) = self.stamp(&connection, known, reading, left).await? {
                        return Ok(stamp);
                    }
                }
                StateReply::Lost | StateReply::Forgotten => return Ok(self.timeline.end()),
            }
        }
        Err(StoreError::new("the cache in Redis began anew again and again"))
    }

    /// Repeats the invalidations that Redis may not have received.
    pub(super) async fn repeat_missed(&self, left: &Countdown) -> Result<(), StoreError> {
        if !self.missed.any() {
            return Ok(());
        }
        let repeating = within(left.left(), self.missed.repeating.lock()).await;
        let _repeating = repeating.ok_or_else(|| {
            StoreError::out_of_time("invalidations are being repeated, for longer than the request may wait")
        })?;
        if self.missed.any() {
            let list = self.missed.list();
            self.record(&list.targets, list.everything > 0, left).await?;
            self.missed.repeated(&list);
        }
        Ok(())
    }

    /// The stamp of a reading; `None` if the call must be repeated.
    pub(super) async fn stamp(
        &self,
        connection: &RedisConnection,
        known: KnownEpoch,
        reading: ClockReading,
        left: &Countdown,
    ) -> Result<Option<Stamp>, StoreError> {
        match self.timeline.read(known, reading.epoch, reading.number) {
            Reading::Stamp(stamp) => {
                if known.id.is_some_and(|id| id != reading.epoch) {
                    self.flushes.fetch_add(1, Ordering::Relaxed);
                }
                Ok(Some(stamp))
            }
            Reading::Unordered => Ok(None),
            Reading::Former => {
                let known = known.in_epoch(reading.epoch);
                self.begin(connection, known, true, left).await?;
                Ok(None)
            }
        }
    }

    /// Begins an epoch if the state cannot be trusted, or, with `anyway`, if the epoch is still the one that is known.
    pub(super) async fn begin(
        &self,
        connection: &RedisConnection,
        known: KnownEpoch,
        anyway: bool,
        left: &Countdown,
    ) -> Result<StateReply, StoreError> {
        let mut command = self.state_command(connection, Script::Begin, known, None);
        command.arg(&new_epoch()).arg(&self.keys.channel).arg(u8::from(anyway));
        let reply = self.link.send(connection, &command, left).await.map_err(|error| self.write_failed(error))?;
        self.parse(connection, reply)
    }

    /// The call of a script that reads the state.
    fn state_command(
        &self,
        connection: &RedisConnection,
        script: Script,
        known: KnownEpoch,
        entry: Option<&str>,
    ) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(connection.digest(script)).arg(2 + usize::from(entry.is_some()));
        command.arg(&self.keys.clock).arg(&self.keys.before);
        if let Some(entry) = entry {
            command.arg(entry);
        }
        command.arg(&connection.server.run_id);
        command.arg(known.id.as_ref().map_or(&[][..], |id| &id[..])).arg(known.seen);
        command
    }

    fn parse(&self, connection: &RedisConnection, reply: Value) -> Result<StateReply, StoreError> {
        let reply = reply.extract_error().map_err(|error| self.link.refused(connection, error))?;
        StateReply::parse(reply).ok_or_else(|| StoreError::new("a script did not reply as expected"))
    }

    /// Sends a command.
    pub(super) async fn run(&self, command: &Cmd, left: &Countdown) -> Result<Value, StoreError> {
        let connection = self.link.connection(left).await?;
        match self.link.send(&connection, command, left).await {
            Err(_) if connection.is_lost() => {
                let connection = self.link.connection(left).await?;
                self.link.send(&connection, command, left).await
            }
            reply => reply,
        }
    }

    /// Sends a command that writes. The health check reports its failure.
    pub(super) async fn write(&self, command: &Cmd, left: &Countdown) -> Result<Value, StoreError> {
        let written = self.run(command, left).await.map_err(|error| self.write_failed(error))?;
        self.written();
        Ok(written)
    }

    /// Notes that a write succeeded, and logs it if the last one failed.
    pub(super) fn written(&self) {
        let before = self.write_fault.lock().take();
        if before.is_some() {
            tracing::info!(server = %self.link.address(), "Redis accepts writes again");
        }
    }

    /// Checks that lookups and writes succeed. Returns why entries are not stored, if the server is out of memory.
    pub(super) async fn check_health(&self, left: &Countdown) -> Result<Option<StoreError>, StoreError> {
        self.repeat_missed(left).await?;
        let Err(error) = self.run(&write_probe(&self.keys), left).await else {
            self.written();
            return Ok(None);
        };
        let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<RedisError>());
        let is_full = cause.is_some_and(|cause| cause.code() == Some("OOM"));
        let error = self.write_failed(error);
        if is_full { Ok(Some(error)) } else { Err(error) }
    }

    /// Notes why a write failed, and logs it if the last write succeeded.
    pub(super) fn write_failed(&self, error: StoreError) -> StoreError {
        let Some(cause) = std::error::Error::source(&error).filter(|_| !error.is_known()) else { return error };
        let reason = cause.to_string();
        let before = self.write_fault.lock().replace(reason.clone());
        if before.is_none() {
            tracing::warn!(server = %self.link.address(), reason, "Redis does not accept writes");
        }
        StoreError::known_refusal(reason)
    }

    /// Sends a command that depends on the connection. That the server is out of memory is a reply.
    pub(super) async fn call(
        &self,
        command: impl Fn(&RedisConnection) -> Cmd,
        left: &Countdown,
    ) -> Result<CallReply, CallFault> {
        let connection = self.link.connection(left).await.map_err(CallFault::without_effect)?;
        let first = match self.call_on(&connection, command(&connection), left).await {
            Err(fault) if connection.is_lost() => fault,
            reply => return Ok(CallReply { reply: reply?, is_repeated: false }),
        };
        let again = async {
            let connection = self.link.connection(left).await.map_err(CallFault::without_effect)?;
            self.call_on(&connection, command(&connection), left).await
        };
        let is_repeated = first.may_be_executed;
        match again.await {
            Ok(reply) => Ok(CallReply { reply, is_repeated }),
            Err(CallFault { error, may_be_executed }) => {
                Err(CallFault { error, may_be_executed: may_be_executed || is_repeated })
            }
        }
    }

    async fn call_on(&self, connection: &RedisConnection, command: Cmd, left: &Countdown) -> Result<Value, CallFault> {
        let mut commands = redis::pipe();
        commands.add_command(command);
        let replies = self.link.send_all(connection, &commands, 1, left).await;
        let mut replies = replies.map_err(|error| CallFault { error, may_be_executed: true })?;
        let reply = replies.pop().unwrap_or_default();
        match &reply {
            Value::ServerError(error) if error.code() != "OOM" => {
                let error = reply.extract_error().expect_err("it is an error of the server");
                Err(CallFault::without_effect(self.link.refused(connection, error)))
            }
            _ => Ok(reply),
        }
    }

    pub(super) fn unexpected(&self, reply: Value) -> StoreError {
        match reply.extract_error() {
            Ok(_) => StoreError::new("Redis did not reply as expected"),
            Err(error) => StoreError::new(error),
        }
    }
}

/// Repeats the invalidations that Redis may not have received, as soon as it can be reached.
async fn repeat_until_done(engine: Weak<RedisEngine>, running: RunningTask) {
    let mut unfinished = Some(running);
    while let Some(running) = unfinished {
        // A store that is dropped repeats nothing.
        while let Some(engine) = engine.upgrade().filter(|engine| engine.missed.any()) {
            if engine.link.connect(PAUSE).await.is_ok() {
                // What failed is tried again.
                let _ = engine.repeat_missed(&engine.invalidation_budget()).await;
            }
            drop(engine);
            pause(PAUSE, &Clock::system()).await;
        }
        unfinished = running.end(|| engine.upgrade().is_some_and(|engine| engine.missed.any()));
    }
}

/// A new name of an epoch.
fn new_epoch() -> EpochId {
    fastrand::u128(..).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn little_time_left_while_invalidations_are_repeated_says_nothing_about_the_server() {
        let (address, keys) = (ServerAddress::parse("redis://localhost").unwrap(), KeyLayout::new("test").unwrap());
        let (budget, horizon) = (Duration::from_millis(50), Duration::from_secs(60));
        let spawner = Spawner::new(drop);
        let engine = RedisEngine::new(address, keys, (budget, horizon), Clock::system(), spawner);
        drop(Unfinished::new(&engine.missed, &[Target::tag("", "one")], false, || ()));
        let _repeating = engine.missed.repeating.lock().await;
        let error = engine.repeat_missed(&Countdown::new(budget / 5)).await.unwrap_err();
        assert!(error.is_out_of_time(), "{error:?}");
    }
}
