//! The store as the cache calls it.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use redis::{Cmd, Value};

use super::{
    commands::RedisCommands,
    engine::RedisEngine,
    link::{ConnectFault, fields},
    quotas::RedisQuotas,
    wait::RedisWait,
    wire::{
        ban_list,
        envelope::{Envelope, Nonce, head},
        reply::CheckedEntry,
    },
};
use crate::{
    base::{clock::Clock, redis_waits::RedisWaits, spawner::Spawner},
    cache::{
        stats::condition::StoreSize,
        store::{
            claim::ClaimOutcome,
            contract::{CacheStore, StoreError, StoreFuture},
            entry::Entry,
            key::Key,
            lookup_result::Lookup,
        },
        validity::{stamp::Stamp, target::Target},
    },
    deadline::Countdown,
    shared_commands::CommandServer,
    shared_quotas::SharedQuotas,
};

/// Entries in Redis or Valkey (version 6 or later), which any number of programs share.
///
/// ```no_run
/// use routekit::{App, cache::{Cache, RedisStore}};
///
/// # fn app() -> Result<App, routekit::cache::RedisSettingsError> {
/// let store = RedisStore::builder("rediss://cache.internal").username("shop").password("…").prefix("shop").build()?;
/// let app = App::discover().cache(Cache::builder().store(store));
/// # Ok(app)
/// # }
/// ```
///
/// The setting `redis.url` does the same without code. The guide [Redis](crate::guide::redis) describes what the store
/// guarantees, and what happens while Redis is away. In short:
///
/// 1. An invalidation that has returned counts for every program with the same prefix. It is one call of a script,
///    whatever the number of entries. A lookup is one round trip.
/// 2. If Redis loses its memory, is restarted or restored, or another server takes over, everything that was stored
///    before is a miss.
/// 3. While Redis is away, lookups and puts fail at once, and the cache calls the handler. A request waits for at most
///    the [budget](crate::cache::RedisStoreBuilder::budget) in all. Invalidations of this process are repeated before
///    it reads from Redis again.
/// 4. All keys of a prefix are on one slot. On a Redis Cluster, one node keeps the whole cache. The URL may name any
///    node: the store connects to the one that has the slot.
///
/// The store opens its connection when it is first used. Clones share it.
#[derive(Clone)]
pub struct RedisStore {
    pub(super) engine: Arc<RedisEngine>,
    required: bool,
}

impl RedisStore {
    pub(super) fn of(engine: RedisEngine, required: bool) -> Self {
        Self { engine: Arc::new(engine), required }
    }

    /// Returns whether an app with this store needs the server.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// The latest reading of the clock of Redis that this process knows.
    pub(in crate::cache) fn latest(&self) -> Stamp {
        self.engine.timeline.latest()
    }

    /// A stamp that is later than all before, made without Redis.
    pub(in crate::cache) fn tick(&self) -> Stamp {
        self.engine.timeline.tick()
    }

    /// The clock by which entries age, and the spawner of tasks.
    pub(in crate::cache) fn clock_and_spawner(&self) -> (Clock, Spawner) {
        (self.engine.clock.clone(), self.engine.spawner.clone())
    }

    /// The spawner of writes that no request waits for any longer.
    pub(in crate::cache) fn spawner(&self) -> Spawner {
        self.engine.spawner.clone()
    }

    /// Whether there is a connection.
    pub(in crate::cache) fn is_connected(&self) -> bool {
        self.engine.link.is_connected()
    }

    /// The server, without a password.
    pub(crate) fn server(&self) -> String {
        self.engine.link.address().to_string()
    }

    pub(crate) fn prefix(&self) -> &str {
        self.engine.keys.prefix()
    }

