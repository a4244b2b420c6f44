//! The database of the production example: SQLite in memory or in a file, or PostgreSQL.

mod failure;
mod migrations;

use std::{str::FromStr, time::Duration};

use sqlx::{
    AnyPool, Executor as _,
    any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers},
};

pub use self::{failure::database_problem, migrations::MigrationError};

/// A request that finds no connection for this long is answered with 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);

/// The database. It connects when it is first used.
#[derive(Debug, Clone)]
pub struct Database {
    pool: AnyPool,
}

impl Database {
    /// Opens the database at `sqlite::memory:`, `sqlite://FILE?mode=rwc` or `postgres://…`.
    ///
    /// # Errors
    /// If the URL is not of one of these forms.
    pub fn open(url: &str, max_connections: u32) -> Result<Self, sqlx::Error> {
        install_default_drivers();
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(sqlx::Error::Configuration("expected `sqlite:` or `postgres:`".into()));
        }
        let options = AnyConnectOptions::from_str(url)?;
        let pool = AnyPoolOptions::new();
        let pool = if url.contains(":memory:") {
            // A database in memory lives as long as its only connection.
            pool.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None)
        } else if url.starts_with("sqlite:") {
            // Readers go on while one writes.
            pool.max_connections(max_connections).after_connect(|connection, _| {
                Box::pin(async move { connection.execute("PRAGMA journal_mode = WAL").await.map(drop) })
            })
        } else {
            pool.max_connections(max_connections)
        };
        let pool = pool.acquire_timeout(ACQUIRE_TIMEOUT).connect_lazy_with(options);
        Ok(Self { pool })
    }

    /// The pool, for queries.
    #[must_use]
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }
}
