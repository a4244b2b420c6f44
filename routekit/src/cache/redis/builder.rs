//! The settings of a store.

use std::{fmt, time::Duration};

use super::{
    engine::RedisEngine, key_layout::KeyLayout, link::ServerAddress, settings_error::RedisSettingsError,
    store::RedisStore,
};
use crate::base::{clock::Clock, spawner::Spawner};

/// The default prefix of all keys in Redis.
const PREFIX: &str = "routekit";

/// The default budget of a command.
const BUDGET: Duration = Duration::from_millis(50);

/// The default horizon.
const HORIZON: Duration = Duration::from_secs(24 * 3600);

/// The longest horizon: 30 days.
const MAX_HORIZON: Duration = Duration::from_secs(30 * 24 * 3600);

/// Builds a [`RedisStore`].
#[must_use = "a builder does nothing until it is built"]
pub struct RedisStoreBuilder {
    url: String,
    username: Option<String>,
    password: Option<String>,
    prefix: String,
    budget: Duration,
    horizon: Duration,
    required: bool,
    clock: Clock,
    spawner: Spawner,
}

impl RedisStoreBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            username: None,
            password: None,
            prefix: PREFIX.to_owned(),
            budget: BUDGET,
            horizon: HORIZON,
            required: false,
            clock: Clock::system(),
            spawner: Spawner::tokio(),
        }
    }

    /// Sets the ACL user, in place of the one in the URL. Defaults to the user `default` of Redis.
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// Sets the password, in place of the one in the URL. Defaults to none.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Sets the prefix of all keys in Redis. Programs with the same prefix share one cache. Defaults to `routekit`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the longest time that a request waits for Redis, between 1 ms and 250 ms: lookups and all else together.
    /// Shared rate limits and claims of idempotency keys may always wait for half of it, so that a request with all of
    /// them waits for up to twice the budget. A call of the program, such as
    /// [`Cache::get_or_fill`](crate::cache::Cache::get_or_fill), has a budget of its own. An invalidation waits for up
    /// to five times as long. Defaults to 50 ms.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Sets the longest time that an entry is kept, at most 30 days. Redis remembers invalidations for one to two
    /// horizons. All programs that share a cache should have the same. Defaults to 24 hours.
    pub fn horizon(mut self, horizon: Duration) -> Self {
        self.horizon = horizon;
        self
    }

    /// Sets whether an [`App`](crate::App) with this store only starts, and is only ready, if the server can be
    /// reached. Defaults to `false`.
    pub fn required(mut self, required: bool) -> Self {
        self.required = required;
        self
    }

    /// Sets the clock of the cache that uses the store. Entries age by the clock of Redis. A clock that a test moves
    /// ahead of that looks as if the time of Redis was set back: everything becomes a miss. Defaults to the system's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the spawner of the tasks that keep the connection. Defaults to [`Spawner::tokio`].
    pub fn spawner(mut self, spawner: Spawner) -> Self {
        self.spawner = spawner;
        self
    }

    /// Builds the store. It connects when it is first used.
    ///
    /// # Errors
    /// [`RedisSettingsError`] if a setting cannot be used.
    pub fn build(self) -> Result<RedisStore, RedisSettingsError> {
        let invalid = |setting| move |reason: String| RedisSettingsError::new(setting, reason);
        let mut address = ServerAddress::parse(&self.url).map_err(invalid("url"))?;
        address.username = self.username.or(address.username);
        address.password = self.password.or(address.password);
        if address.username.is_some() && address.password.is_none() {
            return Err(RedisSettingsError::new("username", "it needs a password"));
        }
        let keys = KeyLayout::new(&self.prefix).map_err(invalid("prefix"))?;
        if !(Duration::from_millis(1)..=Duration::from_millis(250)).contains(&self.budget) {
            return Err(RedisSettingsError::new("budget", "must be between 1 ms and 250 ms"));
        }
        if !(Duration::from_secs(1)..=MAX_HORIZON).contains(&self.horizon) {
            return Err(RedisSettingsError::new("horizon", "must be between 1 second and 30 days"));
        }
        let engine = RedisEngine::new(address, keys, (self.budget, self.horizon), self.clock, self.spawner);
        Ok(RedisStore::of(engine, self.required))
    }
}

impl RedisStore {
    /// Creates a store with the default settings. `url` is `redis://user:password@host:port/database`, or `rediss://…`
    /// for TLS.
    ///
    /// # Errors
    /// [`RedisSettingsError`] if the URL cannot be used.
    pub fn new(url: impl Into<String>) -> Result<Self, RedisSettingsError> {
        Self::builder(url).build()
    }

    /// Returns a builder with the default settings.
    pub fn builder(url: impl Into<String>) -> RedisStoreBuilder {
        RedisStoreBuilder::new(url.into())
    }
}

/// Without the URL, which may contain a password.
impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("username", &self.username)
            .field("prefix", &self.prefix)
            .field("budget", &self.budget)
            .field("horizon", &self.horizon)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}