    /// Returns the quotas of rate limits that all programs with this server and prefix share, for
    /// [`RateLimitLayer::shared`](crate::rate_limit::RateLimitLayer::shared). An app uses those of its store.
    ///
    /// ```no_run
    /// use axum::{Router, routing::get};
    /// use routekit::{cache::RedisStore, rate_limit::{Limit, Rate, RateLimitLayer}};
    ///
    /// # fn app() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = RedisStore::new("redis://localhost")?;
    /// let layer = RateLimitLayer::new([Limit::new(Rate::parse("100/min")?)])?.shared(&store.quotas(), "api");
    /// let app: Router = Router::new().route("/", get(async || "hello")).layer(layer);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn quotas(&self) -> SharedQuotas {
        SharedQuotas::new(RedisQuotas(Arc::clone(&self.engine)))
    }

    /// The commands to circuit breakers that act on all programs with this server and prefix.
    pub(crate) fn commands(&self) -> impl CommandServer + use<> {
        RedisCommands(Arc::clone(&self.engine))
    }

    /// Connects, and waits for that for at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] if the server cannot be reached, or refuses the connection.
    pub async fn connect(&self, limit: Duration) -> Result<(), StoreError> {
        match self.connect_within(limit).await {
            Ok(_) => Ok(()),
            Err(fault) => Err(StoreError::new(fault.reason)),
        }
    }

    /// The same. The error tells what kind of fault it is.
    pub(crate) async fn connect_within(&self, limit: Duration) -> Result<(), ConnectFault> {
        self.engine.link.connect(limit).await.map(drop)
    }

    /// Checks that lookups and writes succeed. Returns why entries are not stored, if the server is out of memory.
    pub(crate) async fn check_health(&self) -> Result<Option<StoreError>, StoreError> {
        self.engine.check_health(&self.budget()).await
    }

    /// Returns the time of the server since 1970.
    #[cfg(feature = "cli")]
    pub(crate) async fn server_time(&self) -> Result<Duration, StoreError> {
        let reply = self.engine.run(&redis::cmd("TIME"), &self.budget()).await?;
        let time = redis::from_redis_value::<(u64, u64)>(reply);
        let (seconds, micros) = time.map_err(|error| StoreError::new(error.to_string()))?;
        Ok(Duration::from_secs(seconds) + Duration::from_micros(micros))
    }

    /// Returns the number of entries that could not be read, because they were damaged or written by another version of
    /// routekit, since the store was created.
    #[must_use]
    pub fn unreadable_entries(&self) -> u64 {
        self.engine.unreadable.load(Ordering::Relaxed)
    }

    /// The whole budget, for a call that belongs to no request.
    pub(in crate::cache) fn budget(&self) -> Countdown {
        Countdown::new(self.engine.link.budget())
    }

    /// Begins a wait, out of the budget of a request.
    pub(in crate::cache) fn wait<'a>(&self, waits: &'a RedisWaits) -> RedisWait<'a> {
        self.engine.link.wait(waits)
    }

    /// Begins a wait for a claim, which has at least half of the budget.
    pub(in crate::cache) fn wait_for_claim<'a>(&self, waits: &'a RedisWaits) -> RedisWait<'a> {
        self.engine.link.wait_for_admission(waits)
    }

    pub(in crate::cache) async fn find(&self, key: &Key, left: &Countdown) -> Result<Lookup, StoreError> {
        let engine = &*self.engine;
        let sent = engine.clock.now();
        let (stamp, found) = engine.check_stored(key, left).await?;
        let Some((checked, bytes)) = found.filter(|(checked, _)| checked.is_valid) else {
            return Ok(Lookup::Miss(stamp));
        };
        let envelope = match Envelope::from_bytes(&bytes, key) {
            // Another one was put between both commands.
            Ok(envelope) if envelope.nonce != checked.nonce => return Ok(Lookup::Miss(stamp)),
            Ok(envelope) => envelope,
            Err(fault) => {
                tracing::debug!(?fault, "an entry in Redis cannot be read");
                engine.unreadable.fetch_add(1, Ordering::Relaxed);
                return Ok(Lookup::Miss(stamp));
            }
        };
        let reading = envelope.stamp;
        let age = envelope.age_after(checked.left, engine.timeline.server_time(sent));
        // A request that was sent before the reply is older than the reply: the age is not too low.
        let stored = age.and_then(|age| sent.checked_sub(age));
        let Some(stored) = stored else { return Ok(Lookup::Miss(stamp)) };
        // It was valid at the reading of this reply, which is later than its own.
        let Ok(entry) = Entry::from_parts_at(envelope.parts, stored, stamp) else {
            engine.unreadable.fetch_add(1, Ordering::Relaxed);
            return Ok(Lookup::Miss(stamp));
        };
        if is_banned(&checked, reading, &entry) {
            return Ok(Lookup::Miss(stamp));
        }
        Ok(entry.found(engine.clock.now(), stamp))
    }

    pub(in crate::cache) async fn holds(&self, entry: &Entry, left: &Countdown) -> Result<bool, StoreError> {
        let engine = &*self.engine;
        let Some((epoch, reading)) = engine.timeline.reading(entry.stamp()) else { return Ok(false) };
        let Some(head) = head(Nonce::default(), epoch, reading, entry.tags()) else { return Ok(false) };
        let (_, checked) = engine.check_head(&head, left).await?;
        Ok(checked.is_some_and(|checked| checked.is_valid && !is_banned(&checked, reading, entry)))
    }

    async fn keep(&self, entry: Entry) -> Result<(), StoreError> {
        let (engine, left) = (&*self.engine, self.budget());
        match self.put_command(entry)? {
            Some(PutCommand::Set(command)) => engine.write(&command, &left).await.map(drop),
            Some(PutCommand::Remove(command)) => engine.run(&command, &left).await.map(drop),
            None => Ok(()),
        }
    }

    /// The command that stores an entry; `None` if it would never be valid.
    pub(super) fn put_command(&self, entry: Entry) -> Result<Option<PutCommand>, StoreError> {
        let engine = &*self.engine;
        let (key, hash) = (engine.keys.entry(entry.key()), entry.key().hash());
        let now = engine.clock.now();
        let age = now.saturating_duration_since(entry.stored());
        let keep_for = entry.lifetime().saturating_sub(age).min(engine.horizon);
        let Ok(millis @ 1..) = u64::try_from(keep_for.as_millis()) else {
            return Ok(Some(PutCommand::Remove(redis::cmd("UNLINK").arg(key).to_owned())));
        };
        // An entry of a former epoch would never be valid.
        let Some((epoch, stamp)) = engine.timeline.reading(entry.stamp()) else { return Ok(None) };
        let envelope = Envelope {
            nonce: fastrand::u64(..).to_be_bytes(),
            epoch,
            stamp,
            age,
            put_for: Duration::from_millis(millis),
            put_at: engine.timeline.server_time(now),
            parts: entry.into_parts(&engine.clock),
        };
        let bytes = envelope.to_bytes().ok_or_else(|| StoreError::new("an entry cannot be encoded"))?;
        engine.known_tags.learn(hash, &bytes);
        Ok(Some(PutCommand::Set(redis::cmd("SET").arg(key).arg(bytes).arg("PX").arg(millis).to_owned())))
    }

    async fn invalidate_all(&self) -> Result<Stamp, StoreError> {
        self.engine.invalidate(&[], true).await
    }

    async fn measure(&self) -> Result<StoreSize, StoreError> {
        let engine = &*self.engine;
        let left = self.budget();
        let Value::Int(entries) = engine.run(&redis::cmd("DBSIZE"), &left).await? else {
            return Err(StoreError::new("the size of the database is no number"));
        };
        let mut info = String::new();
        for section in ["memory", "stats"] {
            if let Value::BulkString(text) = engine.run(redis::cmd("INFO").arg(section), &left).await? {
                info += &String::from_utf8_lossy(&text);
            }
        }
        let fields = fields(&info);
        let number = |name: &str| fields.get(name).and_then(|number| number.parse().ok()).unwrap_or(0);
        let entries = u64::try_from(entries).unwrap_or(0);
        let flushes = engine.flushes.load(Ordering::Relaxed);
        Ok(StoreSize::new(entries, number("used_memory"), number("evicted_keys")).with_flushes(flushes))
    }
}

/// A command that stores an entry.
pub(super) enum PutCommand {
    Set(Cmd),
    /// The entry is over already: the one under its key is removed.
    Remove(Cmd),
}

impl PutCommand {
    pub(super) fn into_command(self) -> Cmd {
        match self {
            Self::Set(command) | Self::Remove(command) => command,
        }
    }
}

/// Whether a pattern that was invalidated later matches the entry.
fn is_banned(checked: &CheckedEntry, reading: u64, entry: &Entry) -> bool {
    !checked.bans.is_empty() && ban_list::forbids(&checked.bans, reading, &entry.key_text()) != Some(false)
}

impl CacheStore for RedisStore {
    fn lookup<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Lookup> {
        Box::pin(async move { self.find(key, &self.budget()).await })
    }

    fn put(&self, entry: Entry) -> StoreFuture<'_, ()> {
        Box::pin(self.keep(entry))
    }

    fn is_valid<'a>(&'a self, entry: &'a Entry) -> StoreFuture<'a, bool> {
        Box::pin(async move { self.holds(entry, &self.budget()).await })
    }

    fn invalidate<'a>(&'a self, targets: &'a [Target]) -> StoreFuture<'a, Stamp> {
        Box::pin(async move { self.engine.invalidate(targets, false).await })
    }

    fn clear(&self) -> StoreFuture<'_, Stamp> {
        Box::pin(self.invalidate_all())
    }

    fn has_claims(&self) -> bool {
        true
    }

    fn claim<'a>(&'a self, key: &'a Key, record: Bytes, keep_for: Duration) -> StoreFuture<'a, ClaimOutcome> {
        Box::pin(async move { self.claim_key(key, &record, keep_for, &self.budget()).await })
    }

    fn swap_claim<'a>(
        &'a self,
        key: &'a Key,
        held: &'a Bytes,
        next: Option<Bytes>,
        keep_for: Duration,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move { self.swap(key, held, next.as_ref(), keep_for).await })
    }

    fn size(&self) -> StoreFuture<'_, StoreSize> {
        Box::pin(self.measure())
    }

    fn health(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            match self.check_health().await? {
                None => Ok(()),
                Some(full) => Err(full),
            }
        })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("server", self.engine.link.address())
            .field("prefix", &self.engine.keys.prefix())
            .finish_non_exhaustive()
    }
}
